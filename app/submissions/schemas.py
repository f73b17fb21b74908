"""The API's forms and records as its OpenAPI document shows them."""

from typing import Any, Final

from apiflask import Schema
from apiflask.fields import Boolean, DateTime, Dict, Field, File, Float, Integer, List, Nested, String
from apiflask.validators import OneOf

from app.labels.service import BASES, BASES_OF, CLASSES_OF, SURE
from ml.genre.classes import CLASSES as GENRES
from ml.quality.classes import CLASSES

_STATES = ("queued", "decoding", "measuring", "done", "failed", "cancelled")


class SubmissionIn(Schema):
    """A file and what is asked about it."""

    file = File(  # type: ignore[no-untyped-call]
        required=True, metadata={"description": "Audio, or a picture of a spectrogram; one file."}
    )
    claim = String(validate=OneOf(["", *CLASSES]), metadata={"description": "What it was bought as."})
    tasks = String(metadata={"description": "Comma-separated: quality, genre. Left out: quality."})
    keep_audio = String(
        validate=OneOf(["true", "false", "1", "0", "yes", "no", "on", "off", ""]),
        metadata={"description": "true: the audio may stay in the dataset. You can withdraw that."},
    )


class Accepted(Schema):
    id = String()
    url = String()
    status = String(validate=OneOf(_STATES))


class Progress(Schema):
    step = String(validate=OneOf(_STATES))
    fraction = Float()


class Reason(Schema):
    code = String()
    message = String()


_KNOWN: Final = "How you know. " + " ".join(
    f"Of {task}: {', '.join(bases)}." for task, bases in BASES_OF.items()
)


class LabelIn(Schema):
    """What the recording really is, and how you know."""

    task = String(required=True, metadata={"enum": sorted(CLASSES_OF)})
    label = String(
        required=True,
        allow_none=True,
        metadata={
            "enum": [*(c for task in CLASSES_OF.values() for c in task), None],
            "description": "null takes back what you said before.",
        },
    )
    basis = String(load_default="other", metadata={"enum": sorted(BASES), "description": _KNOWN})
    sure = String(load_default="sure", metadata={"enum": list(SURE), "description": "How sure you are."})


class LabelOut(Schema):
    task = String()
    label = String(allow_none=True)
    basis = String()
    sure = String()
    at = DateTime()


class Said(LabelOut):
    """One of a list. A class of its own: APIFlask warns where a nested class also answers alone."""


class Moment(Schema):
    """A stretch of the song, until the next one begins."""

    start_s = Float()
    label = String(validate=OneOf(GENRES))
    confidence = Float()


class Neighbour(Schema):
    """A song of the training set that is close in what the network hears."""

    song = String()
    label = String(validate=OneOf(GENRES))
    distance = Float()


class Genre(Schema):
    label = String(
        validate=OneOf(GENRES), metadata={"description": "The likeliest one, even when undecided."}
    )
    confidence = Float()
    undecided = Boolean(metadata={"description": "true: no genre is likely enough to be named."})
    sentence = String()
    probabilities = Dict(keys=String(validate=OneOf(GENRES)), values=Float())
    timeline = List(Nested(Moment))
    neighbours = List(Nested(Neighbour))


class SubmissionOut(Schema):
    """Everything that is known by now; null where it isn't yet."""

    id = String()
    url = String()
    status = String(validate=OneOf(_STATES))
    position = Integer(metadata={"description": "Place in the queue, 1 is next; 0 when it doesn't wait."})
    progress = Nested(Progress)
    file = String()
    size_bytes = Integer()
    sha256 = String()
    created_at = DateTime()
    claim = String(allow_none=True)
    tasks = List(String())
    keep_audio = Boolean()
    kind = String(validate=OneOf(("audio", "picture")))
    declared = Dict(allow_none=True)
    quality = Dict(allow_none=True)
    genre = Nested(Genre, allow_none=True)
    error = Nested(Reason, allow_none=True)
    model = Dict(keys=String(), values=Field())
    engine = String(allow_none=True)
    spectrogram = Dict(allow_none=True)
    labels = List(Nested(Said))


class PictureQuery(Schema):
    channel = String(load_default="L", validate=OneOf(("L", "R", "M", "S")))
    palette = String(load_default="spek", validate=OneOf(("spek", "viridis", "grey")))


class Listed(SubmissionOut):
    """One of a list."""


class SubmissionList(Schema):
    submissions = List(Nested(Listed))


_PROBLEM: Final = {
    "type": "object",
    "description": "RFC 9457: why something was refused.",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "The same word wherever this happens."},
        "detail": {"type": "string", "description": "A sentence for a person."},
    },
}


SECURITY: Final = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "Made and revoked on the page /account; acts as that account, with its role. "
        "Without one, a request acts for its cookie, as a browser's does.",
    }
}


def complete(document: dict[Any, Any] | str) -> dict[Any, Any] | str:
    """Add what all operations share: the record of a refusal, tokens, and that a body isn't optional."""
    assert isinstance(document, dict)
    document["components"]["schemas"]["Problem"] = _PROBLEM
    document["security"] = [{}, {"token": []}]
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"].update({str(status): said for status, said in problems(401).items()})
            if "requestBody" in operation:
                operation["requestBody"]["required"] = True
    return document


def problems(*statuses: int) -> dict[int, Any]:
    """Documents the refusals of a route."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": "refused, with the reason", "content": content} for status in statuses}
