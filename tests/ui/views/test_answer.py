"""Answers become exactly the HTML that we mean, whatever stands in them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.disagreement import in_words
from assistant.history.types import StoredTurn, TurnState
from assistant.messages import translator
from assistant.types import Answer, Disagreement, Side, Statement, Step, Usage
from assistant.writing.extractive import attribution
from tests.ui.fake_desk import DART, UNDATED, answer_about_dart, cite
from ui.views import scope_chips, sources
from ui.views.answer import Copies, Extras, days_searched, finished_turn, meta_line, notice, pending_turn
from ui.views.scope_chips import Steer
from vectorstore.types import Article, Match, Outlet, Passage, TimeScope

EN, UK = translator("en"), translator("uk")
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
    "mark", "bdi", "a", "strong", "em", "code", "pre", "blockquote", "table", "thead", "tbody", "tr", "th", "td",
    "q", "article", "i", "svg", "path", "form", "label", "input", "fieldset", "legend",
}  # fmt: skip
ATTRIBUTES = {
    "class", "id", "dir", "role", "title", "type", "aria-busy", "aria-label", "aria-labelledby", "aria-describedby",
    "aria-expanded", "data-source", "data-number", "data-turn", "data-conversation", "data-article", "data-start",
    "data-end", "data-reveals", "data-copies", "data-link", "data-done", "data-failed", "data-closes", "data-act",
    "data-value", "data-announced", "start", "aria-checked", "aria-hidden", "viewbox", "d",
    "popover", "href", "target", "rel", "style", "tabindex", "disabled", "name",
    "value", "checked",
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
        self.feed(str(text))  # a part of a Markup would escape what it is added to
        self.close()
        assert not self.open, f"left open: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in ("br", "input"):
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
        assert re.fullmatch(r"--at:\d+\.\d\d%", attributes.get("style", "--at:0.00%"))
        assert tag != "form" or attributes.get("data-act", "").startswith("steer-")
        assert tag != "input" or attributes["type"] in ("date", "checkbox")
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


def stored_turn(answer: Answer, turn: int = 1) -> StoredTurn:
    return StoredTurn(turn, answer.question, answer.state, answer.text, datetime(2026, 1, 5, tzinfo=UTC), answer)


def finished(answer: Answer, *, copies: Copies | None = None, turn: int = 1, conversation: str = "c") -> str:
    """A turn as the page puts it together."""
    stored = stored_turn(answer, turn)
    outlets = [Outlet(name, 1) for name in (*answer.scope.sources, *answer.scope.without_sources, "Other")]
    extras = Extras(
        scope=scope_chips.of_turn(turn, Steer(), answer.scope, answer.searched_for, outlets, words=EN),
        trail=sources.trail(answer.trail, answer.scope, words=EN),
        disagreements=sources.disagreements(answer.disagreements, words=EN),
        sources=sources.strip(answer, copies or {}, words=EN),
    )
    return finished_turn(stored, conversation, words=EN, extras=extras)


def test_what_differs_is_told_once_by_its_card() -> None:
    answer = answer_about_dart()
    early, late = replace(DART, id="early", published=date(2022, 10, 1)), DART
    sides = tuple(Side(value, cite(1, each, "by 32 minutes")) for value, each in (("31", early), ("32", late)))
    differing = Disagreement("minutes", "update", sides)
    answer = replace(answer, text=f"{answer.text}\n\n{in_words(differing)}", disagreements=(differing,))
    page = "".join(Outline(finished(answer)).text)
    assert page.count("The figure rose: 31 on 1 October 2022, 32 on 11 October 2022.") == 1
    assert "It cost 45 million dollars." in page


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_shows_as_text_wherever_it_stands(text: str) -> None:
    answer = hostile_answer(text)
    article = answer.citations[0].article
    match = Match(1, 1.0, 0.5, answer.citations[0].passage, article, (article, replace(article, id="b")))
    side = Side(text, answer.citations[0], is_forecast=True)
    answer = replace(
        answer,
        searched_for=text,
        disagreements=(Disagreement(text, "contradiction", (side, side)),),
        trail=(
            Step("search", text, TimeScope(sources=(text,)), (article,), text),
            Step("note", "", TimeScope(), (), text),
        ),
        scope=TimeScope(
            since=date(2024, 1, 1),
            note=text,
            sources=(text,),
            prefer_sources=(text,),
            words=(text,),
            source_words=(text,),
        ),
    )
    copies = {article.id: (replace(article, id="b"),)}
    looking = sources.trail_so_far(answer.trail, answer.scope, words=EN)
    failed = StoredTurn(1, text, "failed", text, datetime(2026, 1, 5, tzinfo=UTC), problem=text)
    for page in (
        pending_turn(1, text, answer.text, words=EN, status=text, trail=looking),
        finished_turn(failed, text, words=EN),
        finished(answer, copies=copies, conversation=text),
        finished(replace(answer, abstained=True, nearest=(match,))),
        scope_chips.of_next(Steer(outlets=(text,)), answer.scope, [Outlet(text, 1)], words=EN, can_look_deeper=True),
        sources.source(answer, 1, 1, article, words=EN),
        sources.source(answer, 1, 2, None, words=EN),
        sources.article(article, 1, 5, words=EN, copies=(replace(article, id="b"),)),
        sources.unreadable(text, words=EN),
        notice(text, problem=True),
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
        assert_inert(pending_turn(1, text, text, words=EN))
        assert_inert(finished(answer))
        assert_inert(sources.source(answer, 1, 1, article, words=EN))


@given(st.text(max_size=300))
def test_escaped_text_reads_back_as_itself(text: str) -> None:
    sendable = "".join(c for c in text if c in "\n\t" or not (ord(c) < 32 or 127 <= ord(c) < 160))
    sendable = sendable.encode("utf-8", "replace").decode()
    shown = str(notice(text)).removeprefix('<div class="notice" role="status">').removesuffix("</div>")
    assert unescape(shown) == sendable


def test_a_lone_surrogate_can_still_be_sent() -> None:
    finished(replace(answer_about_dart("\ud800"), text="\udfff [1]")).encode("utf-8")


# --- links -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", " javascript:alert(1)", "java\nscript:alert(1)", "data:text/html,x", "//evil.example/",
        "/local", "file:///etc/passwd", "https://", "https:///x", "http://user:key@example.org/", "vbscript:x", "",
        "https://example.org/a b", "https://example.org\\@evil.example", "https://example.org:port/", "http://[::1",
        "ftp://example.org", "https://example.org/<b>", 'https://example.org/"', "https://example.org/`", None,
    ],
)  # fmt: skip
def test_an_address_that_is_no_plain_web_address_makes_no_link(url: str | None) -> None:
    page = sources.article(replace(DART, url=url), words=EN)
    assert not [tag for tag, _ in Outline(page).tags if tag == "a"]


def test_a_link_leads_to_the_cited_article_and_tells_it_nothing() -> None:
    links = [attributes for tag, attributes in Outline(sources.article(DART, words=EN)).tags if tag == "a"]
    assert links == [{"href": "https://example.org/dart", "target": "_blank", "rel": "noopener noreferrer nofollow"}]


# --- answers -----------------------------------------------------------------------------------------------------


def rendered(answer: Answer | None = None) -> str:
    return finished(answer or answer_about_dart(), turn=3)


def test_every_chip_opens_a_citation_and_says_what_it_quotes() -> None:
    outline = Outline(rendered())
    chips = outline.classes("chip")
    assert [chip["data-source"] for chip in chips] == ["1", "2"]
    assert [peek["id"] for peek in outline.classes("peek")] == [chip["aria-describedby"] for chip in chips]
    words = "".join(outline.text)
    assert all(citation.quote in words for citation in answer_about_dart().citations)


def test_a_chip_names_title_source_and_date_for_those_who_cannot_see_it() -> None:
    labels = [attributes["aria-label"] for attributes in Outline(rendered()).classes("chip")]
    assert labels[0] == f"Source 1: {DART.title}, Starter Library, Space desk, 11 October 2022"
    assert labels[1] == f"Source 2: {UNDATED.title}, source not known, no date known"


def test_a_turn_names_itself_and_its_conversation() -> None:
    (turn,) = Outline(finished(answer_about_dart(), turn=7, conversation="abc")).classes("turn")
    assert (turn["id"], turn["data-turn"], turn["data-conversation"]) == ("turn-7", "7", "abc")


def test_a_marker_without_a_citation_stays_text() -> None:
    outline = Outline(rendered(replace(answer_about_dart(), text="So it is [7].", statements=())))
    assert "So it is [7]." in outline.text
    assert not outline.classes("chip")


def test_doubted_sentences_are_set_apart_with_their_reason() -> None:
    page = rendered()
    outline = Outline(page)
    doubted = outline.classes("doubted")
    assert [attributes["class"] for attributes in doubted] == ["doubted partly", "doubted unsupported"]
    assert [attributes["class"] for attributes in outline.classes("verdict")] == [
        "verdict partly",
        "verdict unsupported",
    ]
    words = "".join(outline.text)
    assert words.count("no source cited") == words.count("“Houston” is not in the source") == 1
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


def test_a_corrected_number_says_so_when_its_chip_is_pointed_at_and_only_there() -> None:
    answer = replace(
        answer_about_dart(),
        text="Nobody steers [2]. The orbit is 32 minutes shorter [2]. Nobody steers it [2].",
        statements=(
            Statement("Nobody steers.", (2,), "verified"),
            Statement("The orbit is 32 minutes shorter.", (2,), "verified", repaired=(2,)),
            Statement("Nobody steers it.", (2,), "verified"),
        ),
    )
    outline = Outline(rendered(answer))
    described = [chip["aria-describedby"] for chip in outline.classes("chip")]
    assert described == ["peek-3-2", "peek-3-2-repaired", "peek-3-2"]
    assert {peek["id"] for peek in outline.classes("peek")} >= set(described)
    assert not outline.classes("doubted")
    assert "".join(outline.text).count("The number was corrected to [2]") == 1
    assert "виправлено на [2]" in finished_turn(stored_turn(answer), "c", words=UK)
    assert not Outline(rendered()).classes("repaired")


def test_a_corrected_number_of_a_doubted_sentence_says_both() -> None:
    answer = replace(
        answer_about_dart(),
        text="It cost 45 million dollars [1].",
        statements=(Statement("It cost 45 million dollars.", (1,), "partly", "figure 45 not in the source", (1,)),),
    )
    outline = Outline(rendered(answer))
    assert [chip["aria-describedby"] for chip in outline.classes("chip")] == ["peek-3-1-repaired"]
    assert len(outline.classes("doubted")) == len(outline.classes("repaired")) == 1


def test_no_doubts_no_warning() -> None:
    answer = answer_about_dart()
    page = rendered(replace(answer, statements=answer.statements[:1]))
    assert not Outline(page).classes("verdict")
    assert "Check before you rely on it" not in page


def test_paragraphs_lines_and_lists_keep_their_shape() -> None:
    answer = replace(answer_about_dart(), text="One.\nTwo.\n\n- a [1]\n- b\n\nThree.", statements=())
    page = rendered(answer)
    assert '<p dir="auto">One.<br>Two.</p><ul><li dir="auto">a' in page
    assert '<li dir="auto">b</li></ul><p dir="auto">Three.</p>' in page


def test_a_chat_models_markdown_gives_shape_and_nothing_that_leads_anywhere() -> None:
    text = """## The **toll**

