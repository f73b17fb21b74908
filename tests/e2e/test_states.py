"""Refused, failed, deleted, hostile: each with its sentence, and nothing of a file's is ever run."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ml.encode import encode
from ml.examples import SR, TUNES, piece
from tests.e2e.conftest import Tab, until

PASTE = """(bytes) => {
  const carried = new DataTransfer();
  carried.items.add(new File([new Uint8Array(bytes)], "pasted.png", { type: "image/png" }));
  window.dispatchEvent(new ClipboardEvent("paste", { clipboardData: carried }));
}"""


def test_what_is_no_sound_says_so(tab: Tab, tmp_path: Path) -> None:
    (tmp_path / "letter.mp3").write_text("Dear reader, this is not music. " * 100)
    tab.expected.append("415")
    tab.page.goto("/")
    tab.page.set_input_files("#file", tmp_path / "letter.mp3")
    tab.page.wait_for_selector("[data-queue-rows] >> text=No sound was found")


def test_a_broken_file_fails_with_a_reason_and_a_next_step(
    tab: Tab, tmp_path: Path, tracks: dict[str, Path]
) -> None:
    (tmp_path / "half.flac").write_bytes(tracks["lossless.flac"].read_bytes()[:60])
    tab.page.goto("/")
    tab.page.set_input_files("#file", tmp_path / "half.flac")
    tab.page.wait_for_selector("[data-result] .facts")
    assert "could not be measured" in tab.page.inner_text("h1")
    assert len(tab.page.inner_text(".confidence")) > 20
    assert tab.page.locator("text=Send another file").is_visible()


def test_cancelling_what_still_waits(tab: Tab, tracks: dict[str, Path]) -> None:
    page = tab.page
    page.goto("/")
    page.set_input_files("#file", list(tracks.values()) * 2)
    until(lambda: page.locator("[data-queue-rows] a").count() == 2 * len(tracks))
    last = page.locator("[data-queue-rows] li").last
    assert last.locator("progress").count() == 1
    page.goto(last.locator("a").get_attribute("href") or "")
    page.click("[data-cancel] button")
    page.wait_for_selector("h1:has-text('Cancelled')")
    page.wait_for_selector("[data-send-again]")


def test_a_pasted_picture_is_sent(tab: Tab, root: Path) -> None:
    page = tab.page
    page.goto("/")
    page.evaluate(PASTE, list((root / "static/examples/spectrogram.png").read_bytes()))
    page.wait_for_selector("[data-result] .facts")
    assert "Not judged yet" in page.inner_text("h1")
    assert page.locator(".sent-picture").evaluate("image => image.naturalWidth") > 100


def test_what_was_deleted_is_gone(tab: Tab, tracks: dict[str, Path]) -> None:
    page = tab.page
    page.goto("/")
    page.set_input_files("#file", tracks["lossless.flac"])
    page.wait_for_selector("[data-result] .facts")
    address = page.url
    page.click("summary:has-text('Delete')")
    page.click("text=Delete it")
    page.wait_for_selector("text=Deleted: lossless.flac")
    tab.expected.append("404")
    assert page.goto(address).status == 404  # type: ignore[union-attr]
    assert "may have been deleted" in page.inner_text("main")


@pytest.mark.parametrize(
    "name",
    [
        "<img src=x onerror=alert(1)>.mp3",
        "'\"><script>alert(1)</script>.mp3",
        "{{ 7*7 }}.mp3",
        "ﷺ\u202egpj.mp3",
    ],
)
def test_a_hostile_name_is_only_text(name: str, open_tab: Callable[..., Tab], hostile: bytes) -> None:
    tab = open_tab()
    page = tab.page
    page.goto("/")
    page.set_input_files("#file", {"name": name, "mimeType": "audio/mpeg", "buffer": hostile})
    page.wait_for_selector("[data-result] .facts")
    assert "49" not in page.inner_text(".verdict-file")
    assert page.locator("main script:not([type='application/json']), main img[src=x]").count() == 0
    page.goto("/mine")
    assert page.locator("main script, main img").count() == 0


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """An MP3 whose every tag is a script."""
    from mutagen.id3 import ID3, TALB, TENC, TIT2, TPE1, TSSE

    path = tmp_path_factory.mktemp("hostile") / "tags.mp3"
    path.write_bytes(encode(piece(TUNES["dusk"]), sr=SR, label="mp3-320"))
    tags = ID3()
    for frame in (TIT2, TPE1, TALB, TENC, TSSE):
        tags.add(frame(encoding=3, text=["\"><script>alert('tag')</script><img src=x onerror=alert(2)>"]))
    tags.save(path)
    return path.read_bytes()


def test_an_unknown_address_speaks_kindly(tab: Tab) -> None:
    tab.expected.append("404")
    tab.page.goto("/s/<script>alert(1)</script>")
    assert tab.page.locator("h1").inner_text() != ""
    assert tab.page.locator("text=Send a track").is_visible()
