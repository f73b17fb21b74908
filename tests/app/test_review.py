"""The reviewers' queue: what comes first, nothing twice, blind until answered, undone step by step."""

import re
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.admin import switches
from app.context import Context
from app.db import utcnow
from app.jobs.worker import Worker
from app.labels import review
from app.labels.tables import Label, Skip
from app.submissions.tables import Prediction
from ml.quality.classes import CLASSES
from ml.words import label_words
from tests.app.conftest import API, logged_in, send, token
from tests.app.fakes import wav

SONGS = 5
SURE = {label: 0.9 if label == "mp3-128" else 0.1 / 21 for label in CLASSES}
EVEN = dict.fromkeys(CLASSES, 1 / 22)


@pytest.fixture
def songs(owner: FlaskClient, worker: Worker, context: Context) -> list[str]:
    """The later ones are less certain to the model; the last one is undecided."""
    ids = []
    for n in range(SONGS):
        ids.append(send(owner, wav(seed=n), name=f"{n}.wav")["id"])
        worker.run_next()
    with context.database.write() as session:
        for n, id in enumerate(ids):
            row = session.scalars(select(Prediction).where(Prediction.submission_id == id)).one()
            share = n / SONGS
            mixed = {label: (1 - share) * SURE[label] + share * EVEN[label] for label in CLASSES}
            row.answer = {**row.answer, "probabilities": mixed}
            row.confidence = mixed["mp3-128"]
            row.verdict = "undecided" if n == SONGS - 1 else "transcode"
    return ids


@pytest.fixture
def rob(app: APIFlask) -> FlaskClient:
    """A second reviewer."""
    return logged_in(app, name="rob", role="reviewer")


def shown(client: FlaskClient) -> str | None:
    """Id of the song on the screen; None: nothing left."""
    page = client.get("/review")
    assert page.status_code == 200
    found = re.search(r'action="/review/([\w-]{22})" ', page.text)
    return found[1] if found else None


def answer(client: FlaskClient, id: str, label: str = "mp3-128", **more: str) -> Any:
    form = {"label": label, "sure": "sure", "basis": "look", "csrf_token": token(client, "/review")}
    return client.post(f"/review/{id}", data=form | more)


def act(client: FlaskClient, what: str, **form: str) -> Any:
    return client.post(f"/review/{what}", data=form | {"csrf_token": token(client, "/review")})


def test_what_the_model_knows_least_comes_first(reviewer: FlaskClient, songs: list[str]) -> None:
    seen = []
    while (id := shown(reviewer)) is not None:
        seen.append(id)
        assert answer(reviewer, id).status_code == 303
    assert seen == songs[::-1]
    assert "Nothing is left" in reviewer.get("/review").text


def test_where_people_differ_comes_before_everything(
    reviewer: FlaskClient, rob: FlaskClient, owner: FlaskClient, songs: list[str]
) -> None:
    owner.post(f"{API}/{songs[1]}/labels", json={"task": "quality", "label": "lossless", "basis": "own"})
    assert shown(reviewer) == songs[1]  # the model says something else
    owner.post(f"{API}/{songs[0]}/labels", json={"task": "quality", "label": "mp3-128", "basis": "own"})
    answer(rob, songs[0], "aac-256")
    assert shown(reviewer) == songs[0]


@pytest.mark.parametrize("deed", ["answer", "skip"])
def test_nothing_comes_twice(reviewer: FlaskClient, songs: list[str], deed: str) -> None:
    seen = set()
    for _ in songs:
        id = shown(reviewer)
        assert id not in seen
        assert id is not None
        seen.add(id)
        assert (answer(reviewer, id) if deed == "answer" else act(reviewer, f"{id}/skip")).status_code == 303
    assert shown(reviewer) is None


def test_two_reviewers_do_not_wait_for_each_other(
    reviewer: FlaskClient, rob: FlaskClient, songs: list[str]
) -> None:
    first = shown(reviewer)
    assert shown(rob) == first
    assert first is not None
    assert answer(reviewer, first).status_code == 303
    assert answer(rob, first, "lossless").status_code == 303
    assert first not in (shown(reviewer), shown(rob))


