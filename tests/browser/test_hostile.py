"""Text that attacks the page, in every field and in the model's answer, against each of the two fences alone.

The last test takes both away and sees the attacks succeed: without it, the others could pass by looking at nothing.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import pytest

from assistant import Assistant
from assistant.history.types import StoredTurn, Summary
from assistant.messages import translator
from assistant.types import Disagreement, Side, Statement, Step
from tests.browser.conftest import Desk, OpenTab, Stage, Tab, open_with_model
from tests.scripted_server import ScriptedServer, says
from tests.ui.fake_desk import FakeDesk, answer_about_dart, cite
from tests.ui.served import served
from tests.ui.views import test_answer as test_render
from ui import templates
from ui.access import login
from ui.users import User
from ui.views import adding, conversation_list, library, sources, welcome
from ui.views import answer as render
from ui.views import scope_chips as steering
from ui.views.library import Shelf
from ui.views.scope_chips import Steer
from vectorstore.types import AddReport, Article, Outcome, Outlet, TimeScope

NOW = datetime(2026, 1, 5, tzinfo=UTC)
OUT = "http://beacon.invalid"
RUN = "window.ran=(window.ran||0)+1;alert(1)"

EXECUTE = (
    f"<script>{RUN}</script>",
    f"<img src=x: onerror='{RUN}'>",
    f"<svg onload='{RUN}'><animate onbegin='{RUN}' attributeName=x dur=1s></svg>",
    f"<details open ontoggle='{RUN}'><summary>x</summary></details>",
    f"<input autofocus onfocus='{RUN}'>",
    f'<iframe srcdoc="<script>parent.{RUN}</script>"></iframe>',
    f"<style>@keyframes a{{}}</style><b style='animation:a 1s' onanimationstart='{RUN}'>x</b>",
    f"\"' onmouseover='{RUN}' style='position:fixed;inset:0' x='",
    f"</textarea></script></style></title><script>{RUN}</script>",
    f"${{{RUN}}} {{{{#with (lookup this 'constructor')}}}}{{{{/with}}}}",
)
FETCH = (
    f"<img src={OUT}/img>",
    f"![alt]({OUT}/markdown)",
    f"<img srcset='{OUT}/srcset 2x'>",
    f"<video poster={OUT}/poster src={OUT}/video></video>",
    f"<link rel=stylesheet href={OUT}/link.css>",
    f"<style>@import '{OUT}/import.css'; body{{background:url({OUT}/rule)}}</style>",
    f"<p style=\"background:url('{OUT}/style')\">x</p>",
    f"<iframe src={OUT}/frame></iframe><object data={OUT}/object></object><embed src={OUT}/embed>",
    f"<svg><image href={OUT}/svg /><use href={OUT}/use#x /></svg>",
    f"<audio src={OUT}/audio autoplay></audio><input type=image src={OUT}/input>",
    f"<img src='/gradio_api/file={OUT}/through-the-server'>",
)
INERT = (
    "[click me](javascript:alert(1))",
    "<a href='javascript:alert(1)'>click me</a>",
    f"<form action={OUT}/form><button>Sign in again</button></form>",
    "```mermaid\ngraph TD; A[<img src=x>]-->B\n```",
    "$$\\href{javascript:alert(1)}{x}$$ $\\unicode{x}$",
    f"<base href={OUT}/>",
    "<meta http-equiv=refresh content='0;url=http://beacon.invalid/refresh'>",
)
PLAIN = EXECUTE + FETCH + INERT


def disguised(payload: str) -> tuple[str, ...]:
    """The payload as it is, out of an attribute, out of an element, encoded twice, in capitals, and split by a null."""
    return (
        payload,
        f"\">'>{payload}",
        f"</p></section></details></title></textarea>{payload}",
        html.escape(payload),
        re.sub(r"</?\w+", lambda tag: tag[0].upper(), payload),
        payload.replace("<", "<\x00", 1) if "<" in payload else f"\u202e{payload}",
    )


EACH_ONCE = tuple(disguised(payload)[place % 6] for place, payload in enumerate(PLAIN))
EVERY = tuple(each for payload in PLAIN for each in disguised(payload))
_payloads = pytest.mark.parametrize(
    "poisoned",
    [pytest.param(EACH_ONCE, id="each once"), pytest.param(EVERY, id="every disguise", marks=pytest.mark.long)],
    indirect=True,
)
_fences = pytest.mark.parametrize(
    "bypass_csp",
    [pytest.param(False, id="both fences", marks=pytest.mark.long), pytest.param(True, id="filter alone")],
)
"""What the filter alone keeps out, both keep out: they are tried together by make test-all."""
_disguises = pytest.mark.parametrize(
    "disguises", [pytest.param(1, id="undisguised"), pytest.param(6, id="every disguise", marks=pytest.mark.long)]
)
FORBIDDEN = (
    "script, img, iframe, object, embed, video, audio, link, style, meta, base, math, "
    'form:not([data-act], [action="/logout"]), form[data-act][action], '
    "[onload], [onerror], [onfocus], svg image, svg use, svg script"
)
"""What is in no part of ours: the forms that we make name an act and go nowhere, our drawings are lines."""


def hostile_rows(payloads: Sequence[str]) -> list[dict[str, object]]:
    """One article for each payload, with the payload in every field."""
    return [
        {
            "id": f"hostile-{number}",
            "title": f"Zorblax bulletin {number} {payload}",
            "text": f"The Zorblax bulletin number {number} reports a purple comet. It adds {payload} to the log. "
            f"The Zorblax observatory counted {number + 300} sparks of the purple comet.",
            "source": f"Desk {payload}",
            "authors": [payload],
            "url": "javascript:alert(1)" if number % 2 else f"https://example.org/{number}?q={payload}",
            "published": "2024-03-01",
        }
        for number, payload in enumerate(payloads)
    ]


@dataclass(frozen=True)
class Poisoned:
    """The same hostile articles behind the extractive writer and behind the scripted model."""

    payloads: tuple[str, ...]
    extractive: Desk
    written: Desk


@pytest.fixture(scope="module")
def poisoned(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, model: ScriptedServer
) -> Iterator[Poisoned]:
    payloads: tuple[str, ...] = request.param
    folder = tmp_path_factory.mktemp("poisoned")
    table = folder / "hostile.jsonl"
    table.write_text("\n".join(json.dumps(row) for row in hostile_rows(payloads)))
    with Assistant.open(folder / "one") as extractive, open_with_model(folder / "two", model) as written:
        for desk in (extractive, written):
            assert desk.add([table]).count("added") + desk.add([table]).count("unchanged") >= len(payloads) - 2
        with served(extractive) as first, served(written) as second:
            yield Poisoned(payloads, Desk(first, extractive), Desk(second, written))


def poke(tab: Tab) -> None:
    """Point at every chip, open every source, unfold every menu."""
    for chip in tab.page.locator("#current button.chip").all()[:3]:
        chip.hover()
        chip.click()
        tab.page.wait_for_selector("#pane .text")
        tab.page.keyboard.press("Escape")
    for folded in tab.page.locator("#current summary").all():
        folded.click()
    tab.page.wait_for_timeout(300)


UNTOUCHED = """(forbidden) => {
    const ours = ["#middle", "#side", "#pane"].map((place) => document.querySelector(place));
    const all = (selector) => ours.flatMap((place) => [...place.querySelectorAll(selector)]);
    return {
        ran: window.ran ?? null,
        planted: all(forbidden).filter((each) => !each.closest("#composer, #upload")).map((each) => each.outerHTML),
        links: all("a[href]").filter((each) => !each.closest(".exports"))
            .filter((each) => !/^https?:$/.test(each.protocol) || !each.rel.includes("noopener"))
            .map((each) => each.outerHTML),
        covering: all("*").filter((each) => getComputedStyle(each).position === "fixed")
            .filter((each) => !each.matches(".peek, .next .choices"))
            .map((each) => each.outerHTML),
    };
}"""


def assert_untouched(tab: Tab) -> None:
    """Nothing has run, left, or become an element, a link or an overlay that is not ours."""
    found = tab.page.evaluate(UNTOUCHED, FORBIDDEN)
    assert found == {"ran": None, "planted": [], "links": [], "covering": []}
    assert (tab.outside, tab.dialogs) == ([], [])


@_payloads
@_fences
def test_hostile_articles_and_answers_stay_text(
    poisoned: Poisoned, model: ScriptedServer, open_tab: OpenTab, bypass_csp: bool
) -> None:
    payloads = poisoned.payloads
    tab = open_tab(poisoned.extractive.server, bypass_csp=bypass_csp)
    assert_untouched(tab)  # the newest stories have hostile titles
    tab.ask("How many sparks of the purple comet did the Zorblax observatory count?")
    tab.answered()
    assert tab.page.locator("#current .card").count() >= 1
    poke(tab)
    assert_untouched(tab)
    tab.open_library()
    for _ in range(1 + len(payloads) // 50):
        assert_untouched(tab)
        tab.page.locator(".shelf-item .title").nth(3).click()
        tab.page.wait_for_selector("#pane .text")
        if not tab.page.locator(".pager button:last-of-type[data-value]").count():
            break
        first = tab.page.locator(".shelf-item").first.inner_text()
        tab.page.locator(".pager button:last-of-type").click()
        tab.page.wait_for_function("first => document.querySelector('.shelf-item').innerText !== first", arg=first)
    tab.upload({"name": "<img src=x onerror=alert(1)>.txt", "mimeType": "text/plain", "buffer": payloads[0].encode()})
    assert_untouched(tab)

    words = "\n\n".join(f"{payload} [{number % 5 + 1}]." for number, payload in enumerate(payloads))
    model.plays(says(words, wire=0))
    tab = open_tab(poisoned.written.server, bypass_csp=bypass_csp)
    tab.ask(f"What of the purple comet of Zorblax? {PLAIN[1]} {PLAIN[10]}")
    tab.answered()
    poke(tab)
    assert_untouched(tab)
    tab.page.reload()
    tab.answered()
    assert_untouched(tab)


def says_unfiltered(desk: FakeDesk, *payloads: str) -> None:
    """Put the payloads into every field of the next answer."""
    text = " ".join(payloads)
    article = Article(id="a", title=text, text=f"Before {text} after", source=text)
    desk.finished = replace(answer_about_dart(), text=f"{text} [1]", statements=(), citations=(cite(1, article, text),))


def test_the_page_alone_keeps_answers_text_that_nobody_cleaned(stage: Stage, open_tab: OpenTab) -> None:
    desk = FakeDesk()
    with stage(desk) as server:
        tab = open_tab(server, bypass_csp=True)
        says_unfiltered(desk, *EVERY)
        tab.ask("Hostile?")
        tab.page.wait_for_selector("#current .meta")
        assert tab.page.inner_text("#current .answer").count(OUT) >= len(FETCH)
        poke(tab)
        assert_untouched(tab)


def without_the_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    """The templates escape nothing any more."""
    unescaped = templates._environment().overlay(autoescape=False)
    monkeypatch.setattr(templates, "_environment", lambda: unescaped)


# --- every payload in every place, put in as Gradio and page.js do it ----------------------------------------------


class OneConversation:
    """What the list of conversations asks of the store."""

    def __init__(self, title: str) -> None:
        self.title = title

    def conversations(self, *_: object, **__: object) -> tuple[Summary, ...]:
        return (Summary("c", self.title, NOW, NOW),)


def in_every_place(payload: str) -> list[tuple[str, str]]:
    """Where the page shows text that is not ours, and the HTML that it puts there."""
    article = Article(
        id="a", title=payload, text=f"Before {payload} after", source=payload, authors=(payload,), url=payload,
        published=date(2024, 3, 1),
    )  # fmt: skip
    cited = cite(1, article, payload)
    scope = TimeScope(since=date(2024, 3, 1), words=(payload,), sources=(payload,), note=payload)
    answer = replace(
        answer_about_dart(payload),
        text=f"{payload} [1]. {payload}",
        statements=(Statement(payload, (1,), "partly", payload, (1,)),),
        citations=(cited,),
        scope=scope,
        model=payload,
        reason=payload,
        searched_for=payload,
        disagreements=(Disagreement(payload, "update", (Side(payload, cited), Side(payload, cited))),),
        trail=(Step("search", payload, TimeScope(), (article,), payload),),
    )
    failed = StoredTurn(1, payload, "failed", payload, NOW, problem=payload)
    report = AddReport((Outcome(f"/uploads/{payload}.txt", "refused", title=payload, reason=payload),), 0, 0.1)
    words = translator()
    trail = sources.trail_so_far(answer.trail, scope, words=words)
    past = test_render.finished(answer, conversation=payload) + render.finished_turn(failed, payload, words=words)
    steer, shelf = Steer(outlets=(payload,)), Shelf(FakeDesk([article]))  # type: ignore[arg-type]
    return [
        ("#past", past),
        ("#current", render.pending_turn(1, payload, payload, words=words, status=payload, trail=trail)),
        ("#steering", steering.of_next(steer, scope, [Outlet(payload, 1)], words=words)),
        ("#welcome", welcome.questions([payload], words) + welcome.greeting(shelf, words, by_browser=True)),
        ("#conversations", conversation_list.listing(OneConversation(payload), "", conversation_list.View(), words)),  # type: ignore[arg-type]
        ("#side-foot", login.who(User(payload, "reader"), words)),
        ("#articles", shelf.listing(library.View(), words, may_edit=True)),
        ("#report", adding.report_html(report, words) + render.notice(payload, problem=True)),
        ("#pane", sources.source(answer, 1, 1, article, words=words) + sources.unreadable(payload, words=words)),
    ]


PUT_IN = """async (places) => {
    document.querySelector("#pane").hidden = false;
    for (const [place] of places) document.querySelector(place).replaceChildren();
    for (const [place, html] of places) { // each by itself: one that closes an element hides nothing of the next
        const part = document.createElement("div");
        document.querySelector(place).append(part);
        part.innerHTML = html;
    }
    // Style sheets and backgrounds are fetched when they are drawn.
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
    return window.ran ?? null;
}"""


def disguises_in_every_place(payload: str, disguises: int) -> list[tuple[str, str]]:
    return [each for disguise in disguised(payload)[:disguises] for each in in_every_place(disguise)]


@_fences
def test_no_payload_becomes_markup_in_any_place(stage: Stage, open_tab: OpenTab, bypass_csp: bool) -> None:
    with stage(FakeDesk()) as server:
        tab = open_tab(server, bypass_csp=bypass_csp)
        for payload in PLAIN:
            tab.page.evaluate(PUT_IN, disguises_in_every_place(payload, 6))
            assert_untouched(tab)


@_disguises
@pytest.mark.filterwarnings("ignore:A `<script>` tag was found")
def test_the_policy_alone_runs_nothing_and_lets_nothing_out(
    monkeypatch: pytest.MonkeyPatch, stage: Stage, open_tab: OpenTab, disguises: int
) -> None:
    without_the_filter(monkeypatch)
    with stage(FakeDesk()) as server:
        tab = open_tab(server, expect_trouble=True)
        for payload in PLAIN:
            ran = tab.page.evaluate(PUT_IN, disguises_in_every_place(payload, disguises))
            assert (ran, tab.outside, tab.dialogs) == (None, [], []), payload
        tab.page.wait_for_timeout(500)
        assert (tab.outside, tab.dialogs, tab.page.evaluate("window.ran")) == ([], [], None)


@pytest.mark.filterwarnings("ignore:A `<script>` tag was found")
def test_the_policy_alone_holds_while_the_page_is_used(
    monkeypatch: pytest.MonkeyPatch, stage: Stage, open_tab: OpenTab
) -> None:
    without_the_filter(monkeypatch)
    desk = FakeDesk()
    with stage(desk) as server:
        for some in (EXECUTE, FETCH, INERT):
            tab = open_tab(server, expect_trouble=True)
            says_unfiltered(desk, *some)
            tab.ask(f"Hostile? {some[0]}")
            tab.page.wait_for_timeout(700)
            assert (tab.outside, tab.dialogs, tab.page.evaluate("window.ran")) == ([], [], None), some
            tab.page.close()


@pytest.mark.filterwarnings("ignore:A `<script>` tag was found")
def test_without_both_fences_the_same_texts_do_run_and_fetch_in_every_place(
    monkeypatch: pytest.MonkeyPatch, stage: Stage, open_tab: OpenTab
) -> None:
    without_the_filter(monkeypatch)
    with stage(FakeDesk()) as server:
        tab = open_tab(server, expect_trouble=True, bypass_csp=True)
        for place, page in in_every_place(EXECUTE[1]):
            before = tab.page.evaluate("window.ran || 0")
            tab.page.evaluate(PUT_IN, [(place, page)])
            tab.page.wait_for_function("before => (window.ran || 0) > before", arg=before)
        assert tab.dialogs
        for payload in FETCH:
            tab.page.evaluate(PUT_IN, in_every_place(payload))
        fetched = {"/img", "/srcset", "/poster", "/link.css", "/import.css", "/style", "/frame", "/svg"}
        tab.until(lambda: fetched <= {url.removeprefix(OUT) for url in tab.outside})


@pytest.mark.filterwarnings("ignore:A `<script>` tag was found")
def test_without_both_fences_they_do_while_the_page_is_used(
    monkeypatch: pytest.MonkeyPatch, stage: Stage, open_tab: OpenTab
) -> None:
    without_the_filter(monkeypatch)
    desk = FakeDesk()
    with stage(desk) as server:
        tab = open_tab(server, expect_trouble=True, bypass_csp=True)
        says_unfiltered(desk, *FETCH, *EXECUTE[1:6])
        tab.ask("Hostile?")
        tab.until(lambda: bool(tab.dialogs) and f"{OUT}/img" in tab.outside)


def test_a_file_dropped_beside_a_field_does_not_leave_the_page(seeded: Desk, open_tab: OpenTab) -> None:
    tab = open_tab(seeded.server)
    prevented = tab.page.evaluate(
        """() => {
            const carried = new DataTransfer();
            carried.items.add(new File(["x"], "x.html", {type: "text/html"}));
            const drop = new DragEvent("drop", {bubbles: true, cancelable: true, dataTransfer: carried});
            document.querySelector("#bar").dispatchEvent(drop);
            return drop.defaultPrevented;
        }"""
    )
    assert prevented


@_payloads
def test_the_poisoned_articles_really_carry_every_payload(poisoned: Poisoned) -> None:
    stored = " ".join(f"{article.title} {article.text}" for article in poisoned.extractive.desk.articles())
    assert "window.ran" in stored
    assert f"{OUT}/" in stored
