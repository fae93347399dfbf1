"""What is handed out says what was said, links to cited articles alone, and is nothing but text and its own markup."""

from __future__ import annotations

import json
from base64 import b64encode
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from html.parser import HTMLParser
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from assistant.export.page import Form, conversation_html, export
from assistant.export.text import answer_markdown, answer_text, conversation_markdown, link, made, markdown
from assistant.history.types import Conversation, StoredTurn
from assistant.messages import translator
from assistant.types import Answer, Step
from tests.assistant.history.test_answer_json import cited_answer
from vectorstore.messages import Message
from vectorstore.types import Article, Correction, TimeScope

ASKED = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
URL = "https://example.org/umerov"
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "![x](https://evil.example/a.png)",
    "[click](javascript:alert(1))",
    "[1]: https://evil.example/",
    "[1](https://evil.example/)",
    "<https://evil.example/>",
    "see https://evil.example/ or www.evil.example",
    "`code` **bold** _it_ ~~gone~~ | a | b |",
    "# heading",
    "1. list",
    "- list\n- list",
    "> quote",
    "===\n---",
    "    indented",
    "```\nfence\n```",
    "&lt;b&gt; &copy; &#106;",
    "$x^2$ {{ template }} \\(y\\)",
    "</style><style>*{display:none}</style>",
    "</section></main><base href=//evil.example><form action=//evil.example>",
    "a\u202eb\x00c\x1bd",
    "line\u2028separator\r\nend\\",
    "![][1] [a][1] [^1]: note",
    "\ud800 alone",
]


def linked(answer: Answer, url: str | None = URL) -> Answer:
    def at(article: Article) -> Article:
        return replace(article, url=url)

    citations = tuple(replace(each, article=at(each.article)) for each in answer.citations)
    return replace(answer, citations=citations, nearest=())


ANSWER = linked(replace(cited_answer(), state="complete", reason=None))


def turn(answer: Answer | None = ANSWER, **facts: object) -> StoredTurn:
    base = StoredTurn(1, "Whom did Umerov meet?", "complete", answer.text if answer else "", ASKED, answer)
    return replace(base, **facts)  # type: ignore[arg-type]


def talk(*turns: StoredTurn, title: str = "Whom did Umerov meet?") -> Conversation:
    return Conversation("c", title, ASKED, ASKED, turns or (turn(),))


def hostile(payload: str) -> Conversation:
    """A conversation that has ``payload`` wherever text from outside can be."""
    (citation,) = ANSWER.citations
    article = replace(citation.article, title=payload, source=payload, authors=(payload,))
    article = replace(article, corrections=(Correction(payload, 0, len(payload)),))
    passage = replace(citation.passage, text=payload + citation.passage.text)
    start = passage.start + len(payload)
    cited = replace(citation, article=article, passage=passage, quote=passage.text[len(payload) :][:20], start=start)
    cited = replace(cited, end=start + 20)
    astray = replace(citation, number=2, quote=payload, article=replace(article, url=payload))
    doubt = replace(ANSWER.statements[1], text=payload, reason=payload)
    answer = replace(
        ANSWER,
        question=payload,
        text=f"{payload}\n\n- {payload} [1]{payload}\n\n[2]{payload}\n[1]",
        statements=(doubt,),
        trail=(Step("search", payload, TimeScope(sources=(payload,)), (article,), payload),),
        citations=(cited, astray),
        model=payload,
    )
    match = replace(cited_answer().nearest[0], article=article)
    silent = replace(answer, abstained=True, reason=payload, nearest=(match,), citations=())
    return talk(
        turn(answer, question=payload, state="cut", problem=payload),
        turn(silent, question=payload),
        turn(None, question=payload, text=payload, state="failed", problem=payload),
        title=payload,
    )


