"""Asking for the genre as a person does: drop, read the word and its course, open the chromagram, correct it."""

import json
import re
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ml.genre.classes import CLASSES
from tests.e2e.conftest import Tab, until
from tests.e2e.looks import serious, shoot, unfold

DROP = """async ([name, type, base64]) => {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const carried = new DataTransfer();
  carried.items.add(new File([bytes], name, { type }));
  const zone = document.querySelector("[data-drop]");
  const how = { dataTransfer: carried, bubbles: true, cancelable: true };
  for (const kind of ["dragover", "drop"]) zone.dispatchEvent(new DragEvent(kind, how));
}"""

HALVED = """() => {
  const half = +document.querySelector("[data-viewer]").dataset.duration / 2;
  for (const run of document.querySelectorAll(".run")) run.dataset.to = Math.min(run.dataset.to, half);
}"""
ENDS = """() => Math.max(...[...document.querySelectorAll(".run:not([hidden])")]
  .map((run) => parseFloat(run.getAttribute("x")) + parseFloat(run.getAttribute("width"))))"""


def drop(tab: Tab, path: Path, *, ask: str) -> None:
    """A file on the drop zone, with the choice made before."""
    tab.page.goto("/")
    tab.page.check(f"[name=tasks][value='{ask}']", force=True)
    tab.page.evaluate(DROP, [path.name, "audio/flac", b64encode(path.read_bytes()).decode()])
    tab.page.wait_for_selector("[data-result] .facts")


def answer_of(tab: Tab) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(tab.page.request.get(f"{tab.page.url}.json").body())
    return found


def test_a_dropped_file_is_asked_for_its_genre_and_answers_with_a_course(
    tab: Tab, tracks: dict[str, Path]
) -> None:
    drop(tab, tracks["lossless.flac"], ask="genre")
    page, answer = tab.page, answer_of(tab)
    genre = answer["genre"]
    assert (answer["tasks"], answer["quality"]) == (["genre"], None)
    assert genre["label"] in CLASSES
    assert page.inner_text("h1") == genre["sentence"]
    page.wait_for_selector(".viewer.is-alive")
    strip = page.locator(".course-strip")
    assert strip.get_attribute("aria-label").startswith("Genre over the song: 0:00 to")  # type: ignore[union-attr]
    plot, drawn = (page.locator(one).bounding_box() for one in ("[data-plot]", ".course-strip"))
    assert plot is not None
    assert drawn is not None
    assert drawn["y"] >= plot["y"] + plot["height"] - 1, "below the picture"
    page.click("text=The course over the song in words")
    rows = page.locator("#genre .grid-plain tbody").first.locator("tr")
    assert rows.count() == page.locator(".run").count() >= 1
    assert page.locator("#genre .genre-near tbody tr").count() == len(genre["neighbours"]) > 0
    assert re.search(r"Trained on the sound of \d+ songs", page.inner_text("#genre"))


def test_the_strip_follows_the_zoom(tab: Tab, tracks: dict[str, Path]) -> None:
    """Cut off at the half, it fills the left half of the middle half."""
    drop(tab, tracks["lossless.flac"], ask="genre")
    page = tab.page
    page.wait_for_selector(".viewer.is-alive")
    page.evaluate(HALVED)
    page.keyboard.press("+")
    until(lambda: page.evaluate(ENDS) == pytest.approx(50, abs=0.1))
    page.keyboard.press("ArrowRight")
    until(lambda: page.evaluate(ENDS) == pytest.approx(40, abs=0.1))
    page.keyboard.press("0")
    until(lambda: page.evaluate(ENDS) == pytest.approx(50, abs=0.1))


def test_the_chromagram_comes_when_it_is_opened(tab: Tab, tracks: dict[str, Path]) -> None:
    asked: list[str] = []
    tab.page.on("request", lambda request: asked.append(request.url))
    drop(tab, tracks["lossless.flac"], ask="genre")
    page = tab.page
    page.wait_for_selector(".viewer.is-alive")
    assert not any("chromagram" in url for url in asked)
    page.click(".chroma summary")
    until(lambda: page.locator("[data-chroma]").evaluate("image => image.naturalWidth") > 0)


def test_who_asked_for_one_can_ask_for_the_other(tab: Tab, tracks: dict[str, Path]) -> None:
    drop(tab, tracks["lossless.flac"], ask="quality")
    page, first = tab.page, tab.page.url
    assert page.locator("#genre").count() == 0
    page.click("text=Ask for the genre too")
    page.wait_for_url(lambda url: "/s/" in url and url != first)
    page.wait_for_selector("[data-result] .facts")
    answer = answer_of(tab)
    assert answer["quality"]
    assert answer["genre"]
    page.click("[data-label-genre] [data-wrong] summary")
    page.select_option("[data-label-genre] [data-truth]", "reggae")
    page.select_option("[data-label-genre] [name=basis]", "heard")
    page.click("[data-label-genre] >> text=Say so")
    page.wait_for_selector("[data-label-genre] >> text=You said: reggae")
    assert [(said["task"], said["label"]) for said in answer_of(tab)["labels"]] == [("genre", "reggae")]


def test_without_script_one_chooses_sends_and_reads(
    open_tab: Callable[..., Tab], tracks: dict[str, Path]
) -> None:
    tab = open_tab(java_script_enabled=False)
    page = tab.page
    page.goto("/")
    page.check("[name=tasks][value='genre']", force=True)
    page.set_input_files("#file", tracks["lossless.flac"])
    page.click("text=Send")
    page.wait_for_selector(".facts")
    assert page.inner_text("h1") == answer_of(tab)["genre"]["sentence"]
    assert page.locator(".course-strip").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_serious_and_nothing_overflows(
    width: int, scheme: str, open_tab: Callable[..., Tab], tracks: dict[str, Path]
) -> None:
    tab = open_tab(viewport={"width": width, "height": 844}, color_scheme=scheme)
    drop(tab, tracks["lossless.flac"], ask="quality,genre")
    page = tab.page
    page.wait_for_selector(".viewer.is-alive")
    unfold(page)
    shoot(page, f"genre-{width}-{scheme}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert serious(page)[0] == []
