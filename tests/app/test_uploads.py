"""What the door lets in: all of it or nothing, refused with a reason and the right status."""

import io
from pathlib import Path

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.context import Context
from app.schema import Submission
from app.storage import service as storage
from tests.app.conftest import API, form, get, post, send
from tests.app.fakes import wav

MIB = 2**20


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 422, "empty"),
        (b"Dear Sir", 415, "not_audio"),
        (b"%PDF-1.7 ...", 415, "not_audio"),
        (b"#EXTM3U\nhttp://x", 415, "forbidden_format"),
        (wav(n=600_000), 413, "too_big"),
    ],
    ids=["empty", "text", "pdf", "playlist", "too big"],
)
def test_what_is_refused_leaves_nothing(
    owner: FlaskClient, context: Context, data: bytes, status: int, code: str
) -> None:
    answer = post(owner, data)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    problem = answer.get_json()
    assert (problem["status"], problem["code"]) == (status, code)
    assert len(problem["detail"]) > 20
    assert _files(context) == []
    assert _submissions(context) == []


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"claim": "flac-900"}, "unknown_label"),
        ({"tasks": "quality,mood"}, "unknown_task"),
    ],
)
def test_an_unknown_wish_is_refused(
    owner: FlaskClient, context: Context, fields: dict[str, str], code: str
) -> None:
    answer = post(owner, wav(), **fields)
    assert (answer.status_code, answer.get_json()["code"]) == (422, code)
    assert _files(context) == []


def test_a_form_without_a_file_or_with_two(owner: FlaskClient, context: Context) -> None:
    assert owner.post(API, data={"claim": "lossless"}).get_json()["code"] == "no_file"
    assert owner.post(API, json={}).get_json()["code"] == "no_file"
    two = form(("a.wav", wav()), ("b.wav", wav()))
    answer = owner.post(API, data=two, content_type="multipart/form-data; boundary=x")
    assert answer.get_json()["code"] == "too_many_files"
    assert _files(context) == []


def test_a_file_of_exactly_the_limit_passes(owner: FlaskClient) -> None:
    data = wav()
    exact = data + bytes(MIB - len(data))
    assert post(owner, exact).status_code == 202
    assert post(owner, exact + b"\0").status_code == 413


def test_a_big_body_is_refused_before_it_is_read(owner: FlaskClient) -> None:
    class Unread(io.RawIOBase):
        def readinto(self, _buffer: object) -> int:
            raise AssertionError("the body was read")

        def seekable(self) -> bool:
            return True

        def seek(self, offset: int, whence: int = 0) -> int:
            self.at = 3 * MIB if whence == 2 else 0
            return self.at

        def tell(self) -> int:
            return getattr(self, "at", 0)

    answer = owner.post(
        API,
        input_stream=Unread(),
        content_type="multipart/form-data; boundary=x",
    )
    assert answer.status_code == 413


def test_a_sender_who_hangs_up_leaves_nothing(owner: FlaskClient, context: Context) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n' + wav()
    answer = owner.post(
        API,
        input_stream=io.BytesIO(body),
        content_type="multipart/form-data; boundary=x",
        headers={"Content-Length": str(len(body) + 100_000)},
    )
    assert answer.status_code == 400
    assert _files(context) == []
    assert _submissions(context) == []


def test_too_many_waiting_are_told_when_to_come_back(owner: FlaskClient, context: Context) -> None:
    for seed in range(context.settings.max_waiting):
        send(owner, wav(seed=seed))
    answer = post(owner, wav(seed=99))
    assert (answer.status_code, answer.get_json()["code"]) == (429, "busy")
    assert int(answer.headers["Retry-After"]) > 0


def test_the_same_bytes_twice_are_one_blob_and_two_submissions(owner: FlaskClient, context: Context) -> None:
    first, second = send(owner), send(owner)
    assert first["id"] != second["id"]
    assert get(owner, first["id"])["sha256"] == get(owner, second["id"])["sha256"]
    assert len(_files(context)) == 1
    owner.delete(f"{API}/{first['id']}")
    assert len(_files(context)) == 1
    owner.delete(f"{API}/{second['id']}")
    assert _files(context) == []


def test_orphans_are_swept_and_the_living_are_not(
    owner: FlaskClient, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(owner)
    alive = context.blobs.begin(limit_bytes=MIB)
    orphan = context.blobs.begin(limit_bytes=MIB)
    orphan.write(b"nobody knows me")
    orphan.flush_to_disk()
    context.blobs.keep(orphan)
    orphan.close()
    assert len(_files(context)) == 3
    monkeypatch.setattr("app.storage.blobs.GRACE_S", 0)
    storage.sweep(context.database, blobs=context.blobs, seconds=60)
    assert len(_files(context)) == 2
    assert alive.path.exists()
    alive.close()  # as when its process dies
    storage.sweep(context.database, blobs=context.blobs, seconds=60)
    assert len(_files(context)) == 1


def test_names_are_cleaned(owner: FlaskClient) -> None:
    sent = send(owner, name="../../etc/pass\u202ewd\t.wav")
    assert get(owner, sent["id"])["file"] == "passwd.wav"


def test_only_doors_take_much(app: APIFlask) -> None:
    answer = app.test_client().post("/login", data={"name": "a" * 2 * MIB})
    assert answer.status_code == 413


def _files(context: Context) -> list[Path]:
    root = Path(context.settings.state_dir)
    return [path for part in ("blobs", "uploads") for path in (root / part).rglob("*") if path.is_file()]


def _submissions(context: Context) -> list[str]:
    with context.database.read() as session:
        return list(session.scalars(select(Submission.id)))
