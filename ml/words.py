"""Every sentence about a recording, in one place: the same on page, command line and API.

Short, exact, kind. Say what was measured and how sure we are; never accuse.
"""

from collections.abc import Callable, Mapping
from math import ceil
from typing import Any, Final

from ml.errors import LineageError

FAMILY_WORDS: Final = {
    "lossless": "lossless",
    "mp3": "MP3",
    "aac": "AAC",
    "vorbis": "Ogg Vorbis",
    "opus": "Opus",
    "ac3": "AC-3",
    "wma": "WMA",
    "mp2": "MP2",
}

CODER_WORDS: Final = {
    "mp3": "MP3",
    "mp2": "MP2",
    "aac-sine": "AAC (sine window)",
    "aac-kbd": "AAC",
    "vorbis": "Vorbis",
    "opus": "Opus",
    "ac3": "AC-3",
    "wma": "WMA",
}

CHANNEL_WORDS: Final = {
    "L": "in the left channel",
    "R": "in the right channel",
    "M": "in the middle of both channels",
    "S": "in the difference of both channels",
}

CONTAINER_WORDS: Final = {
    "flac": "FLAC",
    "alac": "ALAC",
    "wav": "WAV",
    "aiff": "AIFF",
    "mp3": "MP3",
    "aac": "AAC",
    "vorbis": "Ogg Vorbis",
    "opus": "Opus",
    "ac3": "AC-3",
    "eac3": "E-AC-3",
    "mp2": "MP2",
    "wmav1": "WMA",
    "wmav2": "WMA",
    "wmapro": "WMA Pro",
}


def family_words(name: str) -> str:
    """Name of a coder family.

    >>> family_words("ac3"), family_words("lossless")
    ('AC-3', 'lossless')
    """
    return FAMILY_WORDS.get(name, name)


def label_words(label: str) -> str:
    """A class of any task as it stands in lists and on buttons.

    >>> [label_words(x) for x in ("mp3-128", "aac-256", "mp3-v0", "vorbis-q5", "lossless")]
    ['128 kbps (LAME)', '256 kbps (AAC)', 'V0 (LAME)', 'q5 (Ogg Vorbis)', 'lossless']
    >>> label_words("hiphop"), label_words("jazz")
    ('hip-hop', 'jazz')
    """
    name, _, rate = label.partition("-")
    if not rate:
        return FAMILY_WORDS.get(name) or genre_words(name)
    coder = "LAME" if name == "mp3" else family_words(name)
    return (
        f"{rate} kbps ({coder})" if rate.isdigit() else f"{rate.upper() if name == 'mp3' else rate} ({coder})"
    )


def coding_words(label: str) -> str:
    """A class within a sentence.

    >>> [coding_words(x) for x in ("mp3-128", "mp3-v0", "vorbis-q5", "opus")]
    ['MP3 of about 128 kbps', 'MP3 of V0 quality', 'Ogg Vorbis of about quality 5', 'Opus']
    """
    name, _, rate = label.partition("-")
    if not rate:
        return family_words(name)
    if rate.isdigit():
        return f"{family_words(name)} of about {rate} kbps"
    if name == "vorbis":
        return f"{family_words(name)} of about quality {rate[1:]}"
    return f"{family_words(name)} of {rate.upper()} quality"


def codec_words(codec: str | None, *, container: str | None = None) -> str:
    """A file's own format as people call it: the codec, and for bare samples the container.

    >>> codec_words("flac"), codec_words("pcm_s16le", container="aiff"), codec_words(None)
    ('FLAC', 'AIFF', 'this file')
    """
    if codec is None:
        return "this file"
    if codec.startswith("pcm_"):
        return CONTAINER_WORDS.get(container or "", (container or "PCM").upper())
    return CONTAINER_WORDS.get(codec, codec.upper())


def article(words: str) -> str:
    """a or an, as it is spoken.

    >>> article("MP3 of about 128 kbps"), article("WMA"), article("Opus")
    ('an MP3 of about 128 kbps', 'a WMA', 'an Opus')
    """
    return ("an " if words[:1] in "AEIMO" else "a ") + words


def genuine_lossless(*, file: str) -> str:
    return f"Genuinely lossless: no coder has left its frame grid in this {file} recording."


def genuine_lossy(*, file: str, kbps: float | None) -> str:
    return f"What it says it is: {file}{_of(kbps)}, and no earlier lossy coding shows."


def genuine_faint(*, file: str, kbps: float | None) -> str:
    return f"What it says it is, as far as one can see: {file}{_of(kbps)}; nothing worse shows in the sound."


