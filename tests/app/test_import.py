"""Bringing the predecessors' labels in: what is understood, what is refused and why, and nothing twice."""

import csv
import io
import json
import re
import socket
import zipfile
from base64 import b64decode
from contextlib import suppress
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.admin.tables import Act
from app.context import Context
from app.errors import SheetRefused
from app.exchange import importing, sheets
from app.exchange.classes import class_of
from app.labels.tables import Label
from app.submissions.tables import Submission
from ml.quality.classes import CLASSES
from ml.words import label_words
from tests.app.conftest import form, get, send, token
from tests.app.fakes import wav

HEAD = "Spectrogram,Meta_Label,New_Label\n"


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("192 kbps (LAME)", "mp3-192"),
        ("320 kbps (LAME)", "mp3-320"),
        ("128 kbps (CBR)", "mp3-128"),
        ("128 kbps (AAC)", "aac-128"),
        ("V0", "mp3-v0"),
        ("V2 (LAME)", "mp3-v2"),
        ("lossless/FLAC", "lossless"),
        ("Lossless", "lossless"),
        ("FLAC (CD)", "lossless"),
        ("256 kbps (iTunes/AAC)", "aac-256"),
        ("  320  KBPS ", "mp3-320"),
        ("160kbps", "mp3-160"),
        ("q5 (Ogg Vorbis)", "vorbis-q5"),
        ("mp3-192", "mp3-192"),
        ("192 kbps (AC-3)", "ac3-192"),
    ],
)
def test_labels_as_people_wrote_them(text: str, label: str) -> None:
    assert class_of(text) == label


@pytest.mark.parametrize(
    "text",
    [
        "",
        "?",
        "224 kbps (LAME)",
        "320 kbps (MiniDisc)",
        "192 kbps (LAME/AAC)",
        "very good",
        "=1+1",
        "V9",
        "kbps",
        "lossless 128",
        "9" * 5000,
    ],
)
def test_what_is_no_class_is_not_guessed(text: str) -> None:
    assert class_of(text) is None


@pytest.mark.parametrize("label", CLASSES)
def test_our_own_words_come_back(label: str) -> None:
    assert class_of(label_words(label)) == label
    assert class_of(label) == label


def test_another_task_has_other_classes() -> None:
    assert class_of("Blues", ["blues", "jazz"]) == "blues"
    assert class_of("192 kbps (LAME)", ["blues", "jazz"]) is None


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_csv_as_programs_write_it(delimiter: str, encoding: str) -> None:
    text = f"Spectrogram{delimiter}Meta Label{delimiter}New_Label\r\nPärt.png{delimiter}{delimiter}V0\r\n\r\n"
    (row,) = sheets.read(text.encode(encoding))
    assert (row.number, row["spectrogram"], row["new_label"]) == (2, "Pärt.png", "V0")


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\n\n", b"a,b\n1,2\n", b"New_Label\nV0\n", b"\0" * 100, b"PK\x03\x04 no zip", b"\x89PNG\r\n\x1a\n",
        HEAD.encode() + b"a.png,,V0\n" * (sheets.MAX_ROWS + 1),
        HEAD.encode() + b'"' + b"x" * 200_000 + b'",,V0\n',
        b"x" * (sheets.MAX_BYTES + 1),
    ],
    ids=["empty", "blank", "other", "nameless", "nul", "zip", "png", "rows", "cell", "size"],
)  # fmt: skip
def test_what_is_no_such_sheet_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(SheetRefused) as refused:
        sheets.read(data)
    assert refused.value.facts["reason"]


