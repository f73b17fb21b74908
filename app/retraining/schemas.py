"""Models in the API's document."""

from apiflask import Schema
from apiflask.fields import Boolean, DateTime, Dict, Float, Integer, List, Nested, String
from apiflask.validators import Length, OneOf, Range

from app.labels.service import CLASSES_OF

_FIRST = next(iter(CLASSES_OF))
_ID = Range(min=1, max=2**31 - 1)


class TaskQuery(Schema):
    task = String(validate=OneOf(sorted(CLASSES_OF)), metadata={"description": "Left out: all tasks."})


class RunIn(Schema):
    task = String(load_default=_FIRST, metadata={"enum": sorted(CLASSES_OF)})


class PromoteIn(Schema):
    """``champion_id`` is the champion that you looked at: if it is another one by now, nothing happens (409)."""

    champion_id = Integer(required=True, validate=_ID)
    why = String(load_default="", validate=Length(max=400))
    override = Boolean(
        load_default=False, metadata={"description": "Promote though the gate refuses; then say why."}
    )


class RollBackIn(Schema):
    task = String(load_default=_FIRST, metadata={"enum": sorted(CLASSES_OF)})
    champion_id = Integer(required=True, validate=_ID)
    why = String(load_default="", validate=Length(max=400))


class Version(Schema):
    id = Integer()
    task = String()
    version = String()
    feature_version = String()
    sha256 = String()
    created_at = DateTime()
    aliases = List(String())
    training = Dict(allow_none=True)
    exact = Dict(allow_none=True)
    false_accusations = Dict(
        allow_none=True, metadata={"description": "null for a task that accuses nobody, such as genre."}
    )


class ListedVersion(Version):
    """One of a list."""


class VersionList(Schema):
    versions = List(Nested(ListedVersion))
    promotions = List(Dict())


class Run(Schema):
    id = Integer()
    task = String()
    trigger = String()
    by = String()
    state = String(validate=OneOf(("waiting", "training", "done", "failed", "cancelled")))
    fraction = Float()
    settings = Dict()
    snapshot = Dict(allow_none=True)
    snapshot_sha256 = String(allow_none=True)
    champion = String(allow_none=True)
    candidate = String(allow_none=True)
    candidate_id = Integer(allow_none=True)
    reason = String(allow_none=True)
    created_at = DateTime()
    ended_at = DateTime(allow_none=True)


class RunWithLog(Run):
    log = List(Dict())


class ListedRun(Run):
    """One of a list."""


class RunList(Schema):
    runs = List(Nested(ListedRun))


class ComparisonOut(Schema):
    before = String()
    after = String()
    passes = Boolean()
    worse = List(String())
    frozen_test_part = Dict(allow_none=True)
    songs = Integer()
    songs_gained = Integer()
    songs_lost = Integer()
    songs_changed = List(Dict())