def transcode_to_lossless(label: str, *, file: str) -> str:
    return f"Not lossless: this was {coding_words(label)} before it became {file}."


def transcode_to_lossy(label: str, *, file: str, kbps: float | None) -> str:
    claimed = f"{kbps:.0f} kbps {file}" if kbps else file
    return f"Not a real {claimed}: this was {article(coding_words(label))} before."


def _of(kbps: float | None) -> str:
    return f" of {kbps:.0f} kbps" if kbps else ""


def upsampled(*, sample_rate: int, true_rate: int) -> str:
    return (
        f"Not a true {sample_rate / 1000:g} kHz recording: the sound ends at {true_rate / 2000:g} kHz, "
        f"where a {true_rate / 1000:g} kHz recording ends."
    )


LOWPASS: Final = {
    "fm": "A steady line at 19 kHz and nothing else above 15 kHz: the pilot tone of FM radio, whose sound ends there.",
    "resampler": "Nothing comes above {khz} kHz, where a {rate} kHz recording ends: it looks resampled from there.",
    "wall": "The edge at {khz} kHz is as steep as a coder’s low-pass, but no frame grid stands behind it: studio "
    "filters and samplers end like that, too.",
    "converter": "The edge at {khz} kHz is where many converters filter; a coder’s would come with its frame grid.",
    "slope": "The treble fades by {drop} dB over the last octave and is lost in the noise from {khz} kHz on: a natural "
    "end, as of tape, voices and dark instruments. A coder’s low-pass is a wall.",
}
CONVERTERS_FROM: Final = 20000
"""Hz; MP3 of 320 kbps ends there, and so do the filters of many a converter."""


def lowpass_words(kind: str, *, hz: float, drop: float, rate: int | None = None) -> str:
    """Why the treble ends where it does; kind is a key of LOWPASS.

    >>> lowpass_words("resampler", hz=15900, drop=40, rate=32000)
    'Nothing comes above 15.9 kHz, where a 32 kHz recording ends: it looks resampled from there.'
    """
    kind = "converter" if kind == "wall" and hz >= CONVERTERS_FROM else kind
    return LOWPASS[kind].format(khz=f"{hz / 1000:.1f}", drop=f"{drop:.0f}", rate=f"{(rate or 0) / 1000:g}")


def edit_words(coder: str, *, start_s: float, within_s: float, before: int, after: int) -> str:
    """Where a frame grid jumps, and what that means.

    >>> edit_words("mp3", start_s=67.3, within_s=0, before=289, after=101)
    'At 1:07 the MP3 frame grid jumps from offset 289 to 101: something was cut out or pasted in there.'
    >>> edit_words("aac-kbd", start_s=67.3, within_s=2.5, before=0, after=512)[:44]
    'Between 1:04 and 1:10 the AAC frame grid jum'
    """
    when = f"At {_clock(start_s)}"
    if within_s >= 0.5:
        when = f"Between {_clock(start_s - within_s)} and {_clock(ceil(start_s + within_s))}"
    return (
        f"{when} the {CODER_WORDS[coder]} frame grid jumps from offset {before} to {after}: "
        "something was cut out or pasted in there."
    )


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(max(seconds, 0.0)), 60)
    return f"{minutes}:{rest:02d}"


def replica_words(*, crossover_hz: float, lag_bands: int) -> str:
    """What a copied treble means.

    >>> replica_words(crossover_hz=8268.75, lag_bands=14)
    'Above 8.3 kHz the sound is a copy of the band below, shifted up by 14 subbands: HE-AAC’s band replication.'
    """
    return (
        f"Above {crossover_hz / 1000:.1f} kHz the sound is a copy of the band below, "
        f"shifted up by {lag_bands} subbands: HE-AAC’s band replication."
    )


UNDECIDED: Final = {
    "mono": "Can’t tell: both channels are (nearly) the same, where high bitrates leave almost no trace.",
    "short": "Can’t tell: the clip is too short for a clear trace. Ten seconds or more would settle it.",
    "rate": "Can’t tell: at a sampling rate of {rate} kHz the treble that would show it is gone; 32 kHz are needed.",
    "close": "Can’t tell: the traces fit {first} ({p_first}) and {second} ({p_second}).",
    "foreign": "Can’t tell: {codec} is a coder we have not learnt to read.",
}


def undecided(reason: str, **facts: str) -> str:
    """Why no verdict is given; reason is a key of UNDECIDED."""
    return UNDECIDED[reason].format(**facts)


