"""From the drop zone to a recorded label, as a person does it."""

import json
from pathlib import Path

from tests.e2e.conftest import Tab, until

COLOURS = """() => {
  const canvas = document.querySelector("[data-plot]"), pixels = canvas.getContext("2d");
  const seen = new Set();
  for (let x = 100; x < canvas.width - 200; x += 7)
    for (let y = 20; y < canvas.height - 40; y += 7) seen.add(pixels.getImageData(x, y, 1, 1).data.join());
  return seen.size;
}"""


def _send(tab: Tab, path: Path) -> None:
    tab.page.goto("/")
    tab.page.set_input_files("#file", path)
    tab.page.wait_for_selector("[data-result] .facts")


def test_a_track_gets_its_verdict_spectrogram_and_label(tab: Tab, tracks: dict[str, Path]) -> None:
    _send(tab, tracks["was-128.flac"])
    page = tab.page
    assert "128 kbps" in page.inner_text("h1")
    assert [box.strip() for box in page.locator(".gen-box").all_inner_texts()][-2:] == ["MP3 ~128", "FLAC"]
    page.wait_for_selector(".viewer.is-alive")
    until(lambda: page.evaluate(COLOURS) > 50)
    page.click("[data-right]")
    page.wait_for_selector("text=You said")
    answer = json.loads(page.request.get(f"{page.url}.json").body())
    assert [(said["label"], said["basis"]) for said in answer["labels"]] == [("mp3-128", "agree")]
    assert answer["quality"]["verdict"] == "transcode"


def test_saying_what_it_is_instead(tab: Tab, tracks: dict[str, Path]) -> None:
    _send(tab, tracks["lossless.flac"])
    page = tab.page
    assert page.inner_text("h1").startswith("Genuinely lossless")
    page.click("[data-wrong] summary")
    page.select_option("[data-truth]", "aac-256")
    page.select_option("select[name=basis]", "own")
    page.click("text=Say so")
    assert "256 kbps (AAC)" in page.inner_text("[data-region=label] strong")


def test_the_browser_plays_its_own_copy(tab: Tab, tracks: dict[str, Path]) -> None:
    _send(tab, tracks["lossless.flac"])
    page = tab.page
    page.wait_for_selector("[data-player]:not([hidden])")
    page.click("[data-play]")
    until(lambda: page.inner_text("[data-time]") != "0:00")
    assert page.get_attribute("[data-play]", "aria-label") == "Pause"


def test_somebody_else_reads_but_can_neither_play_nor_label(
    open_tab,
    answered: dict[str, str],  # type: ignore[no-untyped-def]
) -> None:
    page = open_tab().page
    page.goto(answered["path"])
    page.wait_for_selector(".viewer.is-alive")
    assert page.locator("[data-player]").is_hidden()
    assert page.locator("[data-region=label] form, form[action$=delete]").count() == 0


def test_three_examples_answer_on_one_click(tab: Tab) -> None:
    page = tab.page
    expected = {"lossless": "Genuinely lossless", "dressed-up": "128 kbps", "picture": "Not judged yet"}
    for name, verdict in expected.items():
        page.goto("/")
        page.click(f"form[action$='/{name}'] button")
        page.wait_for_selector("[data-result] .facts")
        assert verdict in page.inner_text("h1")


def test_many_files_become_rows_and_a_table(tab: Tab, tracks: dict[str, Path]) -> None:
    page = tab.page
    page.goto("/")
    page.set_input_files("#file", list(tracks.values()))
    rows = page.locator("[data-queue-rows] > li")
    assert rows.count() == len(tracks)
    for name in tracks:
        rows.filter(has_text=name).locator("text=/lossless|kbps/i").nth(0).wait_for()
    until(lambda: rows.locator("progress").count() == 0)
    page.goto("/mine")
    assert page.locator("[data-row]").count() == len(tracks)
    page.fill("[data-filter]", "real-128")
    assert page.locator("[data-row]:visible").count() == 1
    page.fill("[data-filter]", "")
    page.click("th.col-file button")
    names = page.locator("[data-row] .col-file").all_inner_texts()
    assert names == sorted(tracks)
    assert page.request.get("/mine.csv").text().count("\n") == len(tracks) + 1


def test_kept_audio_can_be_taken_back(tab: Tab, tracks: dict[str, Path]) -> None:
    page = tab.page
    page.goto("/")
    page.check("[name=keep_audio]")
    page.set_input_files("#file", tracks["lossless.flac"])
    page.wait_for_selector("[data-result] .facts")
    assert "kept for the dataset" in page.inner_text(".facts")
    page.click("text=Take my audio back")
    page.wait_for_selector("text=deleted after measuring")
    assert page.locator("text=Take my audio back").count() == 0


def test_without_script(open_tab, tracks: dict[str, Path]) -> None:  # type: ignore[no-untyped-def]
    page = open_tab(java_script_enabled=False).page
    page.goto("/")
    page.set_input_files("#file", tracks["was-128.flac"])
    page.click("text=Send")
    page.wait_for_selector(".facts")  # the waiting page refreshes itself
    assert "128 kbps" in page.inner_text("h1")
    assert page.locator("[data-still]").evaluate("image => image.naturalWidth") > 0
    page.click("text=That’s right")
    assert "You said" in page.inner_text("[data-region=label]")