def test_what_is_settled_is_not_asked(
    reviewer: FlaskClient, rob: FlaskClient, app: APIFlask, songs: list[str]
) -> None:
    for client in (reviewer, rob):
        answer(client, songs[4])
    assert shown(logged_in(app, name="ray", role="reviewer")) == songs[3]


def test_undo_goes_back_step_by_step(reviewer: FlaskClient, songs: list[str], context: Context) -> None:
    answer(reviewer, songs[4])
    act(reviewer, f"{songs[3]}/skip")
    answer(reviewer, songs[2])
    for id in (songs[2], songs[3], songs[4]):
        back = act(reviewer, "undo")
        assert back.headers["Location"].endswith(f"song={id}")
        assert (
            re.search(r'action="/review/([\w-]{22})" ', reviewer.get(back.headers["Location"]).text)[1] == id
        )  # type: ignore[index]
    with context.database.read() as session:
        assert session.scalars(select(Skip)).all() == []
        assert [row.label for row in session.scalars(select(Label).order_by(Label.id))].count(None) == 2
    assert act(reviewer, "undo").status_code == 303  # nothing left, nothing broken
    assert shown(reviewer) == songs[4]


def test_undo_is_ones_own(
    reviewer: FlaskClient, rob: FlaskClient, songs: list[str], context: Context
) -> None:
    answer(reviewer, songs[4])
    act(rob, "undo")
    with context.database.read() as session:
        assert [row.label for row in session.scalars(select(Label))] == ["mp3-128"]


def test_the_model_is_hidden_until_one_has_answered(reviewer: FlaskClient, songs: list[str]) -> None:
    page = reviewer.get("/review").text
    assert "The model" not in page
    assert not re.search(r'data-pick="\d" checked', page)
    assert "data-cutoff" not in page
    assert 'name="basis"><option value="agree"' not in page
    answer(reviewer, songs[4], "aac-96")
    after = reviewer.get("/review").text
    assert "you said <strong>96 kbps (AAC)" in after
    assert "perhaps 128 kbps (LAME)" in after


def test_what_was_hidden_is_on_record(reviewer: FlaskClient, songs: list[str], context: Context) -> None:
    answer(reviewer, songs[4])
    act(reviewer, "blind")  # the box is not ticked: show it
    page = reviewer.get("/review").text
    assert "The model says" in page
    assert re.search(r'value="mp3-128" data-pick="\d" checked', page)
    answer(reviewer, songs[3])
    act(reviewer, "blind", blind="on")
    answer(reviewer, songs[2])
    with context.database.read() as session:
        assert [row.blind for row in session.scalars(select(Label).order_by(Label.id))] == [True, False, True]


def test_an_admin_sets_how_review_begins(
    context: Context, songs: list[str], reviewer: FlaskClient, rob: FlaskClient
) -> None:
    act(rob, "blind", blind="on")  # his own choice stays
    with context.database.write() as session:
        switches.change(session, "blind_review", "off", seen="on", by="account:root", now=utcnow())
    context.switches.forget()
    assert ["The model " in client.get("/review").text for client in (reviewer, rob)] == [True, False]


def test_the_order_of_the_keys_tells_nothing() -> None:
    one, other = (dict.fromkeys(CLASSES[:12], p) | {CLASSES[k]: 0.9} for k, p in ((3, 0.01), (7, 0.01)))
    keys = review.likeliest({"probabilities": one}, CLASSES)
    assert len(keys) == review.KEYS
    assert keys == sorted(keys, key=CLASSES.index)
    assert CLASSES[3] in keys
    assert CLASSES[7] in review.likeliest({"probabilities": other}, CLASSES)


def test_counts_of_the_day(reviewer: FlaskClient, songs: list[str]) -> None:
    answer(reviewer, songs[4])
    answer(reviewer, songs[3])
    act(reviewer, f"{songs[2]}/skip")
    page = reviewer.get("/review").text
    assert "<strong>2</strong> today, 1 skipped" in page
    assert f"{SONGS - 3} left" in page


