"""The second task from the front page to the promoted model: the same machinery, and nothing of the first one."""

import re
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from app.context import Context
from app.jobs.worker import Worker
from app.labels.service import BASES_OF, CLASSES_OF, GENUINE_OF, USUAL_BASIS_OF
from app.labels.tables import Decision, Label
from app.pages import genre as shown
from app.registry import service as registry
from app.registry.tables import ModelAlias
from app.retraining import runs
from app.submissions.tables import Prediction
from ml.genre.classes import CLASSES
from ml.tasks import TASKS
from tests import learning
from tests.app import fakes, training
from tests.app.conftest import API, fill, get, post, register_model, send, token
from tests.app.fakes import GENRE, wav

pytestmark = pytest.mark.usefixtures("genre")


@pytest.fixture
def asked(owner: FlaskClient, worker: Worker) -> Any:
    """Send a file for some tasks; its id once it is answered."""

    def ask(tasks: str = "genre", *, seed: int = 0) -> str:
        id: str = send(owner, wav(seed=seed), tasks=tasks)["id"]
        while worker.run_next():
            pass
        return id

    return ask


def page(client: FlaskClient, id: str) -> str:
    answer = client.get(f"/s/{id}")
    assert answer.status_code == 200
    return answer.text


def text(html: str) -> str:
    """What stands on the page, without markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def h1(html: str) -> str:
    found = re.search(r"<h1>(.*?)</h1>", html, re.DOTALL)
    assert found is not None
    return text(found[1])


def test_what_the_pages_know_of_a_task_is_what_training_knows() -> None:
    for name, task in TASKS.items():
        assert (CLASSES_OF[name], GENUINE_OF[name]) == (task.classes, task.genuine)
        assert USUAL_BASIS_OF[name] in BASES_OF[name]
    assert BASES_OF.keys() == GENUINE_OF.keys() == CLASSES_OF.keys() >= TASKS.keys()


def test_the_front_page_asks_for_one_or_both(owner: FlaskClient) -> None:
    values = re.findall(r'name="tasks" value="([^"]+)"( checked)?', owner.get("/").text)
    assert values == [("quality", " checked"), ("genre", ""), ("quality,genre", "")]


@pytest.mark.parametrize("door", ["page", "api"])
@pytest.mark.parametrize(
    ("sent", "wanted"), [("", ["quality"]), ("genre", ["genre"]), ("quality,genre", ["quality", "genre"])]
)
def test_what_is_not_asked_is_not_answered(
    owner: FlaskClient, worker: Worker, door: str, sent: str, wanted: list[str]
) -> None:
    fields = {"tasks": sent} if sent else {}
    if door == "api":
        id = send(owner, **fields)["id"]
    else:
        data = {"file": (BytesIO(wav()), "a.wav"), "csrf_token": token(owner, "/"), **fields}
        id = owner.post("/upload", data=data).headers["Location"].rpartition("/")[2]
    worker.run_next()
    answer = get(owner, id)
    assert answer["tasks"] == wanted
    assert [task for task in ("quality", "genre") if answer[task]] == wanted


def test_genre_alone_says_nothing_of_codings(owner: FlaskClient, asked: Any) -> None:
    html = page(owner, asked("genre"))
    assert h1(html) == "Sounds like jazz (84 %)."
    for word in (
        "measured</th>",
        "Evidence",
        'class="ribbon"',
        "How likely each coding",
        "kbps (LAME)",
    ):
        assert word not in html, word
    assert "No model is here" not in html


def test_quality_alone_says_nothing_of_genre(owner: FlaskClient, other: FlaskClient, asked: Any) -> None:
    id = asked("quality")
    html = page(owner, id)
    assert 'id="genre"' not in html
    assert "data-course" not in html
    assert 'data-send-again="quality,genre"' in html
    assert "data-send-again" not in page(other, id), "only whoever has the file can send it again"


def test_both_are_shown_and_asked_about(owner: FlaskClient, asked: Any) -> None:
    html = page(owner, asked("quality,genre"))
    assert h1(html) == fakes.QUALITY["sentence"]
    assert "Sounds like jazz" in text(html)
    assert sorted(set(re.findall(r'name="task" value="(\w+)"', html))) == ["genre", "quality"]
    assert "data-send-again" not in html


def test_the_course_can_be_read_without_seeing_it(owner: FlaskClient, asked: Any) -> None:
    html = page(owner, asked())
    assert (
        "Genre over the song: 0:00 to 0:02 jazz, then 0:02 to 0:03 perhaps blues, then 0:03 to 0:04 jazz."
        in html
    )
    rows = re.findall(r"<tr><td>(\d:\d\d)</td><td>(\d:\d\d)</td>", html)
    assert rows == [("0:00", "0:02"), ("0:02", "0:03"), ("0:03", "0:04")]


def test_runs_cover_the_song_once() -> None:
    timeline = [
        {"start_s": 3.0 * n, "label": CLASSES[n // 3 % 4], "confidence": 0.3 + 0.05 * n} for n in range(14)
    ]
    found = list(shown.runs(timeline, duration_s=43.0))
    assert (found[0].start_s, found[-1].end_s) == (0.0, 43.0)
    assert all(a.end_s == b.start_s and a.label != b.label for a, b in pairwise(found))
    assert sum(run.share for run in found) == pytest.approx(1.0)
    assert shown.course(timeline[:1], duration_s=3.0) is None


def test_the_songs_it_sounds_like_are_listed_with_the_reason(owner: FlaskClient, asked: Any) -> None:
    said = text(page(owner, asked()))
    for one in GENRE["neighbours"]:
        assert f"{one['song']} {one['label']} {one['distance']:.2f}" in said
    assert "close in what the network hears" in said


def test_the_honest_figure_is_the_models_own(owner: FlaskClient, asked: Any, context: Context) -> None:
    said = text(page(owner, asked())).replace("\xa0", " ")
    assert (
        "Trained on the sound of 416 songs, from 16 (hip-hop) to 95 a genre, and on published measurements"
        in said
    )
    assert "Of 416 songs it had not met, the model named the right one of ten in 85 % (81 to 88 %)." in said
    assert "On average over the ten genres it was 81 % (73 to 88 %)." in said
    assert "Of the 95 jazz songs among them, it named 90 % (82 to 95 %)." in said
    of = {"value": 0.7, "low": 0.6, "high": 0.8, "n": 99}
    assert shown.about({"metrics": {"accuracy": of}}, label="jazz").startswith("Of 99 songs")
    here = {"training": {"rows": 360, "songs": 20}}
    assert shown.about(here, label="jazz") == "Trained on 360 songs, 20 of them labelled here."
    assert shown.about({}, label="jazz") == ""


def test_undecided_is_a_word_and_no_right_answer(
    owner: FlaskClient, asked: Any, monkeypatch: pytest.MonkeyPatch, context: Context
) -> None:
    unsure = GENRE | {
        "undecided": True,
        "sentence": "Can’t tell the genre: it could be jazz (44 %) or blues (40 %).",
    }
    monkeypatch.setitem(fakes.ANSWERS, "genre", unsure)
    id = asked()
    html = page(owner, id)
    assert h1(html).startswith("Can’t tell")
    assert "is-undecided" in html
    assert "data-right" not in html
    assert "I know what it is" in html
    assert text(html).count("if it is one of the ten") == 2, "bars and strip"
    assert "It sounds like" not in html
    assert "perhaps jazz" in owner.get("/mine").text
    with context.database.read() as session:
        assert session.scalars(select(Prediction)).one().verdict == "undecided"


def test_the_table_and_its_file_know_both(owner: FlaskClient, asked: Any) -> None:
    asked("genre", seed=1)
    asked("quality,genre", seed=2)
    said = text(owner.get("/mine").text)
    assert "was MP3 of about 128 kbps ; jazz" in said
    lines = owner.get("/mine.csv").text.splitlines()
    assert [line.count("jazz") for line in lines[1:]] == [1, 2]


def test_the_document_names_every_field(owner: FlaskClient, asked: Any) -> None:
    schemas = owner.get("/api/v1/openapi.json").get_json()["components"]["schemas"]
    answer = get(owner, asked())["genre"]
    assert set(schemas["Genre"]["properties"]) == set(answer)
    for name, part in (("Moment", answer["timeline"][0]), ("Neighbour", answer["neighbours"][0])):
        assert set(schemas[name]["properties"]) == set(part)
    assert set(answer["probabilities"]) == set(CLASSES)


def test_the_chromagram_is_as_open_as_the_spectrogram(
    owner: FlaskClient, outsider: FlaskClient, asked: Any, worker: Worker
) -> None:
    id = asked()
    for client in (owner, outsider):
        answer = client.get(f"{API}/{id}/chromagram.png")
        assert (answer.status_code, answer.mimetype) == (200, "image/png")
        assert answer.data.startswith(b"\x89PNG")
    assert f'loading="lazy" data-chroma src="{API}/{id}/chromagram.png"' in page(owner, id)
    assert outsider.get(f"{API}/nothing/chromagram.png").status_code == 404
    waiting = send(owner, wav(seed=5))["id"]
    assert owner.get(f"{API}/{waiting}/chromagram.png").status_code == 404
    again = send(owner)["id"]  # the same bytes: copied, not measured
    worker.run_next()
    worker.run_next()
    assert owner.get(f"{API}/{again}/chromagram.png").status_code == 200
    assert owner.delete(f"{API}/{id}").status_code == 204
    assert owner.get(f"{API}/{id}/chromagram.png").status_code == 404


def label(client: FlaskClient, id: str, label: str | None = "reggae", basis: str = "heard") -> Any:
    return client.post(f"{API}/{id}/labels", json={"task": "genre", "label": label, "basis": basis})


def test_a_genre_is_corrected_in_its_own_words(owner: FlaskClient, asked: Any) -> None:
    id = asked("quality,genre")
    assert label(owner, id).status_code == 201
    assert label(owner, id, "mp3-128").status_code == 422
    assert label(owner, id, basis="look").status_code == 422
    html = page(owner, id)
    assert "You said: <strong>reggae</strong>" in html
    assert html.count("You said") == 1, "nothing was said of the quality"
    form = {
        "task": "genre",
        "label": "hiphop",
        "basis": "known",
        "sure": "likely",
        "csrf_token": token(owner, "/"),
    }
    assert owner.post(f"/s/{id}/label", data=form).status_code == 303
    assert "You said: <strong>hip-hop</strong>" in page(owner, id)


def test_two_who_listened_settle_it(
    owner: FlaskClient, reviewer: FlaskClient, asked: Any, context: Context
) -> None:
    id = asked("quality,genre")
    label(owner, id)
    assert "once somebody else has said the same" in page(owner, id)
    label(reviewer, id)
    assert "Accepted" in page(owner, id)
    with context.database.read() as session:
        decided = session.scalars(select(Decision)).one()
    assert (decided.task, decided.label) == ("genre", "reggae")


def test_review_has_a_key_for_each_of_the_ten(
    owner: FlaskClient, reviewer: FlaskClient, asked: Any, context: Context
) -> None:
    id = asked("quality,genre")
    html = reviewer.get("/review?task=genre").text
    assert re.findall(r'name="label" value="(\w+)" data-pick="(\d)"', html) == [
        (name, str((n + 1) % 10)) for n, name in enumerate(CLASSES)
    ]
    assert "data-other" not in html
    assert "data-course" not in html, "the answer is hidden until one's own"
    assert "I listened to it" in html
    assert "rip log" not in html
    form = {
        "task": "genre",
        "label": "pop",
        "sure": "sure",
        "basis": "heard",
        "csrf_token": token(reviewer, "/"),
    }
    assert reviewer.post(f"/review/{id}", data=form).status_code == 303
    after = reviewer.get("/review?task=genre").text
    assert "you said <strong>pop</strong>" in after
    assert "the model says jazz" in text(after)
    assert reviewer.get("/api/v1/review?task=genre").get_json() == {"submissions": []}
    assert reviewer.get("/api/v1/review").get_json() == {"submissions": [id]}, "the quality is still open"
    with context.database.read() as session:
        assert session.scalars(select(Label)).one().blind


def test_people_who_differ_are_settled_by_an_admin(
    owner: FlaskClient, reviewer: FlaskClient, admin: FlaskClient, asked: Any
) -> None:
    id = asked()
    label(owner, id)
    label(reviewer, id, "rock")
    html = admin.get("/admin/labels?task=genre").text
    assert "<strong>reggae</strong>" in html
    seen = re.search(r'name="seen" value="([^"]+)"', html)
    assert seen is not None
    form = {"task": "genre", "seen": seen[1], "act": "accept", "label": "rock"}
    done = fill(admin, "/admin/labels?task=genre", f"/admin/labels/{id}", **form)
    assert done.status_code == 303
    assert "accepted as rock" in admin.get(done.headers["Location"]).text
    assert "Accepted was rock instead" in page(owner, id)


def test_sheets_bring_genres_in_and_features_go_out(
    admin: FlaskClient, owner: FlaskClient, asked: Any
) -> None:
    id = asked("quality,genre")
    sheet = f"Spectrogram,Meta_Label,New_Label\n/s/{id},,Hip-Hop\n/s/{id[:-1]}x,,polka\n".encode()
    answer = admin.post(
        "/api/v1/import", data={"file": (BytesIO(sheet), "a.csv"), "task": "genre"}
    ).get_json()
    assert (answer["new"], len(answer["refused"])) == (1, 1)
    assert [(said["task"], said["label"]) for said in get(owner, id)["labels"]] == [("genre", "hiphop")]
    out = admin.get("/api/v1/export/features?task=genre&format=jsonl").text
    assert '"task": "genre"' in out or '"task":"genre"' in out
    assert "task=genre" in admin.get("/admin/exchange").text


def test_a_genre_model_is_trained_compared_promoted_and_taken_back(
    context: Context, admin: FlaskClient, tmp_path: Path
) -> None:
    task = learning.genre_task(tmp_path)
    first = training.first_model(context, task)
    training.label_songs(
        context.database, learning.genre_songs(20), task="genre", feature_version=learning.GENRE_SPEC.id
    )
    begun = fill(admin, "/admin/models/", "/admin/models/retrain", task="genre")
    training.worker(context, task).run_next()
    assert "Made <strong>r1</strong>" in admin.get(begun.headers["Location"]).text
    with context.database.read() as session:
        run = runs.newest(session, "genre")[0]
        assert registry.champions(session)["quality"].version == "q1"
    assert run.snapshot is not None
    assert run.snapshot["songs"] == 20
    index = admin.get("/admin/models/").text
    assert index.count("genuine accused") == 1, "that of the quality alone"
    compared = admin.get(f"/admin/models/compare/{first.id}/{run.candidate_id}").text
    assert "It may pass" in compared
    assert "accus" not in compared
    found = admin.get(f"/api/v1/models/compare/{first.id}/{run.candidate_id}").get_json()
    assert found["frozen_test_part"]["accused"] is None
    assert found["songs_gained"] > 15
    versions = admin.get("/api/v1/models?task=genre").get_json()["versions"]
    assert [one["false_accusations"] for one in versions] == [None] * len(versions)
    back = f"/api/v1/models/{run.candidate_id}/promote"
    assert admin.post(back, json={"champion_id": first.id}).status_code == 200
    old = admin.post("/api/v1/models/rollback", json={"task": "genre", "champion_id": run.candidate_id})
    assert old.get_json()["version"] == first.version


def test_alpha_is_told_for_each_task(
    owner: FlaskClient, reviewer: FlaskClient, admin: FlaskClient, asked: Any
) -> None:
    for n in range(2):
        id = asked("quality,genre", seed=n)
        for client in (owner, reviewer):
            label(client, id, CLASSES[n])
    assert "n = 2" in admin.get("/admin/labels?task=genre").text
    assert "n = 0" in admin.get("/admin/labels").text


def test_a_site_without_a_genre_model_does_not_offer_it(context: Context, owner: FlaskClient) -> None:
    with context.database.write() as session:
        session.execute(delete(ModelAlias).where(ModelAlias.task == "genre"))
    assert 'name="tasks"' not in owner.get("/").text
    assert post(owner, wav(), tasks="genre").status_code == 422
    register_model(context, task="genre", version="g2")
    assert 'name="tasks"' in owner.get("/").text