def zipped(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(name, data)
    return out.getvalue()


def test_a_zip_bomb_is_not_unpacked() -> None:
    bomb = zipped("xl/worksheets/sheet1.xml", bytes(sheets.MAX_UNPACKED + 1))
    assert len(bomb) < 100_000
    with pytest.raises(SheetRefused) as refused:
        sheets.read(bomb)
    assert "unpacks" in refused.value.facts["reason"]


def xlsx(*lines: list[Any]) -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    for line in lines:
        book.active.append(line)
    book.save(out)
    return out.getvalue()


def test_xlsx_says_the_same_as_csv() -> None:
    lines = [["Spectrogram", "Meta_Label", "New_Label"], ["a.png", None, "V0"], ["b.png", "320", 192]]
    read = [(row.number, row["spectrogram"], row["new_label"]) for row in sheets.read(xlsx(*lines))]
    assert read == [(2, "a.png", "V0"), (3, "b.png", "192")]


def test_a_formula_in_xlsx_is_seen_not_run() -> None:
    lines = [["Spectrogram", "New_Label"], ['=HYPERLINK("http://x","a.png")', "V0"]]
    assert sheets.read(xlsx(*lines))[0]["spectrogram"].startswith("=")


@pytest.mark.parametrize("damage", [20, 200, 1000])
def test_a_damaged_xlsx_is_refused(damage: int) -> None:
    data = bytearray(xlsx(["Spectrogram", "New_Label"], ["a.png", "V0"]))
    data[damage : damage + 40] = bytes(40)
    with suppress(SheetRefused):  # or it was damaged where nobody looks
        sheets.read(bytes(data))


@pytest.fixture
def songs(owner: FlaskClient) -> dict[str, str]:
    """Ids by file name."""
    names = ["One.flac", "Two.mp3", "Arvo Pärt - Für Alina.wav"]
    return {name: send(owner, wav(seed=n), name=name)["id"] for n, name in enumerate(names)}


def plan(context: Context, *lines: str, head: str = HEAD) -> importing.Import:
    data = (head + "\n".join(lines)).encode()
    with context.database.read() as session:
        return importing.plan(session, sheets.read(data), task="quality")


@pytest.mark.parametrize(
    "cell",
    [
        "http://localhost/s/{id}",
        "/s/{id}",
        "https://x.example/api/v1/submissions/{id}/spectrogram.png",
        "One.flac",
        "one.FLAC",
        "One.png",
        "spectrograms/One.png",
        "C:\\Spek\\One.jpg",
        "https://drive.example/files/One.png?dl=1",
    ],
)
def test_a_song_is_known_by_link_or_name(context: Context, songs: dict[str, str], cell: str) -> None:
    made = plan(context, f"{cell.format(id=songs['One.flac'])},,V0")
    assert [(said.submission_id, said.label) for said in made.said] == [(songs["One.flac"], "mp3-v0")]


def test_a_song_is_known_by_its_hash(owner: FlaskClient, context: Context, songs: dict[str, str]) -> None:
    sha256 = get(owner, songs["Two.mp3"])["sha256"]
    made = plan(context, f"whatever.png,{sha256},V0", head="Spectrogram,sha256,New_Label\n")
    assert [said.submission_id for said in made.said] == [songs["Two.mp3"]]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("Nobody.png,,V0", "no song here"),
        ("https://x.example/s/AAAAAAAAAAAAAAAAAAAAAA,,V0", "no song here"),
        (",,V0", "names no song"),
        ("https://drive.google.com/,,V0", "names no song"),
        ("One.png,,", "empty"),
        ("One.png,,excellent", "not one of the classes"),
        ("=One.png,,V0", "formula"),
        ("One.png,@SUM(A1),V0", "formula"),
        ("Same.png,,V0", "different files"),
    ],
)
def test_a_refused_row_says_why(
    owner: FlaskClient, context: Context, songs: dict[str, str], line: str, why: str
) -> None:
    for seed in (7, 8):
        send(owner, wav(seed=seed), name="Same.wav")
    made = plan(context, line)
    (refused,) = made.refused
    assert why in refused.reason
    assert refused.number == 2
    assert made.said == []


def test_of_the_same_bytes_the_newest_is_meant(owner: FlaskClient, context: Context) -> None:
    ids = [send(owner, wav(seed=1), name="Same.wav")["id"] for _ in range(2)]
    assert [said.submission_id for said in plan(context, "Same.png,,V0").said] == ids[1:]


def test_a_sheet_that_contradicts_itself(context: Context, songs: dict[str, str]) -> None:
    made = plan(context, "One.png,,V0", "One.png,,V0", "One.jpg,,lossless")
    assert (len(made.said), made.known) == (1, 1)
    assert "row 2" in made.refused[0].reason


SHEET = HEAD + "One.png,320 kbps (LAME),128 kbps (CBR)\nTwo.png,,V0\nNobody.png,,V0\n"


def bring(client: FlaskClient, act: str, data: bytes = SHEET.encode(), **headers: str) -> Any:
    body = form(("labels.csv", data), csrf_token=token(client, "/login"), act=act)
    return client.post(
        "/admin/import", data=body, headers=headers, content_type="multipart/form-data; boundary=x"
    )


def labels(context: Context) -> list[Label]:
    with context.database.read() as session:
        return list(session.scalars(select(Label).order_by(Label.id)))


def test_a_dry_run_changes_nothing(admin: FlaskClient, context: Context, songs: dict[str, str]) -> None:
    page = bring(admin, "try")
    assert "3 rows: 2 would be added, 0 known already, 1 refused." in page.text
    assert labels(context) == []


def test_importing_twice_adds_nothing(admin: FlaskClient, context: Context, songs: dict[str, str]) -> None:
    assert "2 added" in bring(admin, "import").text
    assert "0 added, 2 known already, 1 refused" in bring(admin, "import").text
    assert [(row.by, row.label, row.basis, row.sure) for row in labels(context)] == [
        ("import", "mp3-128", "look", "likely"),
        ("import", "mp3-v0", "look", "likely"),
    ]
    with context.database.read() as session:
        acts = session.scalars(select(Act).where(Act.act == "labels.import")).all()
    assert [act.facts["added"] for act in acts] == [2, 0]


