"""Numbers as people read them, for the templates."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ml.ribbon import own_family
from ml.words import codec_words, label_words, percent

CHANNELS = {1: "mono", 2: "stereo"}


def khz(hz: float) -> str:
    """
    >>> khz(44100), khz(48000), khz(16073)
    ('44.1 kHz', '48 kHz', '16.07 kHz')
    """
    return f"{hz / 1000:.2f}".rstrip("0").rstrip(".") + " kHz"


def clock(seconds: float) -> str:
    """
    >>> clock(252.4), clock(3725), clock(9.2)
    ('4:12', '1:02:05', '0:09')
    """
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def ranking(answered: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All classes of a task's answer, the likeliest first."""
    ranked = sorted(answered["probabilities"].items(), key=lambda item: -item[1])
    return [{"words": label_words(label), "p": p} for label, p in ranked]


def size(n_bytes: int) -> str:
    """
    >>> size(812), size(10_485_760), size(3_000)
    ('812 bytes', '10.5 MB', '3.0 kB')
    """
    if n_bytes < 1000:
        return f"{n_bytes} bytes"
    return f"{n_bytes / 1000:.1f} kB" if n_bytes < 1_000_000 else f"{n_bytes / 1_000_000:.1f} MB"


def number(value: Any) -> str:
    """Four figures at most, the way an instrument shows them.

    >>> number(47.123), number(16073.2), number(0.01234), number("M"), number(-3)
    ('47.1', '16 073', '0.0123', 'M', '−3')
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if abs(value) >= 1000:
        text = f"{value:,.0f}".replace(",", " ")
    else:
        text = f"{value:.3g}" if abs(value) < 1 else f"{value:.1f}".removesuffix(".0")
    return text.replace("-", "−")


def codec(declared: Mapping[str, Any]) -> str:
    """
    >>> codec({"codec": "mp3", "kbps": 320.0, "bitrate_mode": "CBR"}), codec({"codec": "pcm_s16le", "container": "wav"})
    ('MP3, 320 kbps CBR', 'WAV')
    """
    if not declared.get("codec"):
        return ""
    name = codec_words(declared["codec"], container=declared.get("container"))
    if own_family(declared) is None or not declared.get("kbps"):
        return name
    return f"{name}, {declared['kbps']:.0f} kbps {declared.get('bitrate_mode') or ''}".strip()


def sound(declared: Mapping[str, Any]) -> str:
    """
    >>> sound({"sample_rate": 44100, "bit_depth": 16, "channels": 2, "duration_s": 252.4})
    '44.1 kHz, 16 bit, stereo, 4:12'
    """
    rate, bits, n, duration = (
        declared.get(k) for k in ("sample_rate", "bit_depth", "channels", "duration_s")
    )
    parts = [
        khz(rate) if rate else "",
        f"{bits} bit" if bits else "",
        CHANNELS.get(n, f"{n} channels") if n else "",
        clock(duration) if duration else "",
    ]
    return ", ".join(part for part in parts if part)


def moment(at: str | datetime, *, zone: str = " UTC") -> str:
    """
    >>> moment("2026-11-21T05:03:12+00:00"), moment("2026-11-21T05:03:12+00:00", zone="")
    ('21 Nov 2026, 05:03 UTC', '21 Nov 2026, 05:03')
    """
    when = datetime.fromisoformat(at) if isinstance(at, str) else at
    when = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    return f"{when.day} {when:%b %Y, %H:%M}{zone}"


FILTERS = {f.__name__: f for f in (khz, clock, size, number, percent, codec, sound, moment)}
