"""A real Chromium, a real server, a library made of the starter articles, and watched tabs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Request, sync_playwright

from assistant import Assistant
from tests.scripted_server import ScriptedServer
from tests.ui.fake_desk import FakeDesk
from tests.ui.served import Served, served
from ui.access.login import LOCAL

SEEDS = Path(__file__).parents[2] / "seeds"
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    # One process draws all pages of a server: to start another costs as much as many a test.
    "--process-per-site", "--disable-site-isolation-trials",
    "--disable-features=BackForwardCache,SpareRendererForSitePerProcess,SitePerProcess,IsolateOrigins",
)  # fmt: skip

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = os.environ.get("ARTICLE_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")  # no longer: Playwright keeps an event loop running in the tests' thread
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        missing = "Chromium is not on this machine, so the page was NOT tested. Install it, or set ARTICLE_CHROMIUM."
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield chromium
        chromium.close()


@dataclass
class Tab:
    """One tab and everything that should not have happened in it."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def ask(self, question: str) -> None:
        self.page.fill("#question textarea", question)
        self.page.keyboard.press("Enter")

    def answered(self) -> None:
        """Wait until the latest answer is whole."""
        self.page.wait_for_selector("#current .meta")

    def until(self, true: Callable[[], bool]) -> None:
        """Wait for what the page itself does not tell."""
        while not true():
            self.page.wait_for_timeout(50)

    def open_library(self) -> None:
        self.show("library")
        self.page.wait_for_selector("#articles .shelved")

    def show(self, view: str) -> None:
        """Change the view, from behind the menu where the screen is narrow."""
        if self.page.locator("#menu").is_visible():
            self.page.click("#menu")
        self.page.click(f"button.view[data-view={view}]")

    def open_source(self, place: int = 0) -> Any:
        """Press a chip of the latest answer; the pane with its article."""
        self.page.locator("#current button.chip").nth(place).click()
        self.page.wait_for_selector("#pane .reader")
        return self.page.locator("#pane")

    def upload(self, *files: dict[str, Any]) -> None:
        self.page.set_input_files("#library-view input[type=file]", list(files))
        self.page.wait_for_selector("#report .report")

    @property
    def words(self) -> str:
        said: str = self.page.inner_text("body")
        return said


OpenTab = Callable[..., Tab]


