"""What those who run the site read: acts, classes and switches in words."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from app.admin import switches
from app.admin.switches import KINDS, as_text
from app.admin.tables import Act, Switch
from ml.words import label_words

_ACTS: Final = {
    "account.create": "made an account ({role})",
    "account.sign_up": "signed up",
    "account.role": "changed the role from {from} to {to}",
    "account.disable": "disabled the account",
    "account.enable": "enabled the account again",
    "account.password": "changed the password",
    "token.create": "made a token",
    "token.revoke": "revoked a token",
    "label.recount": "counted labels anew, which changed what trains for {changed} of {of} songs",
    "switch.set": "changed the switch from {from} to {to}",
}


def act_words(act: Act) -> str:
    """A sentence's predicate; acts without one show their facts.

    >>> act_words(Act(act="account.role", on="mia", facts={"from": "member", "to": "reviewer"}))
    'changed the role from member to reviewer'
    >>> act_words(Act(act="model.promote", on="q2", facts={"from": "q1"}))
    'model.promote (from: q1)'
    """
    facts = {name: _plain(value) for name, value in act.facts.items()}
    if act.act in _ACTS:
        return _ACTS[act.act].format_map(_Facts(facts))
    listed = ", ".join(f"{name}: {value}" for name, value in facts.items())
    return f"{act.act} ({listed})" if listed else act.act


def on_words(act: Act) -> str:
    """What it was done to; a switch by its title."""
    return KINDS[act.on].title if act.act == "switch.set" and act.on in KINDS else act.on


def class_words(label: str) -> str:
    """A class of any task."""
    try:
        return label_words(label)
    except (KeyError, ValueError):
        return label


def switch_rows(stored: Mapping[str, Switch]) -> Iterable[dict[str, Any]]:
    """All switches as the form shows them."""
    for name, kind in KINDS.items():
        row = stored.get(name)
        now = as_text(switches.of(name, row))
        is_switch = isinstance(kind.default, bool)
        yield {
            "name": name,
            "kind": kind,
            "now": now,
            "default": as_text(kind.default),
            "choices": ("on", "off") if is_switch else kind.choices,
            "step": "any" if isinstance(kind.default, float) else "1",
            "changed": row,
        }


def _plain(value: Any) -> str:
    return as_text(value) if isinstance(value, bool | int | float | str) else str(value)


class _Facts(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "?"
