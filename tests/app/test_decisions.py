"""Who decides what trains: nobody alone, reviewers can stop it, an admin can settle it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count as counter

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.tables import Account
from app.admin.tables import Act
from app.db import Database, utcnow
from app.errors import Conflict, NoReason, UnknownLabel
from app.labels import decisions, vote
from app.labels.conflicts import cases
from app.labels.service import BASES, SURE
from app.labels.tables import Decision
from app.labels.vote import Voice
from app.submissions import service as submissions
from app.submissions.tables import Submission

TASK = "quality"
_number = counter(1)
Say = Callable[..., None]


def voice(role: str, label: str, *, sure: str = "sure", basis: str = "own") -> Voice:
    return Voice(by=f"{role}-{next(_number)}", role=role, label=label, sure=sure, basis=basis)


def test_every_role_way_of_being_sure_and_basis_has_a_weight() -> None:
    assert set(vote.SURE) == set(SURE)
    assert set(vote.BASIS) == set(BASES)
    for table in (vote.ROLE, vote.SURE, vote.BASIS):
        assert all(0 <= weight <= 1 for weight in table.values())


@pytest.mark.parametrize("role", [role for role in vote.ROLE if role != "nobody"])
@pytest.mark.parametrize("basis", sorted(BASES))
def test_nobody_decides_alone(role: str, basis: str) -> None:
    assert vote.count([voice(role, "lossless", basis=basis)]).state == "waiting"


@pytest.mark.parametrize("n", [2, 10, 1000])
def test_cookies_alone_decide_nothing_however_many(n: int) -> None:
    assert vote.count([voice("anonymous", "lossless") for _ in range(n)]).state == "waiting"


@pytest.mark.parametrize("pair", [("anonymous", "reviewer"), ("member", "member"), ("import", "reviewer"),
                                  ("reviewer", "admin"), ("anonymous", "admin")])  # fmt: skip
def test_two_who_know_it_decide(pair: tuple[str, str]) -> None:
    outcome = vote.count([voice(role, "mp3-128") for role in pair])
    assert (outcome.state, outcome.label) == ("accepted", "mp3-128")


def test_guesses_confirm_nothing() -> None:
    guesses = [voice("reviewer", "aac-256", sure="guess", basis="look") for _ in range(2)]
    assert vote.count(guesses).state == "waiting"


@pytest.mark.parametrize("role", vote.TRUSTED)
def test_one_reviewer_stops_any_crowd(role: str) -> None:
    crowd = [voice("member", "lossless") for _ in range(50)]
    assert vote.count(crowd).state == "accepted"
    assert vote.count([*crowd, voice(role, "mp3-320", sure="guess")]).state == "conflict"


def test_who_has_no_weight_is_not_heard() -> None:
    assert vote.count([voice("nobody", "lossless")]).state == "silent"
    pair = [voice("member", "mp3-128"), voice("reviewer", "mp3-128")]
    assert vote.count([*pair, voice("nobody", "lossless")]).state == "accepted"


def test_the_order_of_voices_tells_nothing() -> None:
    said = [voice("member", "mp3-128"), voice("anonymous", "lossless"), voice("member", "mp3-128")]
    assert vote.count(said) == vote.count(said[::-1])


@pytest.fixture
def session(database: Database):  # type: ignore[no-untyped-def]
    with database.write() as opened:
        for name, role in (("mia", "member"), ("rita", "reviewer"), ("rob", "reviewer"), ("root", "admin")):
            opened.add(Account(name=name, role=role, password_hash="", session_key="", created_at=utcnow()))
        for n in range(3):
            add_song(opened, f"s{n}")
        opened.flush()
        yield opened


def add_song(session: Session, id: str) -> None:
    session.add(
        Submission(
            id=id, owner_id="owner", file=f"{id}.flac", size_bytes=1, sha256=id * 32, kind="audio", claim=None,
            tasks=[TASK], keep_audio=False, created_at=utcnow(),
        )
    )  # fmt: skip


@pytest.fixture
def clock() -> Callable[[], datetime]:
    ticks = counter()
    start = utcnow()
    return lambda: start + timedelta(seconds=next(ticks))


@pytest.fixture
def say(session: Session, clock: Callable[[], datetime]) -> Say:
    def one(by: str, label: str | None, *, song: str = "s0", sure: str = "sure", basis: str = "look") -> None:
        found = submissions.get(session, song)
        decisions.say(session, found, by=by, task=TASK, label=label, basis=basis, sure=sure, now=clock())
        session.expire_all()

    return one


def trains(session: Session) -> dict[str, str]:
    return {row.submission_id: row.label for row in decisions.accepted(session, TASK)}


def test_a_consensus_trains_and_ends_with_it(session: Session, say: Say) -> None:
    say("owner", "mp3-128", basis="own")
    assert trains(session) == {}
    say("account:rita", "mp3-128")
    assert trains(session) == {"s0": "mp3-128"}
    say("account:rita", None)
    assert trains(session) == {}
    say("account:rita", "mp3-128")
    assert trains(session) == {"s0": "mp3-128"}
    say("account:rob", "lossless")
    assert trains(session) == {}


def test_decisions_are_appended_never_changed(session: Session, say: Say) -> None:
    say("owner", "mp3-128", basis="own")
    say("account:rita", "mp3-128")
    before = [(row.id, row.label) for row in session.scalars(select(Decision))]
    say("account:rita", None)
    after = [(row.id, row.label) for row in session.scalars(select(Decision).order_by(Decision.id))]
    assert after[: len(before)] == before
    assert after[-1][1] is None


def test_saying_the_same_again_decides_nothing_new(session: Session, say: Say) -> None:
    for _ in range(3):
        say("owner", "mp3-128", basis="own")
        say("account:rita", "mp3-128")
    assert len(session.scalars(select(Decision)).all()) == 1


def test_a_disabled_account_is_no_longer_heard(session: Session, say: Say) -> None:
    say("owner", "mp3-128", basis="own")
    session.scalars(select(Account).where(Account.name == "rita")).one().disabled_at = utcnow()
    session.flush()
    say("account:rita", "mp3-128")
    say("account:gone", "mp3-128")
    assert trains(session) == {}


def test_retraining_asks_for_what_is_new(session: Session, say: Say, clock: Callable[[], datetime]) -> None:
    for song in ("s0", "s1"):
        say("owner", "mp3-128", song=song, basis="own")
        say("account:rita", "mp3-128", song=song)
    first, second = decisions.accepted(session, TASK)
    assert decisions.accepted(session, TASK, after_id=first.decision_id) == [second]
    assert decisions.accepted(session, TASK, after_id=second.decision_id) == []
    between = clock()
    assert decisions.count_accepted_since(session, TASK, between) == 0
    say("owner", "mp3-160", song="s2", basis="own")
    say("account:rita", "mp3-160", song="s2")
    assert decisions.count_accepted_since(session, TASK, between) == 1
    assert decisions.accepted(session, "genre") == []
    assert 0 < second.weight <= 1


def test_an_admin_settles_a_conflict_and_the_log_says_so(
    session: Session, say: Say, clock: Callable[[], datetime]
) -> None:
    say("account:rita", "mp3-128")
    say("account:rob", "lossless")
    (case,) = cases(session, TASK)
    assert case.outcome.state == "conflict"
    settle = {"by": "account:root", "now": clock()}
    decisions.decide(session, "s0", TASK, label="lossless", why="", seen=case.token, **settle)
    assert trains(session) == {"s0": "lossless"}
    assert cases(session, TASK) == []
    act = session.scalars(select(Act)).one()
    assert (act.by, act.act, act.on, act.facts["label"]) == ("account:root", "label.accept", "s0", "lossless")


def test_voices_do_not_overrule_an_admin_but_bring_it_back(
    session: Session, say: Say, clock: Callable[[], datetime]
) -> None:
    say("account:rita", "mp3-128")
    (case,) = cases(session, TASK)
    decisions.decide(
        session, "s0", TASK, label=None, why="vinyl", by="account:root", seen=case.token, now=clock()
    )
    assert (trains(session), cases(session, TASK)) == ({}, [])
    say("account:rob", "mp3-128")
    say("owner", "mp3-128", basis="own")
    assert trains(session) == {}
    assert [case.submission_id for case in cases(session, TASK)] == ["s0"]


def test_the_second_of_two_admins_is_told(session: Session, say: Say, clock: Callable[[], datetime]) -> None:
    say("account:rita", "mp3-128")
    (case,) = cases(session, TASK)
    common = {"why": "heard it", "seen": case.token}
    decisions.decide(session, "s0", TASK, label="mp3-128", by="account:root", now=clock(), **common)
    with pytest.raises(Conflict):
        decisions.decide(session, "s0", TASK, label=None, by="account:eva", now=clock(), **common)
    assert trains(session) == {"s0": "mp3-128"}


def test_a_voice_that_came_meanwhile_is_looked_at_first(
    session: Session, say: Say, clock: Callable[[], datetime]
) -> None:
    say("account:rita", "mp3-128")
    (case,) = cases(session, TASK)
    say("account:rob", "lossless")
    with pytest.raises(Conflict):
        decisions.decide(
            session, "s0", TASK, label="mp3-128", why="", by="account:root", seen=case.token, now=clock()
        )


@pytest.mark.parametrize(
    ("label", "why", "error"), [(None, " ", NoReason), ("mp3-13", "", UnknownLabel)], ids=str
)
def test_leaving_out_takes_a_reason_and_accepting_a_class(
    session: Session, say: Say, label: str | None, why: str, error: type[Exception]
) -> None:
    say("account:rita", "mp3-128")
    (case,) = cases(session, TASK)
    with pytest.raises(error):
        decisions.decide(
            session, "s0", TASK, label=label, why=why, by="account:root", seen=case.token, now=utcnow()
        )


def test_conflicts_are_listed_before_lone_voices(session: Session, say: Say) -> None:
    say("account:rita", "mp3-128", song="s0")
    say("account:rob", "lossless", song="s0")
    say("account:rita", "mp3-128", song="s1")
    say("account:rob", None, song="s2")
    assert [(case.submission_id, case.outcome.state) for case in cases(session, TASK)] == [
        ("s0", "conflict"),
        ("s1", "waiting"),
    ]


def test_the_browser_of_an_account_is_no_second_voice(session: Session, say: Say) -> None:
    say("owner", "mp3-128", basis="own")
    found = submissions.get(session, "s0")
    decisions.say(
        session,
        found,
        by="account:rita",
        also="owner",
        task=TASK,
        label="mp3-128",
        basis="look",
        now=utcnow(),
    )
    assert trains(session) == {}
    assert [voice.by for voice in decisions.voices(session, "s0", TASK)] == ["account:rita"]