def test_how_one_knows_is_remembered(reviewer: FlaskClient, songs: list[str]) -> None:
    answer(reviewer, songs[4], sure="likely", basis="ear")
    page = reviewer.get("/review").text
    assert '<option value="likely" selected>' in page
    assert '<option value="ear" selected>' in page


def test_another_class_is_taken_from_the_list(
    reviewer: FlaskClient, songs: list[str], context: Context
) -> None:
    answer(reviewer, songs[4], "mp3-128", other="wma-192")
    with context.database.read() as session:
        assert session.scalars(select(Label)).one().label == "wma-192"


def test_no_class_is_a_reason_in_words(reviewer: FlaskClient, songs: list[str]) -> None:
    assert answer(reviewer, songs[4], "").status_code == 422


def test_the_next_picture_is_known(reviewer: FlaskClient, songs: list[str]) -> None:
    page = reviewer.get("/review").text
    assert f'data-next="{API}/{songs[3]}/spectrogram.png"' in page
    assert f'data-src="{API}/{songs[4]}/spectrogram.png"' in page


def test_only_reviewers(
    owner: FlaskClient, outsider: FlaskClient, member: FlaskClient, songs: list[str]
) -> None:
    for client, status in ((owner, 302), (outsider, 302), (member, 403)):
        assert client.get("/review").status_code == status
    assert member.get("/api/v1/review").status_code == 403
    assert outsider.post(f"/api/v1/review/{songs[0]}/skip").status_code == 401


def test_the_same_for_programs(reviewer: FlaskClient, songs: list[str]) -> None:
    assert reviewer.get("/api/v1/review").get_json()["submissions"] == songs[::-1]
    assert reviewer.post(f"/api/v1/review/{songs[4]}/skip").status_code == 204
    assert reviewer.post("/api/v1/review/nothing/skip").status_code == 404
    assert reviewer.get("/api/v1/review").get_json()["submissions"] == songs[3::-1]
    assert reviewer.post("/api/v1/review/undo").get_json() == {"submission": songs[4]}
    assert reviewer.get("/api/v1/review?task=mood").status_code == 422


def test_an_admin_settles_on_the_page_and_by_program(
    admin: FlaskClient, reviewer: FlaskClient, rob: FlaskClient, songs: list[str]
) -> None:
    answer(reviewer, songs[4])
    answer(rob, songs[4], "lossless")
    for id in songs[:3]:
        answer(reviewer, id, "opus-96")
    page = admin.get("/admin/labels").text
    assert label_words("opus-96") in page
    ticked = re.findall(r'name="case" value="([^"]+)"', page)
    assert len(ticked) == 3
    form = {"csrf_token": token(admin, "/admin/labels")}
    assert admin.post("/admin/labels/accept", data=form | {"case": ticked[:2]}).status_code == 303
    seen = re.search(rf'/admin/labels/{songs[4]}".*?name="seen" value="([^"]+)"', page, re.DOTALL)
    assert seen is not None
    reject = form | {"seen": seen[1], "act": "reject", "why": ""}
    assert admin.post(f"/admin/labels/{songs[4]}", data=reject).status_code == 422
    assert admin.post(f"/admin/labels/{songs[4]}", data=reject | {"why": "a bootleg"}).status_code == 303
    assert admin.post(f"/admin/labels/{songs[4]}", data=reject | {"why": "a bootleg"}).status_code == 409
    (case,) = admin.get("/api/v1/decisions/open").get_json()["cases"]
    said = {"label": case["label"], "seen": case["seen"]}
    url = f"{API}/{case['submission']}/decision"
    assert reviewer.post(url, json=said).status_code == 403
    assert admin.post(url, json=said).get_json()["label"] == "opus-96"
    assert admin.post(url, json=said).status_code == 409
    assert admin.get("/api/v1/decisions/open").get_json() == {"cases": []}
