"""A real server, a real worker, a real browser. A test fails on any error that the page's console saw."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from ml.encode import decode, encode
from ml.examples import SR, TUNES, flac, piece
from tests.e2e.site import Site

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
]
PATIENCE_MS = 180_000
"""The first analysis of a worker compiles what it needs, and the machine may be busy."""


def until(true: Callable[[], object], *, seconds: float = PATIENCE_MS / 1000) -> None:
    """Playwright's own wait_for_function needs eval, which our pages forbid."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)


class Tab:
    """A page with what went wrong in it. ``expected`` holds parts of messages that a test provokes."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.wrong: list[str] = []
        self.expected: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("dialog", lambda dialog: (self.wrong.append(f"dialog: {dialog.message}"), dialog.dismiss()))

    def unexpected(self) -> list[str]:
        return [text for text in self.wrong if not any(part in text for part in self.expected)]

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.wrong.append(message.text)


@pytest.fixture(scope="session")
def site(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(root, tmp_path_factory.mktemp("site"))
    try:
        site.start()
        yield site
    finally:
        site.stop()


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def address(site: Site) -> str:
    """Of the site that tabs open; a file of tests may have a site of its own."""
    return site.url


@pytest.fixture
def open_tab(browser: Browser, address: str) -> Iterator[Callable[..., Tab]]:
    """Opens a browser of its own (cookies, storage) at the site; arguments as for a Playwright context."""
    contexts: list[BrowserContext] = []
    tabs: list[Tab] = []

    def open_one(**how: object) -> Tab:
        viewport = {"viewport": {"width": 1280, "height": 900}}
        context = browser.new_context(base_url=address, **{**viewport, **how})  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        tabs.append(Tab(context.new_page()))
        return tabs[-1]

    yield open_one
    wrong = [text for tab in tabs for text in tab.unexpected()]
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture
def tab(open_tab: Callable[..., Tab]) -> Tab:
    return open_tab()


@pytest.fixture(scope="session")
def tracks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Real files by name: a lossless, a 128 as it is, and the same 128 in FLAC."""
    folder = tmp_path_factory.mktemp("tracks")
    y = piece(TUNES["dusk"])
    once = encode(y, sr=SR, label="mp3-128")
    files = {
        "lossless.flac": flac(y),
        "real-128.mp3": once,
        "was-128.flac": flac(decode(once, depth="16")[0]),
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return {name: folder / name for name in files}


@pytest.fixture(scope="session")
def answered(browser: Browser, site: Site, tracks: dict[str, Path]) -> dict[str, object]:
    """One submission that is done, for tests that only look: its path, and the cookies of its sender."""
    context = browser.new_context(base_url=site.url)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto("/")
    page.set_input_files("#file", tracks["was-128.flac"])
    page.wait_for_selector("[data-result] .facts")
    found = {"path": page.url.removeprefix(site.url), "state": context.storage_state()}
    context.close()
    return found