def genre_words(label: str) -> str:
    """A genre within a sentence.

    >>> genre_words("hiphop"), genre_words("jazz")
    ('hip-hop', 'jazz')
    """
    return {"hiphop": "hip-hop"}.get(label, label)


def genre_sentence(label: str, p: float) -> str:
    """
    >>> genre_sentence("hiphop", 0.87)
    'Sounds like hip-hop (87 %).'
    """
    return f"Sounds like {genre_words(label)} ({percent(p)})."


UNDECIDED_GENRE: Final = {
    "short": "Can’t tell the genre: at least {seconds} s of sound are needed.",
    "strange": "Can’t tell the genre: it is unlike the songs that this was learnt from.",
    "close": "Can’t tell the genre: it could be {first} ({p_first}) or {second} ({p_second}).",
}


def undecided_genre(reason: str, **facts: str) -> str:
    """Why no genre is given; reason is a key of UNDECIDED_GENRE."""
    return UNDECIDED_GENRE[reason].format(**facts)


def percent(p: float) -> str:
    """A probability, never rounded up to certainty.

    >>> percent(0.9999), percent(0.973), percent(0.0002)
    ('over 99 %', '97 %', 'under 1 %')
    """
    if p > 0.99:
        return "over 99 %"
    return "under 1 %" if p < 0.01 else f"{100 * p:.0f} %"


ERRORS: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "empty": lambda f: "The file is empty: nothing arrived. Send it again from a place where it plays.",
    "not_audio": lambda f: (
        "No sound was found in this file. Send MP3, AAC, ALAC, FLAC, WAV, AIFF, Ogg Vorbis or Opus."
    ),
    "forbidden_format": lambda f: (
        f"This is {f.get('found', 'a format')}, which is not read here. Send the recording itself as MP3, AAC, ALAC, "
        "FLAC, WAV, AIFF, Ogg Vorbis or Opus."
    ),
    "protected": lambda f: (
        "The file is copy-protected, so its sound can’t be read. A copy without protection can."
    ),
    "undecodable": lambda f: (
        "The file is damaged: its sound can’t be decoded"
        f"{' (' + str(f['reason']) + ')' if f.get('reason') else ''}. Try a fresh copy."
    ),
    "too_short": lambda f: (
        f"Only {f.get('duration_s', 0)} s of sound: at least {f.get('minimum_s', 1):g} s are needed, "
        "10 s make a clear answer likely."
    ),
    "too_long": lambda f: (
        f"Longer than {float(f.get('maximum_s', 14400)) / 3600:g} hours. Send a part of it; any part will do."
    ),
    "too_big": lambda f: (
        f"Too big: {f.get('what', 'size')} is over the limit of {f.get('maximum', '')}. Send a part."
    ),
    "silent": lambda f: "There is only silence in this file: nothing to measure. Was the right one sent?",
    "bad_picture": lambda f: "This picture can’t be read. Send a PNG, JPEG or WebP of a spectrogram.",
    "decoder_crashed": lambda f: (
        "The decoder broke down over this file; it is probably damaged. Try a fresh copy."
    ),
    "decoder_out_of_memory": lambda f: (
        "The file asks for more memory than is allowed. It is damaged or made to do harm."
    ),
    "decoder_timeout": lambda f: (
        "Decoding took too long and was stopped. The file is damaged or far too complex."
    ),
    "sandbox": lambda f: "The decoder stopped before it answered. Try again, or try a fresh copy.",
    "cancelled": lambda f: "Stopped on request.",
    "model_tampered": lambda f: "A model file does not match its signature and was refused.",
    "model_mismatch": lambda f: "The model was made for other measurements than this version makes.",
    "encoder": lambda f: "An encoder for training could not be run.",
    "encoder_missing": lambda f: (
        f"The encoder {f.get('tool', '')} is not installed; python {f.get('script', 'scripts/encoders.py')} fetches it."
    ),
    "encoder_failed": lambda f: (
        f"The encoder {f.get('tool', '')} failed: {f.get('reason', 'no reason given')}."
    ),
}


def error_sentence(error: LineageError) -> str:
    """What went wrong and what to do, for the person who sent the file.

    >>> from ml.errors import TooShort
    >>> error_sentence(TooShort(duration_s=0.4, minimum_s=1.0))
    'Only 0.4 s of sound: at least 1 s are needed, 10 s make a clear answer likely.'
    """
    say = ERRORS.get(error.code)
    return say(error.facts) if say else "Something went wrong with this file; it was written down. Try again."