class Contexts:
    """Contexts of the browser, used by one tab at a time and emptied between two: their caches of scripts are kept.

    Without them Chromium compiles the page's scripts for each tab anew, which is half of what a test costs.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: dict[str, list[BrowserContext]] = {}

    def take(self, options: dict[str, Any]) -> BrowserContext:
        free = self._free.setdefault(repr(sorted(options.items())), [])
        context = free.pop() if free else self._browser.new_context(reduced_motion="reduce", **options)
        context.set_default_timeout(300_000)  # ends what hangs, never what is slow
        return context

    def give_back(self, options: dict[str, Any], context: BrowserContext, address: str) -> None:
        first, *others = context.pages
        for page in others:
            page.close()
        first.goto("about:blank")
        first.emulate_media(color_scheme="null", reduced_motion="reduce")
        session = context.new_cdp_session(first)
        stored = {"origin": address, "storageTypes": "local_storage,indexeddb,service_workers,cache_storage"}
        session.send("Storage.clearDataForOrigin", stored)
        session.detach()
        context.clear_cookies()
        self._free[repr(sorted(options.items()))].append(context)


@pytest.fixture(scope="package")
def contexts(browser: Browser) -> Contexts:
    return Contexts(browser)


@pytest.fixture
def open_tab(contexts: Contexts) -> Iterator[OpenTab]:
    """Opens tabs, each in a context of its own. No request of theirs may try to leave for another host."""
    tabs: list[Tab] = []
    taken: list[tuple[dict[str, Any], BrowserContext, str]] = []
    heard = ExitStack()

    def open_one(server: Served, *, expect_trouble: bool = False, enter: bool = True, **options: Any) -> Tab:
        viewport = options.pop("viewport", {"width": 1280, "height": 800})
        context = contexts.take(options)
        if expect_trouble:  # whatever ran in it is still at work
            heard.callback(context.close)
        else:
            taken.append((options, context, server.address))
        tab = Tab(context.pages[0] if context.pages else context.new_page())
        tab.page.set_viewport_size(viewport)

        def is_outside(request: Request) -> bool:
            if request.url.startswith((server.address + "/", "data:", "blob:")):
                return False
            tab.outside.append(request.url)
            return True

        def hear(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning"):
                tab.complaints.append(message.text)

        def dismiss(dialog: Dialog) -> None:
            tab.dialogs.append(dialog.message)
            dialog.dismiss()

        hearing: dict[Any, Any] = {
            "console": hear,
            "pageerror": lambda error: tab.complaints.append(str(error)),
            "dialog": dismiss,
        }
        if expect_trouble:  # a request that the policy stops is none, but has its event
            tab.page.route("**/*", lambda route: route.abort() if is_outside(route.request) else route.continue_())
        else:
            hearing["request"] = is_outside
            tabs.append(tab)
            leave = partial(tab.page.goto, "about:blank")
            server.before_the_end.append(leave)
            heard.callback(server.before_the_end.remove, leave)
        for event, hears in hearing.items():
            tab.page.on(event, hears)
            heard.callback(tab.page.remove_listener, event, hears)
        tab.page.goto(server.address)
        if enter:
            tab.page.wait_for_selector("#side-head button", state="attached")
        return tab

    yield open_one
    for tab in tabs:
        assert tab.outside == []
        assert tab.dialogs == []
        assert tab.complaints == []
    heard.close()
    for options, context, address in taken:
        contexts.give_back(options, context, address)


class _Standing:
    """Stands for whichever desk a test has put behind the page."""

    def __init__(self, desk: FakeDesk) -> None:
        self.current = desk

    def __getattr__(self, name: str) -> Any:
        return getattr(self.current, name)


Stage = Callable[[FakeDesk], AbstractContextManager[Served]]


@pytest.fixture(scope="package")
def stage() -> Iterator[Stage]:
    """One server for many made-up desks, one after the other: to start one takes longer than most tests."""
    first = FakeDesk()
    standing = _Standing(first)
    with served(standing) as server:

        @contextmanager
        def put(desk: FakeDesk) -> Iterator[Served]:
            standing.current = desk
            store, user = server.page.store, LOCAL.name
            for kept in store.conversations(user):
                store.delete(user, kept.id)
            yield server

        yield put


@dataclass(frozen=True)
class Desk:
    """A served library, and the desk behind it."""

    server: Served
    desk: Assistant


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The starter articles and the writer that needs no model."""
    with Assistant.open(tmp_path_factory.mktemp("seeded")) as desk:
        report = desk.add([SEEDS])
        assert report.count("added") >= 30
        with served(desk) as server:
            yield Desk(server, desk)


@pytest.fixture(scope="session")
def model() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


def open_with_model(folder: Path, model: ScriptedServer) -> Assistant:
    """A desk whose answers are written by the scripted model."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", "scripted")
        patch.setenv("OPENAI_BASE_URL", model.url)
        patch.setenv("ASSISTANT_MODEL", "openai:scripted")
        patch.setenv("ASSISTANT_SUGGEST", "off")  # else its requests would play the scenes of a test
        patch.setenv("ASSISTANT_FIRST_TOKEN_SECONDS", "600")
        patch.setenv("ASSISTANT_ANSWER_SECONDS", "600")
        return Assistant.open(folder)


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory, model: ScriptedServer) -> Iterator[Desk]:
    """A few starter articles and the scripted model."""
    with open_with_model(tmp_path_factory.mktemp("written"), model) as desk:
        desk.add([SEEDS / "space"])
        with served(desk) as server:
            yield Desk(server, desk)
