"""Ids and passwords can be pasted anywhere."""

from app.exchange.cells import is_formula
from app.ids import unguessable


def test_none_looks_like_an_option_or_a_formula() -> None:
    drawn = [unguessable() for _ in range(2000)]  # of plain draws one in 32 would: all good by chance 1e-27
    assert all(id[0].isascii() and id[0].isalnum() for id in drawn)
    assert not any(map(is_formula, drawn))


def test_each_is_another_of_the_same_length() -> None:
    drawn = {unguessable() for _ in range(2000)}
    assert len(drawn) == 2000
    assert {len(id) for id in drawn} == {22}
    assert len(unguessable(bytes=15)) == 20


def test_every_first_letter_and_digit_comes() -> None:
    assert len({unguessable()[0] for _ in range(2000)}) == 62  # one missing by chance: 5e-13
