"""Pictures of every view, light and dark, wide and narrow: ``python -m tests.browser.screenshots FOLDER``.

The library is made of the starter articles; a scripted model writes one answer, so that doubts can be seen too.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from assistant import Assistant
from tests.browser.conftest import ARGUMENTS, CHROMIUM, SEEDS, open_with_model
from tests.scripted_server import ScriptedServer, says
from tests.ui.served import served
from ui import texts

WIDTHS = {1440: 900, 820: 1100, 390: 844}
DOUBTFUL = (
    "DART shortened the orbit of Dimorphos by 32 minutes [1]. The team in Laurel had hoped for 45 minutes [1]. "
    "The mission was paid for by a lottery."
)


def ask(page: Page, question: str, ready: str = "#current .meta") -> None:
    page.fill("#question textarea", question)
    page.keyboard.press("Enter")
    page.wait_for_selector(ready)


def take(browser: Browser, folder: Path, plain: str, modelled: str, slow: Callable[[bool], None]) -> None:
    """Every view in every look. ``slow`` makes the model stop halfway, or not."""
    for scheme in ("light", "dark"):
        for width, height in WIDTHS.items():
            context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
            page = context.new_page()

            def shoot(name: str, look: str = f"{scheme}-{width}", page: Page = page) -> None:
                page.wait_for_timeout(500)
                page.screenshot(path=folder / f"{look}-{name}.png")

            page.goto(plain)
            page.wait_for_selector(".welcome")
            shoot("1-welcome")
            ask(page, texts.EXAMPLES[0])
            shoot("2-answer")
            page.locator("#current button.chip").first.click()
            shoot("3-source")
            ask(page, "Which spices belong in a Madras curry?", "#current .abstained")
            shoot("4-abstained")
            page.get_by_role("tab", name=texts.LIBRARY).click()
            page.wait_for_selector("#articles table")
            shoot("5-library")
            files = [("ferry.txt", b"The ferry Bluebell sailed on 4 March 2025."), ("empty.txt", b"")]
            page.set_input_files(
                "#library-view input[type=file]",
                [{"name": name, "mimeType": "text/plain", "buffer": body} for name, body in files],
            )
            page.wait_for_selector("#report .report")
            shoot("6-added")
            page.goto(modelled)
            page.wait_for_selector(".welcome")
            slow(True)
            ask(page, texts.EXAMPLES[0], "#current .answer:has-text('hoped')")
            shoot("7-writing")
            page.get_by_role("button", name=texts.STOP).click()
            page.wait_for_selector("#current .meta")
            shoot("8-stopped")
            slow(False)
            ask(page, texts.EXAMPLES[0])
            page.wait_for_selector("#turn-2 .doubts")
            shoot("9-doubts")
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
            with served(plain) as first, served(modelled) as second:
                take(browser, folder, first.address, second.address, slow)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
