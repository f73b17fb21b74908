"""Both widths, both colour schemes, the keyboard, and what stands still."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Tab, until
from tests.e2e.looks import serious, shoot, unfold

SHIFT = """() => new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) sum += entry.value; })
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 300);
})"""


@pytest.fixture(params=["home", "answer", "mine", "gone", "login", "sign-up"])
def place(request: pytest.FixtureRequest, answered: dict[str, Any]) -> tuple[str, str]:
    paths = {"home": "/", "answer": answered["path"], "mine": "/mine", "gone": "/s/nothing-here"}
    paths |= {"login": "/login", "sign-up": "/sign-up"}
    return request.param, paths[request.param]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_serious_and_nothing_overflows(
    width: int, scheme: str, place: tuple[str, str], open_tab: Callable[..., Tab], answered: dict[str, Any]
) -> None:
    name, path = place
    tab = open_tab(
        viewport={"width": width, "height": 844}, color_scheme=scheme, storage_state=answered["state"]
    )
    tab.expected.append("404")
    page = tab.page
    page.goto(path)
    if name == "answer":
        page.wait_for_selector(".viewer.is-alive")
        unfold(page)
    shoot(page, f"{name}-{width}-{scheme}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    bad, kept = serious(page)
    assert bad == []
    assert kept > 10


def test_nothing_jumps_when_the_answer_comes(tab: Tab, tracks: dict[str, Path]) -> None:
    page = tab.page
    page.goto("/")
    page.set_input_files("#file", tracks["lossless.flac"])
    page.wait_for_url("**/s/*")
    page.wait_for_selector("[data-result] .facts")
    page.wait_for_selector(".viewer.is-alive")
    assert page.evaluate(SHIFT) < 0.05


def test_keys(open_tab: Callable[..., Tab], answered: dict[str, Any]) -> None:
    page = open_tab(color_scheme="light").page
    page.goto(answered["path"])
    page.wait_for_selector(".viewer.is-alive")
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.keyboard.press("s")
    page.wait_for_selector(".viewer[data-shown=S]")
    page.keyboard.press("p")
    assert page.input_value("[data-palette]") == "viridis"
    page.keyboard.press("g")
    assert not page.is_checked("[data-guides]")
    page.keyboard.press("]")
    assert page.input_value("[data-low]") == "-115"


def test_the_cursor_reads_hertz_seconds_and_decibels(
    open_tab: Callable[..., Tab], answered: dict[str, Any]
) -> None:
    page = open_tab().page
    page.goto(answered["path"])
    page.wait_for_selector(".viewer.is-alive")
    page.hover("[data-plot]", position={"x": 300, "y": 200})
    until(lambda: re.search(r"\d Hz .*:\d\d\.\d\d .*\d dBFS", page.inner_text("[data-readout]")))


def test_the_keyboard_alone_reaches_the_skip_link_and_the_file_picker(tab: Tab) -> None:
    tab.page.goto("/")
    tab.page.keyboard.press("Tab")
    assert tab.page.evaluate("document.activeElement.className") == "skip"
    tab.page.keyboard.press("Enter")
    tab.page.keyboard.press("Tab")
    assert tab.page.evaluate("document.activeElement.id") == "file"