It rose *fast* [1]:
1. [c](https://x.example) `[1]`
   - deep \\[1\\]

| Day | Dead |
|---|---|
| Monday | 45 [2] |
"""
    page = rendered(replace(answer_about_dart(), text=text, statements=()))
    outline = assert_inert(page)
    assert '<h3 dir="auto">The <strong>toll</strong></h3><p dir="auto">It rose <em>fast</em>' in page
    assert (
        '<ol><li dir="auto">[c](https://x.example) <code>[1]</code><ul><li dir="auto">deep [1]</li></ul></li>' in page
    )
    assert [chip["data-source"] for chip in outline.classes("chip")] == ["1", "2"]
    assert '<th dir="auto">Dead</th>' in page
    assert '<td dir="auto">45' in page
    assert not [tag for tag, _ in outline.tags if tag == "a"]


@pytest.mark.parametrize("text", ["- " * 30 + "Words.", "|a|b|\n|---|---|\n|1|2|Words.|"])
def test_markdown_that_its_parser_would_cut_is_shown_whole(text: str) -> None:
    assert "Words." in pending_turn(1, "?", text, words=EN)


def test_a_doubted_sentence_is_marked_once_in_its_shape_and_beneath_the_answer_when_it_is_in_a_table() -> None:
    answer = replace(
        answer_about_dart(),
        text="### It cost 45 million.\n\n- It cost **45 million** then [1].\n\n|What|Cost|\n|---|---|\n|Ship|9 [1]|",
        statements=(
            Statement("It cost **45 million** then.", (1,), "unsupported", "REASON"),
            Statement("| Ship | 9 |", (1,), "unsupported", "OTHER"),
        ),
    )
    page = rendered(answer)
    (item,) = re.findall("<li dir=.*?</li>", page[: page.index("</ul>")], re.DOTALL)
    assert "<strong>45 million</strong>" in item
    assert item.count("REASON") == page.count("REASON") == 1
    assert "REASON" not in page[page.index("<h3") : page.index("</h3>")]
    assert "OTHER" not in page[page.index("<table") : page.index("</table>")]
    assert "OTHER" in page[page.index('class="doubts"') :]


def test_quotations_of_one_article_are_one_block_with_its_outlet_and_day_said_once() -> None:
    answer = replace(
        answer_about_dart(),
        model="extractive",
        text=(
            f"{attribution(DART)}: “One *star*.” [1]\n“Two.” [1]\n\n{attribution(UNDATED)}: “# Three.” [2]"
            f"\n\n- {attribution(DART)}: “Four.” [1]\n- Five."
        ),
        statements=(),
    )
    page = rendered(answer)
    first, second = re.findall("<blockquote.*?</blockquote>", page, re.DOTALL)
    assert "“One *star*.”" in first
    assert '<span class="quoted">“Two.”' in first
    assert first.count('class="said-by"') == first.count("<bdi>Starter Library, Space desk</bdi><span") == 1
    assert f"{attribution(DART)}: " not in page
    assert "“# Three.”" in second
    assert f"<bdi>{UNDATED.title}</bdi> · " in second
    four, five = re.findall(r"<li dir(?:.*?)</li>", page[: page.index("</ul>")], re.DOTALL)
    assert "Four" in four
    assert 'class="said-by"' in four
    assert five == '<li dir="auto">Five.</li>'


def test_the_line_under_an_answer_says_writer_scope_articles_time_and_cost() -> None:
    answer = replace(answer_about_dart(), usage=Usage(900, 80, 0.00123), mended=1)
    assert (
        "Written by openai:gpt-test; checked against its sources · articles up to 5 September 2024 · 2 undated left out"
        " · quotes from 2 articles · 1 sentence corrected after checking · 1.3\N{NO-BREAK SPACE}s · $0.0012"
        in Outline(rendered(answer)).text
    )
    assert " · 7 articles read, 2 quoted · " in meta_line(replace(answer, articles_read=7), EN)
    plain = replace(answer_about_dart(), model="extractive", scope=TimeScope(), citations=())
    assert "Extractive: quotes only, no model · all dates · 1.3\N{NO-BREAK SPACE}s" in Outline(rendered(plain)).text


@pytest.mark.parametrize(
    ("scope", "said"),
    [
        (TimeScope(), "all dates"),
        (TimeScope(since=date(2024, 8, 1)), "articles since 1 August 2024"),
        (TimeScope(as_of=date(2024, 9, 5), until=date(2024, 10, 1)), "articles up to 5 September 2024"),
        (TimeScope(since=date(2024, 8, 1), until=date(2024, 8, 31)), "articles from 1 August 2024 to 31 August 2024"),
    ],
)
def test_a_scope_is_said_in_words(scope: TimeScope, said: str) -> None:
    assert days_searched(scope, EN) == said


def test_a_cut_answer_says_so_and_why() -> None:
    cut = replace(answer_about_dart(), state="cut")
    assert "This answer was cut off." in Outline(rendered(cut)).text
    assert "The line broke. Ask again." in Outline(rendered(replace(cut, reason="The line broke. Ask again."))).text


def test_a_part_that_the_library_does_not_hold_is_said_of_a_whole_answer_too() -> None:
    answer = replace(answer_about_dart(), reason="The library does not seem to hold an answer to “Who paid?”.")
    assert answer.reason in Outline(rendered(answer)).text


@pytest.mark.parametrize("state", ["asking", "cut", "failed"])
def test_a_turn_without_an_answer_shows_what_had_come(state: TurnState) -> None:
    stored = StoredTurn(1, "How much?", state, "Some [1] words", datetime(2026, 1, 5, tzinfo=UTC), problem="It broke.")
    outline = assert_inert(finished_turn(stored, "c", words=EN))
    words = "".join(outline.text)
    assert "Some1 words" in words  # the chip stands apart by its own margin
    assert "It broke." in words
    assert not [attributes for tag, attributes in outline.tags if tag == "button"]


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
    assert "Nearest articles" in outline.text
    assert outline.text.count(DART.title) == 1
    assert outline.text.count(UNDATED.title) == 1


def test_what_is_looked_up_stands_above_until_there_are_words_to_read() -> None:
    trail = sources.trail_so_far([Step("search", "TRAIL", TimeScope())], TimeScope(), words=EN)
    waiting = pending_turn(1, "?", words=EN, status="It is choosing.", trail=trail)
    assert waiting.index("TRAIL") < waiting.index("It is choosing.")
    written = pending_turn(1, "?", "One. Two.", words=EN, trail=trail)
    assert written.index("One. Two.") < written.index("TRAIL")


def test_a_growing_answer_only_grows_within_its_last_paragraph() -> None:
    shorter, longer = (pending_turn(1, "?", text, words=EN) for text in ("One. Tw", "One. Two [1]."))
    assert shorter.split("Tw")[0] == longer.split("Tw")[0]
    assert '<span class="chip">1</span>' in longer


def test_the_day_of_an_update_stands_beside_that_of_publication() -> None:
    article = Article(id="a", title="T", text="x", source="S", published=date(2024, 9, 2), updated=date(2024, 9, 5))
    assert "updated 5 September 2024" in sources.article(article, words=EN)
    assert "оновлено 5 вересня 2024" in sources.article(article, words=UK)
    assert "updated" not in sources.article(replace(article, updated=article.published), words=EN)
