"""Send, wait, read: the way everybody goes."""

import json
from pathlib import Path

from flask.testing import FlaskClient
from sqlalchemy import select

from app.admin import switches
from app.context import Context
from app.db import utcnow
from app.jobs.worker import Worker
from app.schema import Job, Label, Prediction, StoredBlob, Submission
from ml.spectrogram.colormap import palette
from tests.app.conftest import API, get, send
from tests.app.fakes import DECLARED, QUALITY, FakeEngine, png, wav


def test_upload_job_answer(owner: FlaskClient, worker: Worker) -> None:
    sent = send(owner, name="song.wav", claim="mp3-320")
    waiting = get(owner, sent["id"])
    assert (waiting["status"], waiting["position"], waiting["quality"]) == ("queued", 1, None)
    assert waiting["progress"] == {"step": "queued", "fraction": 0.0}
    worker.run_next()
    done = get(owner, sent["id"])
    assert (done["status"], done["position"], done["error"]) == ("done", 0, None)
    assert done["quality"] == QUALITY
    assert done["declared"] == DECLARED
    assert (done["file"], done["claim"], done["kind"]) == ("song.wav", "mp3-320", "audio")
    assert done["model"] == {"quality": {"version": "q1", "feature_version": "f1"}}


def test_the_url_leads_to_the_page(owner: FlaskClient) -> None:
    sent = send(owner)
    assert sent["url"] == f"http://localhost/s/{sent['id']}"
    assert len(sent["id"]) >= 22
    assert sent["status"] == "queued"


def test_pictures_are_served_with_the_palette_asked_for(owner: FlaskClient, worker: Worker) -> None:
    id = send(owner)["id"]
    assert owner.get(f"{API}/{id}/spectrogram.png").status_code == 404
    worker.run_next()
    for name in ("spek", "viridis", "grey"):
        answer = owner.get(f"{API}/{id}/spectrogram.png?channel=M&palette={name}")
        assert answer.mimetype == "image/png"
        assert palette(name) in answer.data
    assert owner.get(f"{API}/{id}/spectrogram.png?channel=M").data == png(value=2)
    assert owner.get(f"{API}/{id}/card.png").mimetype == "image/png"
    assert owner.get(f"{API}/{id}/spectrogram.png?channel=Q").status_code == 422


def test_an_unchanged_answer_is_not_sent_again(owner: FlaskClient, worker: Worker) -> None:
    id = send(owner)["id"]
    first = owner.get(f"{API}/{id}")
    again = owner.get(f"{API}/{id}", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    worker.run_next()
    after = owner.get(f"{API}/{id}", headers={"If-None-Match": first.headers["ETag"]})
    assert after.status_code == 200


def test_same_bytes_are_measured_once_and_stay_private(
    owner: FlaskClient, outsider: FlaskClient, worker: Worker, engine: FakeEngine
) -> None:
    mine = send(owner, wav(seed=1), name="mine.wav")["id"]
    worker.run_next()
    theirs = send(outsider, wav(seed=1), name="theirs.wav")["id"]
    worker.run_next()
    assert len(engine.heard) == 1
    a, b = get(owner, mine), get(owner, theirs)
    assert a["quality"] == b["quality"]
    assert a["spectrogram"] == b["spectrogram"]
    assert (a["file"], b["file"]) == ("mine.wav", "theirs.wav")
    assert mine not in json.dumps(b)
    assert owner.delete(f"{API}/{mine}").status_code == 204
    assert outsider.get(f"{API}/{theirs}/spectrogram.png").status_code == 200


def test_the_same_bytes_are_measured_again_once_a_threshold_has_changed(
    owner: FlaskClient, context: Context, worker: Worker, engine: FakeEngine
) -> None:
    for turned in ("", "accuse", "audio_days"):  # the last one changes no answer
        if turned:
            with context.database.write() as session:
                switches.change(session, turned, "1", seen="0", by="account:root", now=utcnow())
        for _ in range(2):
            send(owner, wav(seed=1))
            worker.run_next()
    assert len(engine.heard) == 2


def test_audio_goes_after_the_analysis_unless_it_may_stay(
    owner: FlaskClient, worker: Worker, context: Context, settings: object
) -> None:
    gone, kept = wav(seed=1), wav(seed=2)
    send(owner, gone)
    kept_id = send(owner, kept, keep_audio="true")["id"]
    assert {gone, kept} <= set(_stored(context))
    worker.run_next()
    worker.run_next()
    assert gone not in _stored(context)
    assert kept in _stored(context)
    assert owner.post(f"{API}/{kept_id}/withdraw").status_code == 204
    assert kept not in _stored(context)
    assert get(owner, kept_id)["keep_audio"] is False


def test_delete_leaves_nothing(owner: FlaskClient, worker: Worker, context: Context) -> None:
    id = send(owner, keep_audio="true")["id"]
    worker.run_next()
    said = {"task": "quality", "label": "mp3-128", "basis": "agree"}
    assert owner.post(f"{API}/{id}/labels", json=said).status_code == 201
    assert owner.delete(f"{API}/{id}").status_code == 204
    assert owner.get(f"{API}/{id}").status_code == 404
    assert _stored(context) == []
    with context.database.read() as session:
        for table in (Submission, Job, Prediction, Label, StoredBlob):
            assert session.scalars(select(table)).all() == []


def test_a_picture_is_drawn_anew_and_not_judged(owner: FlaskClient, worker: Worker) -> None:
    id = send(owner, png(value=200), name="spek.png")["id"]
    worker.run_next()
    done = get(owner, id)
    assert (done["kind"], done["status"], done["quality"]) == ("picture", "done", None)
    assert owner.get(f"{API}/{id}/picture.png").data == png()


def _stored(context: Context) -> list[bytes]:
    root = Path(context.settings.state_dir) / "blobs"
    return [path.read_bytes() for path in root.glob("*/*")]
