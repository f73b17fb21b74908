"""The door for files: who may come in is settled before a byte is read, then bytes go straight to disk."""

from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Final, cast

from flask import Flask, Request, request

from app.accounts.session import current_owner
from app.context import here
from app.db import utcnow
from app.errors import NoFile, Paused, TooManyFiles
from app.security import limiter
from app.storage.upload import Upload, too_big
from app.submissions import service
from app.submissions.tables import Submission

DOORS: Final = {"submissions.create", "pages.upload"}
"""Endpoints that take a file; all others take a few kilobytes."""
_BEGIN: Final = DOORS | {"pages.example"}
"""Those that begin an analysis."""
_FORM_BYTES: Final = 2**20
_YES: Final = {"1", "true", "yes", "on"}


class StreamingRequest(Request):
    """Writes the one file of a form into an Upload while it arrives."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.begun: list[Upload] = []

    def _get_file_stream(self, *args: Any, **kwargs: Any) -> IO[bytes]:
        if self.endpoint not in DOORS:
            return super()._get_file_stream(*args, **kwargs)
        if self.begun:
            raise TooManyFiles()
        context = here()
        upload = context.blobs.begin(limit_bytes=context.settings.max_upload_bytes)
        self.begun.append(upload)
        return cast(IO[bytes], upload)


def init_app(app: Flask) -> None:
    app.request_class = StreamingRequest
    app.config["MAX_CONTENT_LENGTH"] = _FORM_BYTES
    app.before_request(_admit)
    app.teardown_request(_discard)


def receive() -> Submission:
    """This form's file as a submission of this browser. Fields: file, claim, tasks, keep_audio."""
    files = request.files.getlist("file")
    if not files or not files[0].filename:
        raise NoFile()
    return _submit(
        cast(Upload, files[0].stream),
        filename=files[0].filename,
        claim=request.form.get("claim"),
        tasks=[task for value in request.form.getlist("tasks") for task in value.split(",") if task],
        keep_audio=request.form.get("keep_audio", "").lower() in _YES,
    )


def receive_path(path: Path) -> Submission:
    """A file of ours, such as an example, as a submission of this browser."""
    upload = here().blobs.begin(limit_bytes=here().settings.max_upload_bytes)
    try:
        upload.write(path.read_bytes())
        return _submit(upload, filename=path.name, claim=None, tasks=(), keep_audio=False)
    finally:
        upload.discard()


def _submit(
    upload: Upload, *, filename: str | None, claim: str | None, tasks: Sequence[str], keep_audio: bool
) -> Submission:
    context = here()
    return service.submit(
        context.database,
        upload,
        blobs=context.blobs,
        queue=context.queue,
        filename=filename,
        owner_id=current_owner(),
        claim=claim,
        tasks=tasks,
        keep_audio=keep_audio,
        max_waiting=context.settings.max_waiting,
        now=utcnow(),
    )


def _admit() -> None:
    """Raises Paused, TooBig, Busy, or 429 before anything of the body is read."""
    if request.endpoint in _BEGIN and request.method == "POST" and here().switches["uploads_paused"]:
        raise Paused()
    if request.endpoint not in DOORS or request.method != "POST":
        return
    settings = here().settings
    with limiter.limit(f"{settings.uploads_per_minute} per minute"):
        pass
    maximum = settings.max_upload_bytes + _FORM_BYTES
    if (request.content_length or 0) > maximum:
        raise too_big(settings.max_upload_bytes)
    with here().database.read() as session:
        service.refuse_when_busy(session, maximum=settings.max_waiting)
    request.max_content_length = maximum


def _discard(_error: BaseException | None) -> None:
    """Whatever was begun and not kept goes, also when the sender hung up."""
    for upload in getattr(request, "begun", ()):
        upload.discard()
