"""What reviewers and admins do by keys and buttons: review, import, retrain, compare, promote, roll back."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page

from ml.words import label_words
from tests.app.conftest import API, PASSWORD
from tests.app.fakes import wav
from tests.e2e.conftest import Tab, until
from tests.e2e.little import LittleSite

SONGS = 4


@pytest.fixture(scope="module")
def little(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LittleSite]:
    site = LittleSite(tmp_path_factory.mktemp("little"))
    try:
        site.start()
        yield site
    finally:
        site.stop()


@pytest.fixture
def address(little: LittleSite) -> str:
    return little.url


@pytest.fixture(scope="module")
def seeds() -> Iterator[int]:
    return iter(range(10_000))


@pytest.fixture
def songs(open_tab: Callable[..., Tab], seeds: Iterator[int]) -> list[str]:
    """New ones that are answered; the later ones are sent later."""
    page = open_tab().page
    page.goto("/")
    return [sent(page, next(seeds)) for _ in range(SONGS)]


def sent(page: Page, seed: int) -> str:
    file = {"name": f"song {seed}.wav", "mimeType": "audio/wav", "buffer": wav(seed=seed)}
    id: str = page.request.post(API, multipart={"file": file}).json()["id"]
    until(lambda: page.request.get(f"{API}/{id}").json()["status"] == "done")
    return id


def logged_in(tab: Tab, name: str) -> Page:
    page = tab.page
    page.goto("/login")
    page.fill("[name=name]", name)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda url: not url.endswith("/login"))
    return page


def labels(page: Page, id: str) -> list[str]:
    return [said["label"] for said in page.request.get(f"{API}/{id}").json()["labels"]]


def current(page: Page) -> str:
    """Id of the song on the screen."""
    return str(page.get_attribute("[data-answer]", "action")).rsplit("/", 1)[1]


def press(page: Page, key: str) -> str:
    """A key that leads to another song; its id."""
    with page.expect_navigation():
        page.keyboard.press(key)
    page.wait_for_selector(".viewer.is-alive")
    return current(page)


def test_a_reviewer_needs_nothing_but_keys(tab: Tab, songs: list[str]) -> None:
    page = logged_in(tab, "rita")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/review")
    page.wait_for_selector(".viewer.is-alive")
    first, following = current(page), str(page.get_attribute("[data-review]", "data-next"))
    assert {first, following.split("/")[4]} < set(songs)
    until(lambda: any(following in url for url in asked))
    page.keyboard.press("Enter")
    assert page.locator("[data-choose]").is_visible(), "nothing is chosen yet"
    for number in range(1, 10):
        page.keyboard.press(str(number))
        assert page.locator(":checked[data-pick]").get_attribute("data-pick") == str(number)
    page.keyboard.press("2")
    said = str(page.locator(":checked[data-pick]").get_attribute("value"))
    second = press(page, "Enter")
    assert second in following, "its picture was there before"
    assert labels(page, first) == [said]
    assert f"you said {label_words(said)}" in page.inner_text(".review-last")
    third = press(page, "s")
    assert "skipped" in page.inner_text(".review-last")
    assert len({first, second, third}) == 3
    assert press(page, "u") == second, "the skip is undone"
    assert press(page, "u") == first, "and the label"
    assert labels(page, first) == []


def test_a_sheet_is_tried_then_imported(tab: Tab, songs: list[str]) -> None:
    page = logged_in(tab, "root")
    rows = [f"{page.url.split('/admin')[0]}/s/{songs[0]},FLAC,192 kbps (LAME)", f"/s/{songs[1]},,V0"]
    rows += [f"/s/{songs[2]},,no idea", "elsewhere.png,,V0"]
    sheet = "\n".join(["Spectrogram,Meta_Label,New_Label", *rows]).encode()
    page.goto("/admin/exchange")
    page.set_input_files("[name=file]", {"name": "old.csv", "mimeType": "text/csv", "buffer": sheet})
    for button, title, stored in (("try", "What would happen", []), ("import", "Done", ["mp3-192"])):
        page.click(f"button[value={button}]")
        page.wait_for_selector(f"#report-title:has-text('{title}')")
        assert page.locator(".refused tbody tr").count() == 2
        assert page.locator("a[download='refused.csv']").count() == 1
        assert [labels(page, songs[0]), labels(page, songs[1])] == [stored, ["mp3-v0"] if stored else []]
    page.click("button[value=import]")
    page.wait_for_selector(".report-says:has-text('0 added, 2 known already')")
    assert labels(page, songs[0]) == ["mp3-192"], "the same sheet twice adds nothing"


def test_a_model_is_trained_compared_promoted_and_rolled_back(tab: Tab) -> None:
    page = logged_in(tab, "root")
    page.goto("/admin/models/")
    page.click("text=Retrain now")
    page.wait_for_selector("text=Made r1")  # the page follows by itself
    assert page.locator(".run-log li").count() >= 2
    page.click("text=Compare it with v0")
    assert "nothing got significantly worse" in page.inner_text(".verdict-line")
    assert page.locator(".matrix").count() == 2
    assert page.locator("a[href*='/s/song-']").count() > 0, "songs whose answer would change"
    page.fill("#why", "knows the strange encoder")
    page.click("button:has-text('Promote')")
    page.wait_for_selector(".flash:has-text('r1 is the champion now')")
    assert page.inner_text(".model-name").startswith("r1")
    page.click("summary:has-text('Roll back')")
    page.fill("[id^=back-]", "second thoughts")
    page.click("button:has-text('Roll back')")
    page.wait_for_selector(".flash:has-text('Back to v0')")
    assert page.inner_text(".model-name").startswith("v0")
    moves = page.locator("section:has(> h3:text('Who moved it')) tbody tr").all_inner_texts()
    assert "second thoughts" in moves[0]
    assert "knows the strange encoder" in moves[1]