def test_the_claim_comes_along_but_replaces_none(
    admin: FlaskClient, owner: FlaskClient, context: Context, songs: dict[str, str]
) -> None:
    with context.database.write() as session:
        session.get_one(Submission, songs["Two.mp3"]).claim = "aac-256"
    bring(admin, "import", (HEAD + "One.png,320 kbps (LAME),V0\nTwo.png,lossless,V0\n").encode())
    assert get(owner, songs["One.flac"])["claim"] == "mp3-320"
    assert get(owner, songs["Two.mp3"])["claim"] == "aac-256"


def test_a_sheet_is_one_voice_and_decides_nothing(
    admin: FlaskClient, reviewer: FlaskClient, context: Context, songs: dict[str, str]
) -> None:
    bring(admin, "import")
    said = {"task": "quality", "label": "mp3-v0", "basis": "look"}
    assert admin.get("/api/v1/export/decisions?format=jsonl").text == ""
    reviewer.post(f"/api/v1/submissions/{songs['Two.mp3']}/labels", json=said)
    (line,) = admin.get("/api/v1/export/decisions?format=jsonl").text.splitlines()
    assert json.loads(line)["label"] == "mp3-v0"


def test_the_refused_rows_are_a_file_without_formulas(admin: FlaskClient, songs: dict[str, str]) -> None:
    page = bring(admin, "try", (HEAD + "=cmd|' /C calc'!A0,,V0\nNobody.png,,V0\n").encode()).text
    data = re.search(r'href="data:text/csv;charset=utf-8;base64,([^"]+)" download', page)
    assert data is not None
    read = list(csv.DictReader(io.StringIO(b64decode(data[1]).decode("utf-8-sig"))))
    assert [row["row"] for row in read] == ["2", "3"]
    assert read[0]["Spectrogram"].startswith("'=")


def test_a_script_is_told_how_far_it_is(admin: FlaskClient, songs: dict[str, str]) -> None:
    answer = bring(admin, "import", Accept="application/x-ndjson")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert lines[0] == {"done": 2, "total": 2}
    assert "2 added" in lines[-1]["html"]


def test_for_programs(
    admin: FlaskClient, reviewer: FlaskClient, context: Context, songs: dict[str, str]
) -> None:
    def send_sheet(client: FlaskClient, dry: str) -> Any:
        body = form(("l.csv", SHEET.encode()), dry_run=dry)
        return client.post("/api/v1/import", data=body, content_type="multipart/form-data; boundary=x")

    assert send_sheet(reviewer, "false").status_code == 403
    dry = send_sheet(admin, "true").get_json()
    assert (dry["dry_run"], dry["new"], labels(context)) == (True, 2, [])
    done = send_sheet(admin, "false").get_json()
    assert (done["new"], len(labels(context)), done["refused"][0]["row"]) == (2, 2, 4)


def test_a_large_sheet_may_come_and_a_huge_one_may_not(admin: FlaskClient, songs: dict[str, str]) -> None:
    large = HEAD.encode() + (b"Nobody" * 20 + b".png,,V0\n") * 19_000
    assert len(large) > 2 * 2**20
    assert bring(admin, "try", large).status_code == 200
    assert bring(admin, "try", b"x" * (sheets.MAX_BYTES + 2**21)).status_code in (413, 422)


def test_a_broken_sheet_is_a_sentence(admin: FlaskClient) -> None:
    answer = bring(admin, "try", b"a,b\n")
    assert answer.status_code == 422
    assert "must name the columns" in answer.text


def test_nothing_is_fetched(context: Context, songs: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        pytest.fail("asked the network")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert plan(context, "https://drive.example/One.png,,V0").said


def test_the_command(admin: FlaskClient, context: Context, songs: dict[str, str], tmp_path: Path) -> None:
    runner = admin.application.test_cli_runner()
    sheet, refused = tmp_path / "labels.csv", tmp_path / "refused.csv"
    sheet.write_text(SHEET)
    dry = runner.invoke(args=["import-labels", str(sheet), "--dry-run"])
    assert (dry.exit_code, labels(context)) == (0, []), dry.output
    done = runner.invoke(args=["import-labels", str(sheet), "--report", str(refused)])
    assert "2 added, 0 known already, 1 refused" in done.output
    assert "row 4: no song here" in done.output
    assert len(labels(context)) == 2
    assert "Nobody.png" in refused.read_text(encoding="utf-8-sig")
    sheet.write_text("nothing")
    broken = runner.invoke(args=["import-labels", str(sheet)])
    assert broken.exit_code == 1
    assert "must name the columns" in broken.output
