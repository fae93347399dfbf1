"""Pictures of every view, light and dark, wide and narrow: ``python -m tests.browser.screenshots FOLDER``.

The library is made of the starter articles; a scripted model writes one answer, so that doubts can be seen too.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from assistant import Assistant
from assistant.messages import Language, translator
from assistant.types import Answer, Disagreement, Side, Statement, Step, Usage
from tests.browser.conftest import ARGUMENTS, CHROMIUM, SEEDS, open_with_model
from tests.scripted_server import ScriptedServer, says
from tests.ui.fake_desk import FakeDesk, cite
from tests.ui.served import served
from vectorstore.types import Article, TimeScope

QUESTION = "How much did DART shorten the orbit of Dimorphos?"
SCOPED = "Who did Umerov meet in September 2024?"
WIDTHS = {1440: 900, 820: 1100, 390: 844}
ZOOMED = 720
"""What is left of 1440 pixels at 200 %."""
DOUBTFUL = (
    "DART shortened the orbit of Dimorphos by 32 minutes [1]. The team in Laurel had hoped for 45 minutes [1]. "
    "The mission was paid for by a lottery."
)


def ask(page: Page, question: str, ready: str = "#current .meta") -> None:
    page.fill("#question textarea", question)
    page.keyboard.press("Enter")
    page.wait_for_selector(ready)


def show(page: Page, view: str, ready: str) -> None:
    if page.locator("#menu").is_visible():
        page.click("#menu")
        page.wait_for_timeout(300)
    page.click(f"button.view[data-view={view}]")
    page.wait_for_selector(ready)


def differing_desk() -> FakeDesk:
    """An answer of several sources, of which two disagree and one has copies."""
    said = {
        date(2025, 3, 4): ("Harbour Post", "Flood in Quillhaven: 12 people were killed", "12 people were killed"),
        date(2025, 3, 6): ("Evening Courier", "Quillhaven counts its dead", "At least 17 people were killed"),
        date(2025, 3, 19): ("Coast Radio", "A dam report names the cause", "the spillway was blocked by timber"),
    }
    articles = [
        Article(
            id=str(number), title=title, published=day, source=outlet, added=datetime(2025, 4, 1, tzinfo=UTC),
            text=f"The river rose within an hour.\n\nThe council said that {quote} in the valley.\n\nHelp has come.",
        )
        for number, (day, (outlet, title, quote)) in enumerate(said.items())
    ]  # fmt: skip
    cited = tuple(
        cite(number, article, quote)
        for number, (article, (_, _, quote)) in enumerate(zip(articles, said.values(), strict=True), 1)
    )
    desk = FakeDesk(articles)
    desk.library.carried = {"1": (replace(articles[1], id="x", source="Valley Gazette"),)}
    desk.can_look_deeper = True
    within = TimeScope(since=date(2025, 3, 1), words=("in March",))
    desk.finished = Answer(
        question="How many people were killed by the flood?",
        text="At least 17 people were killed in the valley [2]; two days before, 12 had been counted [1]. "
        "The spillway was blocked by timber [3].",
        statements=(Statement("The spillway was blocked by timber.", (3,), "verified", repaired=(3,)),),
        citations=cited,
        scope=within,
        model="openai:gpt-4.1-mini",
        disagreements=(
            Disagreement(
                "people were killed", "update", (Side("12 people", cited[0]), Side("At least 17 people", cited[1]))
            ),
        ),
        trail=(
            Step("search", "people killed by the flood", within, tuple(articles)),
            Step("search", "cause of the flood, spillway", replace(within, since=date(2025, 3, 10)), (articles[2],)),
            Step("read", "what blocked the spillway", within, (articles[2],)),
            Step("search", "warnings before the flood", within, (), "Nothing was found there."),
        ),
        usage=Usage(2_100, 90, 0.0011),
        seconds_search=0.1,
        seconds_write=1.6,
    )
    return desk


@dataclass(frozen=True)
class Look:
    """How a reader looks at the page."""

    scheme: Literal["light", "dark"]
    width: int
    height: int
    language: Language = "en"

    @property
    def name(self) -> str:
        return "-".join((self.scheme, str(self.width), *([] if self.language == "en" else [self.language])))

    def context(self, browser: Browser) -> BrowserContext:
        return browser.new_context(
            viewport={"width": self.width, "height": self.height},
            color_scheme=self.scheme,
            locale="uk-UA" if self.language == "uk" else "en-GB",
            device_scale_factor=2 if self.width == ZOOMED else 1,
        )


SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
LOOKS = (
    *(Look(scheme, width, height) for scheme in SCHEMES for width, height in WIDTHS.items()),
    *(Look("light", width, WIDTHS[width], "uk") for width in (1440, 390)),
    Look("light", ZOOMED, 450),
)


def take(browser: Browser, folder: Path, addresses: tuple[str, str, str, str], slow: Callable[[bool], None]) -> None:
    """Every view in every look. ``slow`` makes the model stop halfway, or not."""
    plain, modelled, differing, empty = addresses
    for look in LOOKS:
        context = look.context(browser)
        page = context.new_page()
        words = translator(look.language)

        def shoot(name: str, look: Look = look, page: Page = page) -> None:
            page.wait_for_timeout(500)
            page.screenshot(path=folder / f"{look.name}-{name}.png")

        page.goto(plain)
        page.wait_for_selector(".welcome")
        shoot("01-welcome")
        ask(page, QUESTION)
        shoot("02-answer")
        page.locator("#current button.chip").first.hover()
        shoot("03-peek")
        page.locator("#current button.chip").first.click()
        page.wait_for_selector("#pane .text")
        shoot("04-source")
        page.keyboard.press("Escape")
        ask(page, SCOPED, "#past .turn")
        page.wait_for_selector("#current .meta")
        shoot("05-scope")
        page.locator(".next .outlets summary").click()
        shoot("06-outlets")
        page.keyboard.press("Escape")
        ask(page, "Which spices belong in a Madras curry?", "#current .abstained")
        shoot("07-abstained")
        show(page, "library", "#articles .shelved")
        shoot("08-library")
        files = [("ferry.txt", b"The ferry Bluebell sailed on 4 March 2025."), ("empty.txt", b"")]
        page.set_input_files(
            "#library-view input[type=file]",
            [{"name": name, "mimeType": "text/plain", "buffer": body} for name, body in files],
        )
        page.wait_for_selector("#report .report")
        shoot("09-added")
        page.goto(modelled)
        page.wait_for_selector(".welcome")
        slow(True)
        ask(page, QUESTION, "#current .answer:has-text('hoped')")
        shoot("10-writing")
        page.get_by_role("button", name=words.gettext("Stop")).click()
        page.wait_for_selector("#current .meta")
        shoot("11-stopped")
        slow(False)
        ask(page, QUESTION, "#past .turn")
        page.wait_for_selector("#current .verdict")
        shoot("12-doubts")
        page.goto(differing)
        ask(page, "How many people were killed by the flood?")
        shoot("13-differing")
        page.locator("#current .trail summary").click()
        page.locator("#current .trail").scroll_into_view_if_needed()
        shoot("14-trail")
        page.locator("#current button.chip").last.hover()
        shoot("15-corrected")
        page.goto(empty)
        page.wait_for_selector(".first-steps")
        shoot("16-empty")
        context.close()


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place, ScriptedServer() as model, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        words = [word + " " for word in DOUBTFUL.split()]

        def slow(wanted: bool) -> None:
            model.plays(says(words, pause=0.25) if wanted else says(DOUBTFUL))

        with Assistant.open(Path(place, "plain")) as plain, open_with_model(Path(place, "modelled"), model) as modelled:
            plain.add([SEEDS])
            modelled.add([SEEDS])
            with (
                served(plain) as first,
                served(modelled) as second,
                served(differing_desk()) as third,
                served(FakeDesk([])) as fourth,
            ):
                take(browser, folder, (first.address, second.address, third.address, fourth.address), slow)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
