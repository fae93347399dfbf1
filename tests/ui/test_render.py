"""Answers become exactly the HTML that we mean, whatever stands in them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.types import Answer, Statement
from tests.ui.fake_desk import DART, UNDATED, answer_about_dart, cite
from ui import render, texts
from vectorstore.types import AddReport, Article, Match, Outcome, Passage, Progress, TimeScope

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![a](https://evil.example/beacon.png)",
    "[click](javascript:alert(1))",
    "<svg onload=alert(1)>",
    '"><img src=https://evil.example/>',
    "' onmouseover='alert(1)",
    "<div style=\"background:url('https://evil.example/')\">",
    "```mermaid\ngraph TD; A-->B\n```",
    "$$\\href{javascript:alert(1)}{x}$$",
    "${alert(1)} {{constructor}} {{{value}}}",
    "</section></details><form action=https://evil.example><input name=x>",
    "<!--", "]]>", "<base href=https://evil.example/>", "&lt;script&gt;",
    "<meta http-equiv=refresh content=0;url=https://evil.example>",
    "\x00<scr\x00ipt>alert(1)</script>",
)  # fmt: skip
TAGS = {
    "section", "h2", "h3", "div", "p", "ul", "ol", "li", "span", "button", "br", "aside", "details", "summary",
    "blockquote", "mark", "bdi", "a", "table", "thead", "tbody", "tr", "th", "td", "time", "strong", "progress",
}  # fmt: skip
ATTRIBUTES = {
    "class", "id", "dir", "role", "title", "type", "aria-busy", "aria-label", "aria-labelledby", "data-opens",
    "data-name", "href", "target", "rel", "scope", "datetime", "max", "value",
}  # fmt: skip


class Outline(HTMLParser):
    """The tags, attributes and text of a piece of HTML; fails on a tag closed out of turn."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text: list[str] = []
        self.marked: list[str] = []
        self.open: list[str] = []
        self.other: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open, f"left open: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag != "br":
            self.open.append(tag)
        if tag == "mark":
            self.marked.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        if "mark" in self.open:
            self.marked[-1] += data

    def handle_comment(self, data: str) -> None:
        self.other.append(data)

    def handle_decl(self, decl: str) -> None:
        self.other.append(decl)

    def handle_pi(self, data: str) -> None:
        self.other.append(data)

    def classes(self, name: str) -> list[dict[str, str]]:
        return [attributes for _, attributes in self.tags if name in attributes.get("class", "").split()]


def assert_inert(page: str) -> Outline:
    """Nothing in the page but the tags and attributes that we write ourselves."""
    outline = Outline(page)
    assert {tag for tag, _ in outline.tags} <= TAGS
    assert {name for _, attributes in outline.tags for name in attributes} <= ATTRIBUTES
    assert not outline.other
    for tag, attributes in outline.tags:
        assert ("href" in attributes) == (tag == "a")
        assert attributes.get("href", "https://").startswith(("http://", "https://"))
    return outline


def hostile_article(text: str) -> Article:
    return Article(
        id=text,
        title=text,
        text=f"Before. {text} After.",
        published=None,
        source=text,
        url=f"https://example.org/?q={text}",
        authors=(text,),
        origin=text,
    )


