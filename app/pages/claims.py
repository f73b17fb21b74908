"""What is claimed beside what was measured, row by row."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.pages.words import codec, khz, sound

NOT_YET = "measuring"


@dataclass(frozen=True, slots=True)
class Row:
    what: str
    claimed: str
    measured: str = ""


def rows(answer: Mapping[str, Any], *, words: Callable[[str], str]) -> list[Row]:
    """Rows of the table; ``words`` turns a class id into a person's words."""
    declared, quality = answer.get("declared") or {}, answer.get("quality")
    table = [
        Row("coding", codec(declared), _finding(answer, words=words)),
        Row("bought as", words(answer["claim"]) if answer.get("claim") else ""),
        Row("highest sound", _lowpass(declared), _cutoff(quality)),
        Row("sound", sound(declared)),
        Row("encoder", str(declared.get("encoder") or "")),
    ]
    return [row for row in table if row.claimed or (row.measured and row.measured != NOT_YET)]


def _finding(answer: Mapping[str, Any], *, words: Callable[[str], str]) -> str:
    quality = answer.get("quality")
    if quality is None:
        under_way = answer.get("status") in ("queued", "decoding", "measuring")
        return NOT_YET if under_way and "quality" in answer["tasks"] else ""
    if quality["verdict"] == "undecided":
        return f"undecided, perhaps {words(quality['label'])}"
    return words(quality["label"])


def _lowpass(declared: Mapping[str, Any]) -> str:
    lowpass = (declared.get("details") or {}).get("lowpass_hz")
    return f"{khz(float(lowpass))} (LAME tag)" if lowpass else ""


def _cutoff(quality: Mapping[str, Any] | None) -> str:
    if not quality:
        return ""
    return khz(quality["cutoff_hz"]) if quality.get("cutoff_hz") else "no cutoff found"
