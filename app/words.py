"""Every sentence with which the application itself refuses; those about a recording stand in ml.words."""

from collections.abc import Callable
from typing import Any, Final

from app.errors import AppError
from ml.errors import LineageError

_SENTENCES: Final[dict[str, str]] = {
    "app": "That didn't work.",
    "not_found": "There is nothing at this address. It may have been deleted, or the link is incomplete.",
    "not_ready": "This isn't ready yet. Come back when the analysis is done.",
    "not_yours": "Only the person who sent this file can do that, from the browser it was sent with.",
    "login_needed": "This takes an account. Log in first, or send a token of yours that is still valid.",
    "not_allowed": "Your account can’t do that; it takes the role “{role}”. An admin of this site can give it.",
    "bad_name": "A name has 2 to 32 characters: small letters a to z, digits, - and _, beginning with a letter or digit.",
    "weak_password": "A password needs {least} to 200 characters, whichever you like, and can’t be the name itself.",
    "wrong_password": "That isn’t your present password, so nothing was changed.",
    "unknown_role": "“{role}” is not a role. Choose one of: {known}.",
    "no_account": "There is no account named “{name}”.",
    "name_taken": "There is an account named “{name}” already. Choose another name.",
    "last_admin": "{name} is the only admin left, and somebody has to run this site. Make another admin first.",
    "too_many_tokens": "An account has {most} tokens at most. Revoke one that you no longer use.",
    "sign_ups_closed": "This site makes no new accounts just now. You can send tracks and read answers without one.",
    "foreign_origin": "This request came from another site's page, so nothing was done. "
    "Open the page here and try again.",
    "no_file": "No file arrived. Choose one and send it again.",
    "too_many_files": "Send one file at a time; each gets its own page.",
    "unknown_task": "We can't answer “{task}”. What we can answer now: {known}.",
    "unknown_label": "“{label}” is not one of the classes of the {task} task.",
    "unknown_basis": "“{basis}” is not one of the known reasons. Choose one of: {known}.",
    "unknown_sure": "“{sure}” is not a way to be sure. Choose one of: {known}.",
    "no_reason": "Say why, in a few words: whoever labelled it will want to know.",
    "sheet_refused": "This spreadsheet was not read: {reason}.",
    "unknown_table": "“{what}” can’t be exported. What can be: {known}.",
    "unknown_format": "Nothing is exported as “{what}”. What can be had: {known}.",
    "too_late": "This has already ended ({state}).",
    "conflict": "Somebody else changed this first. Look at it again, then decide.",
    "bad_switch": "“{value}” doesn’t fit “{title}”. It takes: {allowed}.",
    "paused": "This site takes no new files just now. What was sent before can be read as always; "
    "please come back later.",
    "read_only": "This site can only be read just now: nothing can be sent, labelled or deleted. "
    "Nothing was changed; please come back later.",
    "training_already": "A model for {task} is being trained already. Wait for it, or cancel it first.",
    "gate_refused": "Not promoted: on the frozen test part the new model is significantly worse at {worse}. "
    "To promote it all the same, say why.",
    "no_ground": "Promoting against the gate takes a reason: it is kept in the log.",
    "not_usable": "{version} can’t answer here: {because}.",
    "nothing_before": "No earlier {task} model that could still answer has served before this one.",
    "busy": "{waiting} files are waiting already. Please try again in half a minute.",
    "storage_full": "The disk of this server is full, so your file was not stored. "
    "Try again later, or tell whoever runs this site.",
    "storage_failed": "The disk of this server refused to store your file. Try again in half a minute.",
    "database_busy": "The database is busy. Nothing was changed; please try again in a few seconds.",
    "worker_lost": "The analysis stopped unexpectedly {attempts} times, so we gave up. "
    "The file may be damaged in a way we don't know; nothing else was affected.",
    "internal": "The analysis failed because of a fault on our side. It has been noted.",
}


def sentence(error: LineageError) -> str:
    """What a person reads."""
    if not isinstance(error, AppError):
        return _about_the_file()(error)
    facts = {key: _listed(value) for key, value in error.facts.items()}
    return _SENTENCES[error.code].format_map(_Facts(facts))


def codes() -> frozenset[str]:
    """All that have a sentence."""
    return frozenset(_SENTENCES)


class _Facts(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "?"


def _listed(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple | set | frozenset) else str(value)


def _about_the_file() -> Callable[[LineageError], str]:
    from ml.words import error_sentence  # late: jobs without a file never need it

    return error_sentence
