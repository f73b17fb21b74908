"""The only place where a reason becomes an HTTP status: problem+json for programs, a calm page for people."""

import logging
from collections.abc import Iterator
from http import HTTPStatus
from typing import Final

from apiflask import APIFlask, HTTPError
from flask import Response, jsonify, render_template, request
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from app.errors import AppError, DatabaseBusy, Internal, NotFound, StorageFailed, StorageFull
from app.words import sentence
from ml import errors

log = logging.getLogger(__name__)

_STATUS: Final[dict[type[errors.LineageError], int]] = {
    errors.NotAudio: 415,
    errors.ForbiddenFormat: 415,
    errors.TooBig: 413,
    errors.InputError: 422,
    errors.SandboxError: 422,
    errors.Cancelled: 409,
    errors.ModelError: 503,
    errors.LineageError: 500,
}
_SENTENCES: Final = {
    400: "This request could not be understood.",
    403: "You may not see this.",
    405: "This address doesn't do that.",
    406: "This address has no answer of that kind.",
    413: "That is more than this site accepts.",
    415: "This address doesn't take that kind of content.",
    422: "Some of what was sent is missing or wrong.",
    429: "That was too often. Please wait a minute.",
}


def init_app(app: APIFlask) -> None:
    app.register_error_handler(errors.LineageError, _ours)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(DBAPIError, _database)
    app.register_error_handler(PoolTimeout, lambda error: _ours(DatabaseBusy()))
    app.register_error_handler(Exception, _unexpected)
    app.error_processor(_invalid)


def status_of(error: errors.LineageError) -> int:
    """HTTP status of a reason."""
    if isinstance(error, AppError):
        return error.status
    return next(_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)


def _ours(error: errors.LineageError) -> Response:
    status = status_of(error)
    response = _answer(status, message=sentence(error), code=error.code)
    if isinstance(error, AppError) and error.retry_after_s is not None:
        response.headers["Retry-After"] = str(error.retry_after_s)
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _http(error: HTTPException) -> Response:
    if error.response is not None or (error.code or 500) < 400:
        return error.get_response()  # type: ignore[return-value]  # a redirect or a 304
    if error.code == 404:
        return _ours(NotFound())
    status = error.code or 500
    message = _SENTENCES.get(status) or error.description or ""
    response = _answer(status, message=message, code=error.name.lower().replace(" ", "_"))
    if status == 429:
        response.headers["Retry-After"] = "60"  # limits are by the minute
    for name, value in error.get_headers():
        if name not in ("Content-Type", "Content-Length"):
            response.headers[name] = value
    return response


def _invalid(error: HTTPError) -> Response:
    """What APIFlask found wrong with the parameters or the JSON of a request."""
    said = "; ".join(_flat(error.detail)) or _SENTENCES[422]
    return _answer(error.status_code, message=said, code="invalid")


def _flat(detail: object, *, name: str = "") -> Iterator[str]:
    """``{"json": {"label": ["Missing."]}}`` -> "label: Missing." """
    if isinstance(detail, dict):
        for key, value in detail.items():
            yield from _flat(value, name=str(key))
    elif isinstance(detail, list):
        for value in detail:
            yield from _flat(value, name=name)
    elif detail:
        yield f"{name}: {detail}"


def _database(error: DBAPIError) -> Response:
    text = str(error.orig).lower()
    if "disk is full" in text or "no space" in text:
        return _ours(StorageFull(reason=text))
    if "disk i/o" in text:
        return _ours(StorageFailed(reason=text))
    if isinstance(error, OperationalError) or error.connection_invalidated:
        log.warning("database: %s", error.orig)
        return _ours(DatabaseBusy())
    return _unexpected(error)


def _unexpected(error: Exception) -> Response:
    log.exception("%s %s", request.method, request.path, exc_info=error)
    return _ours(Internal())


def _answer(status: int, *, message: str, code: str) -> Response:
    title = HTTPStatus(status).phrase
    if _wants_problem():
        problem = {"type": f"urn:lineage:{code}", "title": title, "status": status}
        response = jsonify(problem | {"code": code, "detail": message})
        response.mimetype = "application/problem+json"
    else:
        facts = {"title": title, "status": status, "message": message, "code": code}
        response = Response(render_template("pages/error.html", bare=True, **facts))
    response.status_code = status
    return response


def _wants_problem() -> bool:
    if request.path.startswith("/api/") or request.path.endswith(".json"):
        return True
    kinds = ["text/html", "application/problem+json", "application/json"]
    return request.accept_mimetypes.best_match(kinds, default="text/html") != "text/html"