def hostile_answer(text: str) -> Answer:
    article = hostile_article(text)
    said = f"{text} Something [1]. {text} [2]"
    return Answer(
        question=text,
        text=said,
        statements=(Statement(f"{text} Something.", (1,), "partly", text), Statement(text, (2,), "unsupported", text)),
        citations=(cite(1, article, f"{text} After."), cite(2, article, "Before.")),
        scope=TimeScope(),
        model=text,
        state="cut",
        reason=text,
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_shows_as_text_wherever_it_stands(text: str) -> None:
    answer = hostile_answer(text)
    match = Match(1, 1.0, 0.5, answer.citations[0].passage, answer.citations[0].article)
    outcomes = tuple(Outcome(f"/tmp/{text}", kind, text, text, text) for kind in ("added", "refused"))
    for page in (
        render.pending_turn(1, text, answer.text),
        render.failed_turn(1, text, text),
        render.finished_turn(1, text, answer),
        render.finished_turn(1, text, replace(answer, abstained=True, nearest=(match,))),
        render.article_list([answer.citations[0].article], 5),
        render.add_report(AddReport(outcomes)),
        render.progress(Progress(text, 1, 2)),
        render.notice(text, problem=True),
    ):
        assert_inert(page)


@given(st.text(max_size=200), st.text(alphabet="<>\"'&[]()!/=;:-.\n 12ab$`{}\\\x00\u202e", max_size=120))
def test_no_text_at_all_becomes_markup(free: str, nasty: str) -> None:
    for text in (free, nasty):
        article = Article(id="a", title=text, text=text + "x", source=text, url=text, authors=(text,))
        answer = Answer(
            question=text,
            text=text,
            statements=(Statement(nasty, (1,), "unsupported", free), Statement(free, (1,), "partly", nasty)),
            citations=(cite(1, article, article.text),),
            scope=TimeScope(),
            model=text,
        )
        assert_inert(render.pending_turn(1, text, text))
        assert_inert(render.finished_turn(1, text, answer))


@given(st.text(max_size=300))
def test_escaped_text_reads_back_as_itself(text: str) -> None:
    sendable = "".join(c for c in text if c in "\n\t" or not (ord(c) < 32 or 127 <= ord(c) < 160))
    sendable = sendable.encode("utf-8", "replace").decode()
    assert unescape(render.escape(text)) == sendable


def test_a_lone_surrogate_can_still_be_sent() -> None:
    render.finished_turn(1, "\ud800", replace(answer_about_dart(), text="\udfff [1]")).encode("utf-8")


# --- links -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", " javascript:alert(1)", "java\nscript:alert(1)", "data:text/html,x", "//evil.example/",
        "/local", "file:///etc/passwd", "https://", "https:///x", "http://user:key@example.org/", "vbscript:x", "",
        "https://example.org/a b", "https://example.org\\@evil.example", "https://example.org:port/", "http://[::1",
        "ftp://example.org", None,
    ],
)  # fmt: skip
def test_an_address_that_is_no_plain_web_address_makes_no_link(url: str | None) -> None:
    assert render.link(url) is None
    page = render.finished_turn(
        1, "?", replace(answer_about_dart(), citations=(cite(1, replace(DART, url=url), "NASA"),))
    )
    assert not [tag for tag, _ in Outline(page).tags if tag == "a"]


def test_a_link_leads_to_the_cited_article_and_tells_it_nothing() -> None:
    links = [attributes for tag, attributes in Outline(rendered()).tags if tag == "a"]
    assert links == [{"href": "https://example.org/dart", "target": "_blank", "rel": "noopener noreferrer nofollow"}]


# --- answers -----------------------------------------------------------------------------------------------------


def rendered(answer: Answer | None = None) -> str:
    return render.finished_turn(3, "How much?", answer or answer_about_dart())


def test_every_chip_opens_a_source_that_is_there() -> None:
    outline = Outline(rendered())
    opened = [attributes["data-opens"] for attributes in outline.classes("chip")]
    assert opened == ["source-3-1", "source-3-2"]
    assert [attributes["id"] for attributes in outline.classes("source")] == opened


def test_a_chip_names_title_source_and_date_for_those_who_cannot_see_it() -> None:
    labels = [attributes["aria-label"] for attributes in Outline(rendered()).classes("chip")]
    assert labels[0] == f"Source 1: {DART.title}, Starter Library, Space desk, 11 October 2022"
    assert labels[1] == f"Source 2: {UNDATED.title}, source not known, no date known"


def test_the_marked_words_are_the_quotation_and_the_passage_is_whole_around_them() -> None:
    answer = answer_about_dart()
    outline = Outline(rendered(answer))
    assert outline.marked == [citation.quote for citation in answer.citations]
    assert DART.text in "".join(outline.text)


def test_two_quotations_under_one_number_are_both_marked_in_one_passage() -> None:
    first, second = cite(1, DART, "by 32 minutes"), cite(1, DART, "uncertain by about two minutes")
    outline = Outline(rendered(replace(answer_about_dart(), citations=(second, first))))
    assert outline.marked == ["by 32 minutes", "uncertain by about two minutes"]
    assert len(outline.classes("source")) == 1


def test_overlapping_quotations_lose_and_repeat_no_words() -> None:
    citations = (cite(1, DART, "the asteroid Dimorphos by 32"), cite(1, DART, "Dimorphos by 32 minutes"))
    outline = Outline(rendered(replace(answer_about_dart(), citations=citations)))
    assert "".join(outline.marked) == "the asteroid Dimorphos by 32 minutes"
    assert "".join(outline.text).count(DART.text) == 1