class Tags(HTMLParser):
    """Every tag with its attributes, and the text."""

    def __init__(self, document: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.ends: list[str] = []
        self.text = ""
        self.feed(document)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.ends.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


EMPTY = {"meta", "br"}
ALLOWED = {
    "html": {"lang"},
    "meta": {"charset", "http-equiv", "content", "name"},
    "a": {"class", "href", "target", "rel"},
    "section": set(),
    "h2": {"dir"},
    "li": {"dir", "value", "id"},
    "ol": {"start"},
    **{name: {"dir"} for name in ("th", "td")},
    **{name: set() for name in ("strong", "em", "code", "pre", "table", "thead", "tbody", "tr")},
    **{name: {"dir", "class"} for name in ("h1", "h3", "p", "ul", "blockquote", "mark", "aside", "span", "bdi")},
    **{name: set() for name in ("head", "title", "style", "body", "main", "b", "br", "details", "summary")},
}


def checked_html(document: str) -> Tags:
    """The parsed document; every tag and attribute in it is one of ours, and the only links are cited articles."""
    found = Tags(document)
    for tag, attributes in found.tags:
        assert tag in ALLOWED, tag
        assert set(attributes) <= ALLOWED[tag], (tag, attributes)
        href = attributes.get("href")
        if href is not None and not href.startswith("#source-"):
            assert href == URL
            assert "noopener" in (attributes["rel"] or "")
    assert Counter(tag for tag, _ in found.tags if tag not in EMPTY) == Counter(found.ends)
    return found


def checked_markdown(document: str) -> str:
    """The text that the document shows; it has no HTML or image, no named code, and no links but to cited articles."""
    shown = ""
    for block in MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(document):
        assert block.type not in {"html_block", "code_block", "hr"}, block.type
        if block.type == "fence":
            assert not block.info
            shown += block.content
        for token in block.children or []:
            assert token.type not in {"html_inline", "image", "s_open"}, token.content
            if token.type == "link_open":
                assert token.attrs == {"href": URL}
            shown += "\n" if token.type.endswith("break") else token.content
        shown += "\n"
    return shown


# -- the same words


def test_a_citation_names_its_printed_page_wherever_it_is_shown() -> None:
    (cited,) = ANSWER.citations
    paged = replace(cited, article=replace(cited.article, pages=(0, max(1, cited.start), cited.end)))
    answer = replace(ANSWER, citations=(paged,))
    assert (paged.page, paged.to_dict()["page"]) == (2 if cited.start else 1, paged.page)
    named = f", page {paged.page}"
    conversation = Conversation("c", "T", ASKED, ASKED, (turn(answer),))
    for made_of in (answer_text(answer), answer_markdown(answer), conversation_html(conversation)):
        assert named in made_of
    assert "page" not in cited.to_dict()


def test_an_answer_is_copied_as_text_with_its_sources() -> None:
    assert answer_text(ANSWER) == (
        "Umerov met his French counterpart [1]. He also met the Pope [1].\n\n"
        "Check before you rely on it: He also met the Pope. (not supported: “Pope” not in the source)\n\n"
        "Sources\n[1] A meeting in Paris — Starter Library, Europe desk, 2 September 2024\n"
        "    “Rustem Umerov met his French counterpart”\n    https://example.org/umerov\n"
    )


def test_an_answer_is_copied_as_markdown_with_its_sources() -> None:
    assert answer_markdown(ANSWER) == (
        "Umerov met his French counterpart [1]. He also met the Pope [1].\n\n"
        "**Check before you rely on it**\n\n- He also met the Pope. — not supported: “Pope” not in the source\n\n"
        "**Sources**\n\n"
        "1. [A meeting in Paris](<https://example.org/umerov>) — Starter Library, Europe desk, 2 September 2024\n"
        "   > Rustem Umerov met his French counterpart\n"
    )


def test_an_answer_that_abstains_names_the_nearest_articles() -> None:
    silent = replace(
        cited_answer(), abstained=True, reason="The library does not hold it.", citations=(), statements=()
    )
    for copied in (answer_text(silent), answer_markdown(silent)):
        assert copied.startswith("The library does not hold it.\n")
        assert "Nearest articles" in copied
        assert copied.count("A meeting in Paris") == 1
        assert "Sources" not in copied


def test_every_form_holds_questions_answers_sources_and_what_went_wrong() -> None:
    conversation = talk(
        turn(),
        turn(None, question="And then?", state="cut", text="Then he"),
        turn(None, question="And why?", state="failed", problem="The key was refused."),
    )
    for form in get_args(Form):
        content = export(conversation, form).content.decode()
        for words in ("Whom did Umerov meet?", "And then?", "Then he", "The key was refused.", URL, "Pope"):
            assert words in content, (form, words)
    assert "This answer was cut off." in conversation_markdown(conversation)
    assert "This answer was cut off." in conversation_html(conversation)


def test_the_html_marks_the_quoted_words_in_their_passage_and_links_to_them() -> None:
    page = conversation_html(talk(turn(), turn()))
    assert "<mark>Rustem Umerov met his French counterpart</mark> Sébastien Lecornu" in page
    assert page.count('href="#source-1-1"') == page.count('href="#source-2-1"') == 2
    ids = [attributes["id"] for _, attributes in checked_html(page).tags if "id" in attributes]
    assert ids == ["source-1-1", "source-2-1"]


def test_quotes_that_overlap_in_one_passage_are_marked_as_one_text() -> None:
    (citation,) = ANSWER.citations
    later = replace(
        citation, quote="French counterpart Sébastien", start=citation.quote.index("French") + citation.start
    )
    later = replace(later, end=later.start + len(later.quote))
    page = conversation_html(talk(turn(replace(ANSWER, citations=(later, citation)))))
    assert "<mark>Rustem Umerov met his French counterpart</mark><mark> Sébastien</mark> Lecornu" in page
    assert page.count("<blockquote") == 1


def test_the_policy_of_the_html_names_its_style() -> None:
    page = conversation_html(talk())
    style = page.partition("<style>")[2].partition("</style>")[0]
    assert b64encode(sha256(style.encode()).digest()).decode() in page


def test_every_form_holds_what_a_deep_answer_looked_up() -> None:
    found = ANSWER.citations[0].article
    steps = (
        Step("search", "Umerov Paris", ANSWER.scope, (found,)),
        Step("search", "Lecornu arms", TimeScope(since=date(2024, 9, 1)), (), "Nothing was found there."),
        Step("note", "", ANSWER.scope, (), "The time for looking up is over."),
    )
    conversation = talk(turn(replace(ANSWER, trail=steps)))
    assert ANSWER.scope.first is None
    for document in (conversation_markdown(conversation), checked_html(conversation_html(conversation)).text):
        assert "What was looked up" in document
        assert f"Searched for “Umerov Paris”: {found.title}" in document
        assert "Searched for “Lecornu arms” (articles from 1 September 2024 on) – Nothing was found there." in document
        assert "The time for looking up is over." in document
    told = json.loads(export(conversation, "json").content)["turns"][0]["answer"]["trail"]
    assert [step["asked"] for step in told] == ["Umerov Paris", "Lecornu arms", ""]
    assert "What was looked up" not in conversation_markdown(talk())


def test_who_wrote_is_said_of_every_writer() -> None:
    answers = [replace(ANSWER, model=model) for model in ("catalogue", "assistant", "m")]
    said = [made(answer, translator()).split(" · ")[0] for answer in answers]
    assert said == ["From the library’s own list", "No article was needed", "Written by m; checked against its sources"]


def test_json_has_the_one_form_of_an_answer() -> None:
    content = json.loads(export(talk(turn(options={"since": "2024-09-01"})), "json").content)
    assert (content["title"], content["created"]) == ("Whom did Umerov meet?", "2026-03-02T09:30:00+00:00")
    assert content["turns"][0]["answer"] == ANSWER.to_dict()
    assert content["turns"][0]["options"] == {"since": "2024-09-01"}


def test_files_have_names_that_every_system_takes() -> None:
    assert export(talk(), "html").name == "2026-03-02-Whom-did-Umerov-meet.html"
    assert export(talk(title="../../etc/passwd: «Дрони»?"), "json").name == "2026-03-02-etc-passwd-Дрони.json"
    assert export(talk(title="…"), "markdown").name == "2026-03-02-conversation.md"
    with pytest.raises(ValueError, match="markdown, html, json"):
        export(talk(), "docx")  # type: ignore[arg-type]


def test_a_reader_of_ukrainian_is_handed_out_ukrainian() -> None:
    doubted = replace(ANSWER.statements[1], reason=Message("“{words}” instead of “{other}”", words="B", other="A"))
    note = Step("note", "", ANSWER.scope, (), Message("The time for looking up is over."))
    answer = replace(ANSWER, statements=(doubted,), trail=(note,), scope=TimeScope())
    failed = turn(None, state="failed", problem=Message("The answer is cut."))
    page = conversation_html(talk(turn(answer), failed), translator("uk"))
    for words in (
        'lang="uk"', "Джерела", "«B» замість «A»", "Час на пошук вичерпано.", "усі статті", "Відповідь обірвано.",
    ):  # fmt: skip
        assert words in page


# -- nothing but text


@pytest.mark.parametrize("payload", HOSTILE)
def test_hostile_text_stays_text_in_html(payload: str) -> None:
    page = conversation_html(hostile(payload))
    found = checked_html(page)
    policy = next(facts["content"] for tag, facts in found.tags if facts.get("http-equiv"))
    assert (policy or "").startswith("default-src 'none'; style-src 'sha256-")
    sendable = payload.encode("utf-8", "replace").decode()
    words = [word for word in sendable.split() if word.isascii() and word.isprintable() and "[" not in word]
    assert all(word in found.text for word in words)


@pytest.mark.parametrize("payload", HOSTILE)
def test_hostile_text_stays_text_in_markdown(payload: str) -> None:
    shown = checked_markdown(conversation_markdown(hostile(payload)))
    sendable = payload.encode("utf-8", "replace").decode()
    words = [word for word in sendable.split() if word.isascii() and word.isprintable() and len(word) > 3]
    assert all(word in shown for word in words)


@given(st.text(alphabet=st.one_of(st.sampled_from("[]()<>!\\`*_#-+=|~&:/.1 \n\"'$@"), st.characters())))
def test_any_text_stays_text(payload: str) -> None:
    checked_html(conversation_html(hostile(payload)))
    checked_markdown(conversation_markdown(hostile(payload)))


@given(st.text(alphabet=st.one_of(st.sampled_from("[]()<>!\\`*_#-+=|~&:/.1 \"'$@w"), st.characters())))
def test_markdown_shows_exactly_the_text(text: str) -> None:
    line = " ".join(text.split())
    if line and line.isprintable():
        assert checked_markdown(markdown(text)).strip() == line


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", "data:text/html,x", "//example.org/", "https://", "https://a@example.org/", "ftp://a.b/",
        "https://example.org/ x", 'https://example.org/"x', "https://example.org/>x", "https://example.org/`", "", None,
        "https://example.org/\n", "https://example.org:x/", "http:/example.org", "https://example.org/\\x",
    ],
)  # fmt: skip
def test_only_plain_web_addresses_are_links(url: str | None) -> None:
    assert link(url) is None
    answer = linked(ANSWER, url)
    assert "<a " not in conversation_html(talk(turn(replace(answer, text="Nothing."))))
    assert "](" not in answer_markdown(answer)


def test_a_day_that_is_not_known_is_said_to_be_unknown() -> None:
    article = replace(ANSWER.citations[0].article, published=None, source=None)
    undated = replace(ANSWER, citations=(replace(ANSWER.citations[0], article=article),))
    assert "source not known, no date known" in answer_text(undated)
    assert date(2024, 9, 2) == ANSWER.citations[0].article.published


def test_the_day_of_an_update_stands_beside_that_of_publication() -> None:
    article = replace(ANSWER.citations[0].article, updated=date(2024, 9, 5))
    updated = replace(ANSWER, citations=(replace(ANSWER.citations[0], article=article),))
    assert "2 September 2024, updated 5 September 2024" in answer_text(updated)
    assert "updated" not in answer_text(ANSWER)
