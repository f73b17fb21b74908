"""Krippendorff's alpha against published examples."""

import random

import pytest
from flask.testing import FlaskClient

from app.context import Context
from app.labels import agreement
from app.labels.agreement import alpha
from tests.app.conftest import API, send
from tests.app.fakes import wav

MISSING = "."


def units(*observers: str) -> list[list[str]]:
    """Rows are observers, columns are what they observed."""
    return [[value for value in unit if value != MISSING] for unit in zip(*observers, strict=True)]


PUBLISHED = [
    (units("0100000010", "1110010000"), 0.095, 20),
    (units("aabbdcccedda", "babbbccceddd"), 0.692, 24),
    (units("123321412...", "1233224125.3", ".3332342251.", "12332441251."), 0.743, 40),
]
"""Krippendorff 2011, Computing Krippendorff's Alpha-Reliability: sections A (binary), B (names), C (missing
values, as names)."""


@pytest.mark.parametrize(("observed", "published", "n"), PUBLISHED)
def test_as_published(observed: list[list[str]], published: float, n: int) -> None:
    found = alpha(observed)
    assert found.alpha == pytest.approx(published, abs=0.0006)
    assert found.values == n


def test_one_means_always() -> None:
    assert alpha([["a", "a", "a"], ["b", "b"], ["c", "c"]]).alpha == 1.0


def test_worse_than_chance_is_below_zero() -> None:
    found = alpha([["a", "b"], ["b", "a"]] * 10).alpha
    assert found is not None
    assert found < 0


def test_chance_is_zero() -> None:
    chance = random.Random(1)
    found = alpha([[chance.choice("abc"), chance.choice("abc")] for _ in range(5000)]).alpha
    assert found == pytest.approx(0.0, abs=0.03)


@pytest.mark.parametrize("observed", [[], [["a"]], [["a", "a"], ["a", "a"]]], ids=str)
def test_nothing_is_said_where_nothing_can_be(observed: list[list[str]]) -> None:
    assert alpha(observed).alpha is None


def test_who_labels_alone_says_nothing_about_agreement() -> None:
    some = [["a", "a"], ["b", "a"], ["b", "b"]]
    assert alpha([*some, ["a"], ["b"], ["c"]]) == alpha(some)


def test_the_names_of_classes_do_not_matter() -> None:
    some = [["a", "a"], ["b", "a"], ["b", "b", "c"]]
    other = [[{"a": "x", "b": "y", "c": "z"}[value] for value in unit] for unit in some]
    assert alpha(some) == alpha(other)


def test_of_the_last_words_of_each_person(
    context: Context, owner: FlaskClient, reviewer: FlaskClient, admin: FlaskClient
) -> None:
    ids = [send(owner, wav(seed=n))["id"] for n in range(3)]
    for client, said in (
        (owner, ("mp3-160", "lossless", None)),
        (reviewer, ("mp3-128", "lossless", "aac-96")),
    ):
        for id, label in zip(ids, said, strict=True):
            _say(client, id, label)
    _say(owner, ids[0], "mp3-128")  # thought better of it
    with context.database.read() as session:
        found = agreement.of_task(session, "quality")
        assert (found.alpha, found.units, found.values) == (1.0, 2, 4)
        assert agreement.of_task(session, "quality", blind=True).units == 0
    _say(admin, ids[0], "lossless")
    with context.database.read() as session:
        worse = agreement.of_task(session, "quality").alpha
    assert worse is not None
    assert worse < 1.0
    assert "α" in reviewer.get("/review").text
    assert f"{worse:.2f}" in admin.get("/admin/labels").text


def _say(client: FlaskClient, id: str, label: str | None) -> None:
    said = {"task": "quality", "label": label, "basis": "own"}
    assert client.post(f"{API}/{id}/labels", json=said).status_code == 201
