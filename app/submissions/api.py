"""The HTTP API. The pages use the same services."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response, jsonify, request

from app.accounts.rights import needs
from app.accounts.session import current_owner, is_admin, is_reviewer, known_owner, labeller
from app.context import here
from app.db import utcnow
from app.errors import NotReady
from app.labels import decisions
from app.security import refuse_foreign_origin
from app.storage import service as storage
from app.submissions import intake, service
from app.submissions.answer import revision, to_json
from app.submissions.schemas import (
    Accepted,
    LabelIn,
    LabelOut,
    PictureQuery,
    SubmissionIn,
    SubmissionList,
    SubmissionOut,
    problems,
)
from app.submissions.tables import Submission
from ml.spectrogram.colormap import recolour

bp = APIBlueprint("submissions", __name__, url_prefix="/api/v1/submissions", tag="Submissions")
bp.before_request(refuse_foreign_origin)

_PNG = {200: {"description": "a picture", "content": {"image/png": {"schema": {"type": "string"}}}}}


@bp.post("")
@needs("anyone")
@bp.input(SubmissionIn, location="form_and_files", validation=False)
@bp.output(Accepted, status_code=202)
@bp.doc(summary="Send a file", responses=problems(400, 403, 413, 415, 422, 429, 503, 507))
def create(form_and_files_data: dict[str, Any]) -> Response:
    submission = intake.receive()
    answer = {"id": submission.id, "url": _url(submission), "status": submission.job.state}
    response = jsonify(answer)
    response.status_code = 202
    response.headers["Location"] = f"{bp.url_prefix}/{submission.id}"
    return response


@bp.get("/<id>")
@needs("anyone")
@bp.output(SubmissionOut)
@bp.doc(summary="State and answer", responses=problems(404))
def read(id: str) -> Response:
    with here().database.read() as session:
        now = revision(session, id, root_url=_root())
        if request.if_none_match.contains(now):
            response = Response(status=304)
        else:
            response = jsonify(to_json(session, service.get(session, id), root_url=_root()))
    response.set_etag(now)
    response.headers["Cache-Control"] = "private, no-cache"
    response.make_conditional(request)
    return response


@bp.get("")
@needs("anyone")
@bp.output(SubmissionList)
@bp.doc(summary="What this browser has sent, newest first")
def mine() -> Response:
    with here().database.read() as session:
        rows = service.mine(session, known_owner() or "")
        return jsonify({"submissions": [to_json(session, row, root_url=_root()) for row in rows]})


@bp.get("/<id>/spectrogram.png")
@needs("anyone")
@bp.input(PictureQuery, location="query")
@bp.doc(summary="The spectrogram", responses=_PNG | problems(404, 422))
def spectrogram(id: str, query_data: dict[str, str]) -> Response:
    """A palette picture whose colour number is the level: 0 is floor_db, each step is step_db."""
    png = _blob(id, name=f"spectrogram-{query_data['channel']}")
    return _png(recolour(png, query_data["palette"]))


@bp.get("/<id>/chromagram.png")
@needs("anyone")
@bp.doc(summary="Which of the twelve notes sound when", responses=_PNG | problems(404))
def chromagram(id: str) -> Response:
    """C at the bottom, B at the top, brighter is stronger; as wide as the spectrogram."""
    return _png(_blob(id, name="chromagram"))


@bp.get("/<id>/picture.png")
@needs("anyone")
@bp.doc(summary="The picture that was sent, drawn anew", responses=_PNG | problems(404))
def picture(id: str) -> Response:
    return _png(_blob(id, name="picture"))


@bp.get("/<id>/card.png")
@needs("anyone")
@bp.doc(summary="The answer as a picture for forums", responses=_PNG | problems(404))
def card(id: str) -> Response:
    response = _png(_blob(id, name="card"))
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # made to stand on other people's pages
    return response


@bp.post("/<id>/labels")
@needs("owner")
@bp.input(LabelIn)
@bp.output(LabelOut, status_code=201)
@bp.doc(summary="Say what it really is", responses=problems(400, 403, 404, 415, 422))
def label(id: str, json_data: dict[str, Any]) -> Response:
    with here().database.write() as session:
        song = service.get_own(session, id, owner_id=current_owner(), is_admin=is_reviewer())
        said = decisions.say(session, song, by=labeller(), also=known_owner(), now=utcnow(), **json_data)
    answer = jsonify({**json_data, "at": said.at.isoformat(timespec="seconds")})
    answer.status_code = 201
    return answer


@bp.post("/<id>/cancel")
@needs("owner")
@bp.output({}, status_code=204)
@bp.doc(summary="Stop waiting or working", responses=problems(403, 404, 409))
def cancel(id: str) -> tuple[str, int]:
    service.cancel(here().database, _own(id), blobs=here().blobs, now=utcnow())
    return "", 204


@bp.post("/<id>/withdraw")
@needs("owner")
@bp.output({}, status_code=204)
@bp.doc(summary="Take back the consent to keep the audio", responses=problems(403, 404))
def withdraw(id: str) -> tuple[str, int]:
    service.withdraw_audio(here().database, _own(id), blobs=here().blobs)
    return "", 204


@bp.delete("/<id>")
@needs("owner")
@bp.output({}, status_code=204)
@bp.doc(summary="Delete everything about it", responses=problems(403, 404))
def delete(id: str) -> tuple[str, int]:
    service.delete(here().database, _own(id), blobs=here().blobs)
    return "", 204


def _own(id: str) -> Submission:
    with here().database.read() as session:
        return service.get_own(session, id, owner_id=current_owner(), is_admin=is_admin())


def _blob(id: str, *, name: str) -> bytes:
    with here().database.read() as session:
        service.get(session, id)
        sha256 = storage.hash_of(session, submission_id=id, name=name)
    if sha256 is None:
        raise NotReady(what=name)
    return here().blobs.read(sha256)


def _png(data: bytes) -> Response:
    response = Response(data, mimetype="image/png")
    response.headers["Cache-Control"] = "private, max-age=86400"
    response.add_etag()
    response.make_conditional(request)
    return response


def _url(submission: Submission) -> str:
    return f"{_root()}/s/{submission.id}"


def _root() -> str:
    return here().settings.public_url.rstrip("/") or request.host_url.rstrip("/")
