"""The whole way with the real decoder and the model that ships."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from PIL import Image

from app.config import Settings
from app.context import Context
from app.jobs.worker import Worker
from app.registry import service as registry
from app.registry.loader import Models
from app.submissions.analyst import Analyst
from app.submissions.tasks import MlEngine
from ml import artifact
from tests.app.conftest import API, get, send
from tests.app.fakes import wav


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, max_upload_mib=16)


@pytest.fixture
def real(context: Context) -> Worker:
    if not artifact.is_shipped("quality"):
        pytest.skip("no model comes with the code yet")
    from app.cli import _register_shipped

    with context.database.read() as session:
        stand_in = registry.champions(session)["quality"]
    _register_shipped(context)
    with context.database.read() as session:
        assert registry.champions(session)["quality"].id != stand_in.id
    engine = MlEngine(context.database, models=Models(key=b"k" * 32))
    return Worker(
        context.database,
        name="real",
        perform=Analyst(context.database, blobs=context.blobs, engine=engine),
    )


def _picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (320, 200), (90, 0, 120)).save(out, "PNG")
    return out.getvalue()


def _example(root: Path, suffix: str) -> bytes:
    return next(
        path for path in sorted((root / "static" / "examples").iterdir()) if path.suffix == suffix
    ).read_bytes()


@pytest.mark.parametrize(
    ("suffix", "container", "verdict"), [(".flac", "flac", "genuine"), (".mp3", "mp3", "transcode")]
)
def test_an_example_is_answered(
    owner: FlaskClient, real: Worker, root: Path, suffix: str, container: str, verdict: str
) -> None:
    id = send(owner, _example(root, suffix), name=f"x{suffix}", claim="lossless")["id"]
    real.run_next()
    done = get(owner, id)
    assert (done["status"], done["error"]) == ("done", None)
    assert done["declared"]["container"] == container
    assert done["quality"]["verdict"] == verdict
    assert abs(sum(done["quality"]["probabilities"].values()) - 1) < 1e-3
    facts = done["spectrogram"]
    for channel in facts["channels"]:
        picture = owner.get(f"{API}/{id}/spectrogram.png?channel={channel}&palette=grey").data
        with Image.open(io.BytesIO(picture)) as image:
            assert (image.size, image.mode) == ((facts["width"], facts["height"]), "P")
    with Image.open(io.BytesIO(owner.get(f"{API}/{id}/card.png").data)) as card:
        assert card.format == "PNG"


def test_genre_and_chromagram_of_an_example(owner: FlaskClient, real: Worker, root: Path) -> None:
    if not artifact.is_shipped("genre"):
        pytest.skip("no genre model comes with the code yet")
    id = send(owner, _example(root, ".flac"), name="x.flac", tasks="genre")["id"]
    real.run_next()
    done = get(owner, id)
    assert (done["status"], done["error"], done["quality"]) == ("done", None, None)
    genre = done["genre"]
    assert max(genre["probabilities"], key=genre["probabilities"].get) == genre["label"]
    assert abs(sum(genre["probabilities"].values()) - 1) < 1e-3
    starts = [moment["start_s"] for moment in genre["timeline"]]
    assert starts == sorted(set(starts))
    assert starts[-1] < done["spectrogram"]["duration_s"]
    assert [one["distance"] for one in genre["neighbours"]] == sorted(
        one["distance"] for one in genre["neighbours"]
    )
    page = owner.get(f"/s/{id}").text
    assert genre["sentence"] in page
    assert "Trained on" in page
    with Image.open(io.BytesIO(owner.get(f"{API}/{id}/chromagram.png").data)) as chroma:
        assert chroma.height == 12
    with Image.open(io.BytesIO(owner.get(f"{API}/{id}/card.png").data)) as card:
        assert card.size == (1200, 630)


def test_the_same_bytes_again_get_a_card_of_their_own(owner: FlaskClient, real: Worker, root: Path) -> None:
    data = _example(root, ".mp3")
    ids = [send(owner, data, name=f"{name}.mp3")["id"] for name in ("first", "second")]
    real.run_next()
    real.run_next()
    first, second = (get(owner, id) for id in ids)
    assert first["quality"] == second["quality"]
    cards = [owner.get(f"{API}/{id}/card.png").data for id in ids]
    assert cards[0] != cards[1]


def test_silence_is_told_in_words(owner: FlaskClient, real: Worker) -> None:
    id = send(owner, wav(n=100_000))["id"]
    real.run_next()
    failed = get(owner, id)
    assert (failed["status"], failed["error"]["code"]) == ("failed", "silent")


def test_a_picture_comes_back_clean(owner: FlaskClient, real: Worker) -> None:
    secret = b"tEXtComment\0where I live"
    dirty = _picture() + secret
    id = send(owner, dirty, name="spek.png")["id"]
    real.run_next()
    assert get(owner, id)["status"] == "done"
    clean = owner.get(f"{API}/{id}/picture.png").data
    assert secret not in clean
    with Image.open(io.BytesIO(clean)) as image:
        assert image.size == (320, 200)