def test_a_quotation_that_is_not_where_it_should_be_is_shown_beside_the_passage() -> None:
    wrong = replace(cite(1, DART, "by 32 minutes"), start=5, end=18)
    outline = Outline(rendered(replace(answer_about_dart(), citations=(wrong,))))
    assert outline.marked == ["by 32 minutes"]
    assert DART.text in "".join(outline.text)


def test_a_passage_in_the_middle_of_its_article_is_marked_at_the_right_words() -> None:
    start = DART.text.index("Dimorphos used")
    passage = Passage(7, DART.id, start, len(DART.text), DART.text[start:])
    quote = "11 hours and 23 minutes"
    at = DART.text.index(quote)
    citation = replace(cite(1, DART, quote), passage=passage, start=at, end=at + len(quote))
    assert Outline(rendered(replace(answer_about_dart(), citations=(citation,)))).marked == [quote]


def test_a_marker_without_a_citation_stays_text() -> None:
    outline = Outline(rendered(replace(answer_about_dart(), text="So it is [7].", statements=())))
    assert "So it is [7]." in outline.text
    assert not outline.classes("chip")


def test_doubted_sentences_are_set_apart_with_their_reason() -> None:
    page = rendered()
    outline = Outline(page)
    doubted = outline.classes("doubted")
    assert [attributes["class"] for attributes in doubted] == ["doubted partly", "doubted unsupported"]
    assert [attributes["title"] for attributes in doubted] == ["“Houston” not in the source", "no source cited"]
    words = "".join(outline.text)
    assert words.count("no source cited") == 1
    assert words.count(texts.DOUBTS) == 1
    verified = page.index("DART shortened the orbit of Dimorphos by 32 minutes", page.index('class="answer"'))
    assert verified < page.index("doubted partly")


def test_a_doubted_sentence_that_is_not_in_the_text_is_shown_whole() -> None:
    lost = Statement(
        "A sentence that was reworded on the way and cannot be found again in the text.", (), "unsupported"
    )
    outline = Outline(rendered(replace(answer_about_dart(), statements=(lost,))))
    assert lost.text in outline.text
    assert not outline.classes("doubted")


def test_a_sentence_said_twice_is_doubted_where_it_stands() -> None:
    answer = replace(
        answer_about_dart(),
        text="It is so [1]. It is so.",
        statements=(Statement("It is so.", (1,), "verified"), Statement("It is so.", (), "unsupported", "no source")),
    )
    page = rendered(answer)
    assert page.index("chip") < page.index("doubted")
    assert len(Outline(page).classes("doubted")) == 1


def test_no_doubts_no_warning() -> None:
    answer = answer_about_dart()
    assert texts.DOUBTS not in rendered(replace(answer, statements=answer.statements[:1]))


def test_paragraphs_lines_and_lists_keep_their_shape() -> None:
    answer = replace(answer_about_dart(), text="One.\nTwo.\n\n- a [1]\n- b\n\nThree.", statements=())
    page = rendered(answer)
    assert '<p dir="auto">One.<br>Two.</p><ul><li dir="auto">a' in page
    assert '<li dir="auto">b</li></ul><p dir="auto">Three.</p>' in page


def test_markdown_is_not_read() -> None:
    outline = Outline(
        rendered(replace(answer_about_dart(), text="# A **b** [c](https://x.example) `d`", statements=()))
    )
    assert "# A **b** [c](https://x.example) `d`" in outline.text


def test_the_line_under_an_answer_says_writer_scope_and_time() -> None:
    assert (
        "Written by openai:gpt-test; checked against its sources · articles up to 5 September 2024"
        " · 2 undated left out · 1.3\N{NO-BREAK SPACE}s" in Outline(rendered()).text
    )
    assert any(
        line.startswith("Extractive: quotes only, no model · all dates")
        for line in Outline(rendered(replace(answer_about_dart(), model="extractive", scope=TimeScope()))).text
    )


