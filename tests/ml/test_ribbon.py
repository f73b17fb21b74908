"""The ribbon says what was found, in order, and no more than that."""

from typing import Any

import pytest

from ml.ribbon import boxes, sentence

MP3 = {"container": "mp3", "codec": "mp3", "kbps": 320.0, "bitrate_mode": "CBR"}
FLAC = {"container": "flac", "codec": "flac", "kbps": 900.0}
WAV = {"container": "wav", "codec": "pcm_s16le"}


def _found(label: str, confidence: float, **more: Any) -> dict[str, Any]:
    return {"family": label.partition("-")[0], "label": label, "confidence": confidence, **more}


def _answer(
    declared: dict[str, Any], verdict: str, *history: dict[str, Any], label: str = "lossless"
) -> dict[str, Any]:
    quality = {"verdict": verdict, "label": label, "confidence": 0.6, "history": list(history)}
    return {"declared": declared, "quality": quality}


def _titles(answer: dict[str, Any]) -> list[str]:
    return [box.title for box in boxes(answer)]


def test_a_dressed_up_mp3_shows_both_generations() -> None:
    answer = _answer(MP3, "transcode", _found("mp3-128", 0.97), _found("mp3-320", 0.9))
    assert _titles(answer) == ["lossless", "MP3 ~128", "MP3 320"]
    assert boxes(answer)[-1].caption == "as declared"


def test_its_own_coding_stands_there_even_when_only_the_older_one_was_found() -> None:
    assert _titles(_answer(MP3, "transcode", _found("mp3-128", 0.97))) == ["lossless", "MP3 ~128", "MP3 320"]


def test_a_genuine_file_has_nothing_between_source_and_itself() -> None:
    assert _titles(_answer(FLAC, "genuine")) == ["lossless", "FLAC"]
    assert _titles(_answer(MP3, "genuine", _found("mp3-320", 0.99), label="mp3-320")) == [
        "lossless",
        "MP3 320",
    ]


def test_a_faint_grid_that_the_verdict_did_not_believe_is_not_drawn() -> None:
    assert _titles(_answer(FLAC, "genuine", _found("opus-96", 0.4))) == ["lossless", "FLAC"]


def test_lossless_containers_have_double_walls() -> None:
    assert [boxes(_answer(declared, "genuine"))[-1].kind for declared in (FLAC, WAV, MP3)] == [
        "container",
        "container",
        "coding",
    ]


@pytest.mark.parametrize(("confidence", "first"), [(0.97, "lossless"), (0.93, "?")])
def test_it_only_says_lossless_source_when_the_oldest_coding_is_sure(confidence: float, first: str) -> None:
    assert _titles(_answer(FLAC, "transcode", _found("aac-256", confidence)))[0] == first


def test_undecided_is_drawn_as_doubt() -> None:
    drawn = boxes(_answer(WAV, "undecided", label="mp3-320"))
    assert [(box.title, box.uncertain) for box in drawn] == [("?", True), ("MP3 ~320", True), ("WAV", False)]
    assert "perhaps MP3 of about 320 kbps" in sentence(drawn)


def test_vbr_is_about() -> None:
    assert _titles(_answer({**MP3, "kbps": 243.0, "bitrate_mode": "VBR"}, "genuine"))[-1] == "MP3 ~243"


def test_the_sentence_reads_in_order() -> None:
    answer = _answer(MP3, "transcode", _found("mp3-128", 0.97), _found("mp3-320", 0.9))
    expected = "Lossless source, then MP3 of about 128 kbps (97 %), then MP3 of 320 kbps, which is the file you sent."
    assert sentence(boxes(answer)) == expected


def test_details_are_what_the_search_found() -> None:
    found = _found("aac-256", 0.99, offset=0, sigma=22.44, channel="S")
    detail = boxes(_answer(FLAC, "transcode", found))[1].detail
    assert detail == {"frame offset": "0 samples", "found in": "side", "strength": "22.4 σ"}


@pytest.mark.parametrize(
    "declared", [{}, {"codec": None, "container": None}, {"codec": "eac3", "kbps": 448.0}]
)
def test_strange_declarations_still_draw(declared: dict[str, Any]) -> None:
    assert len(boxes(_answer(declared, "genuine"))) == 2