@pytest.mark.parametrize(
    ("scope", "said"),
    [
        (TimeScope(), "all dates"),
        (TimeScope(since=date(2024, 8, 1)), "articles since 1 August 2024"),
        (TimeScope(as_of=date(2024, 9, 5), until=date(2024, 10, 1)), "articles up to 5 September 2024"),
        (TimeScope(since=date(2024, 8, 1), until=date(2024, 8, 31)), "articles from 1 August 2024 to 31 August 2024"),
        (
            TimeScope(since=date(2024, 8, 1), words=("in August 2024",)),
            "articles since 1 August 2024, as you wrote “in August 2024”",
        ),
        (
            TimeScope(prefers_recent=True, words=("latest", "now")),
            "all dates, recent articles first, as you wrote “latest”, “now”",
        ),
        (
            TimeScope(since=date(2024, 4, 3), near=date(2024, 4, 3), words=("on 03/04/2024",), note="read as 3 April"),
            "articles since 3 April 2024, those nearest to 3 April 2024 first, as you wrote “on 03/04/2024” · "
            "read as 3 April",
        ),
        (
            TimeScope(sources=("UNN", "Reuters"), source_words=("in UNN and Reuters",)),
            "all dates, only UNN and Reuters, as you wrote “in UNN and Reuters”",
        ),
        (
            TimeScope(without_sources=("UNN",), source_words=("not from UNN",)),
            "all dates, without UNN, as you wrote “not from UNN”",
        ),
        (TimeScope(prefer_sources=("A", "B", "C", "D", "E")), "all dates, A, B, C and 2 others first"),
    ],
)
def test_a_scope_is_said_in_words(scope: TimeScope, said: str) -> None:
    assert render.scope(scope) == said


def test_a_cut_answer_says_so_and_why() -> None:
    cut = replace(answer_about_dart(), state="cut")
    assert texts.CUT in Outline(rendered(cut)).text
    assert "The line broke. Ask again." in Outline(rendered(replace(cut, reason="The line broke. Ask again."))).text


def test_a_stopped_answer_says_so() -> None:
    assert texts.STOPPED_ANSWER in Outline(rendered(replace(answer_about_dart(), state="stopped"))).text


def test_an_abstention_gives_its_reason_and_each_nearest_article_once() -> None:
    matches = tuple(
        Match(rank, 1.0, 0.3, Passage(rank, article.id, 0, len(article.text), article.text), article)
        for rank, article in enumerate((DART, DART, UNDATED), 1)
    )
    answer = replace(
        answer_about_dart(),
        text="",
        statements=(),
        citations=(),
        abstained=True,
        reason="Nothing fits.",
        nearest=matches,
    )
    outline = Outline(rendered(answer))
    assert "Nothing fits." in outline.text
    assert texts.NEAREST in outline.text
    assert outline.text.count(DART.title) == 1
    assert outline.text.count(UNDATED.title) == 1


def test_a_growing_answer_only_grows_within_its_last_paragraph() -> None:
    shorter, longer = render.pending_turn(1, "?", "One. Tw"), render.pending_turn(1, "?", "One. Two [1].")
    assert shorter.split("Tw")[0] == longer.split("Tw")[0]
    assert '<span class="chip">1</span>' in longer


# --- the library -------------------------------------------------------------------------------------------------


def test_unknown_stays_unknown_in_the_list() -> None:
    outline = Outline(render.article_list([UNDATED], 1))
    assert {texts.NO_DATE, texts.NO_SOURCE} <= set(outline.text)


def test_an_author_that_the_source_names_already_is_not_said_twice() -> None:
    article = replace(DART, authors=("Space desk", "A. Writer"))
    words = Outline(rendered(replace(answer_about_dart(), citations=(cite(1, article, "NASA"),)))).text
    assert [words.count(name) for name in ("Space desk", "A. Writer")] == [0, 1]


def test_latest_first_and_undated_last() -> None:
    older = replace(DART, id="older", published=date(2020, 1, 1))
    assert [article.id for article in render.latest_first([UNDATED, older, DART])] == ["dart", "older", "undated"]


def test_a_list_that_is_not_whole_says_so() -> None:
    assert "1 of 900 shown" in "".join(Outline(render.article_list([DART], 900)).text)
    assert texts.NONE_FOUND in Outline(render.article_list([], 900)).text


def test_a_report_names_every_file_refusals_first_and_without_the_folder() -> None:
    report = AddReport(
        (
            Outcome("/tmp/x/good.md", "added", "1", "Good"),
            Outcome("/tmp/x/bad.bin", "refused", reason="not text"),
            Outcome("/tmp/x/same.md", "unchanged", "2", "Same"),
        ),
        passages=4,
        seconds=0.5,
    )
    words = Outline(render.add_report(report)).text
    assert words[0] == "1 added, 1 already there, 1 refused"
    assert [name for name in words if name in ("good.md", "bad.bin", "same.md")] == ["bad.bin", "good.md", "same.md"]
    assert "not text" in words


def test_counts_read_as_a_person_would_say_them() -> None:
    assert texts.counted(1, "article") == "1 article"
    assert texts.counted(1204, "article") == "1,204 articles"
    assert render.holdings([DART, UNDATED]) == "2 articles in the library, of 11 October 2022"
