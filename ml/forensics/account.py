"""What was sent, as numbers from which the bitrate is read: how much, how evenly, and how finely it was rounded.

At a constant bitrate the frames' cost, added up, stays within the bit reservoir of a straight line, whatever the music
does; the steps move instead. At a constant quality the steps keep their distance to the sound, and the cost wanders.
"""

import warnings
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.forensics.blocks import KINDS
from ml.forensics.factors import factors
from ml.forensics.sent import Sent

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

BAND_EDGES_HZ: Final = (0, 1500, 4000, 8000, 12000, 16000, 20500)
PERCENTILES: Final = (5, 25, 50, 75, 95)
WINDOW_S: Final = 0.25
"""About ten frames of Layer III."""
LEAST_KNOWN: Final = 10
"""Fewer known steps say nothing of a band."""
LEAST_MOVE: Final = 0.02
"""Deviation of the loudness, in octaves, from which its slope means something."""

TOTALS: Final = (
    "kbps",
    *(f"kbps_p{p}" for p in PERCENTILES),
    "kbps_fitting",
    "kbps_sure",
    "kbps_spread",
    "kbps_window_least",
    "kbps_window_most",
    "kbps_window_spread",
    "wander",
    "reservoir",
    "slope",
    "fits",
    "mid_side",
    "mid_side_changes",
    "second",
    "short",
    "bridges",
    "top_step",
    "top_spread",
    "top_change",
    "fineness",
    "finest",
    "last_p50",
    "last_p90",
    "last_spread",
)
"""Mean, percentiles, the half of the frames that fits best, known steps alone, and windows of a quarter second, kbps;
spreads as shares of the mean; range of the added cost around its line, log2, in frames and in bits; octaves of cost an
octave of loudness; shares of bands on a lattice, in mid and side, and how often that changes; share of the cheaper
channel, of short blocks and of those beside them; a channel's largest step, log2; how much smaller the others are, on
average and at most; last line that is not zero, kHz."""

STATISTICS: Final = ("noise", "noise_spread", "step_spread", "size", "empty")
"""log2 of step over level, median and deviation; deviation of the step over the frames; log2 of the mean number; share
of zeros."""

SPARED: Final = (
    *(f"spared_{name}" for name in ("kbps", "p25", "p50", "p75", "fitting", "clear")),
    "copied",
    "filled",
)
"""The cost without bands that one channel copies from the other or that noise fills, kbps, and the shares of those: what
AAC's intensity stereo and noise substitution leave reads as rounded a second time, or finely, and doubles the cost.
Where nothing is loud enough to show a step, it is taken for no larger than those that would show. The mean of frames that
are read nearly whole is what the file spent, within 3 % for half of all: short blocks, clipping and filters over the
lines (temporal noise shaping) leave no lattice."""

SHAPED: Final = ("kbps_clear", "reservoir_clear", "raised", "coarse", "factors")
"""The cost of granules whose steps show, and the range of what it adds up to, as above: across a splice, in clipping and
in near silence the others read far too high. How the steps were sent: shares of granules whose treble is finer by the
standard's own table, which LAME's VBR nearly always uses and its CBR hardly ever, and of those whose steps are whole
octaves apart; bits of the factors, of which Shine has none."""

CLEAR: Final = 0.85
"""Share of a granule's bands on a lattice from which its cost is believed; at least half of all are."""

NAMES: Final = (*TOTALS, *(f"{name}_{hz}" for hz in BAND_EDGES_HZ[:-1] for name in STATISTICS))


def account(found: Sent, *, sr: int, length: int) -> dict[str, float]:
    """Every one of NAMES; NaN where there is nothing to see.

    length : samples from frame to frame
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # bands without any known step
        values = _cost(found, rate=sr / length / 1000) | _choices(found) | _steps(found, sr=sr)
    return {name: float(values[name]) for name in NAMES}


def spared(found: Sent, *, sr: int, length: int) -> dict[str, float]:
    """Every one of SPARED. length : samples from frame to frame"""
    kbps = found.spared.astype(np.float64) * (sr / length / 1000)
    quarters = np.percentile(kbps, (25, 50, 75))
    fitting = np.median(kbps[found.fits >= np.median(found.fits)])
    clear = kbps[_clear(found.read)].mean()
    values = (kbps.mean(), *quarters, fitting, clear, found.copied.mean(), found.filled.mean())
    return {name: float(value) for name, value in zip(SPARED, values, strict=True)}


def shaped(found: Sent, *, sr: int, length: int) -> dict[str, float]:
    """Every one of SHAPED; of Layer III's long blocks what is about factors, NaN where no step is known."""
    clear = _clear(found.fits)
    bits = found.bits.astype(np.float64)
    mean = float(bits[clear].mean())
    walk = _walk(np.where(clear, bits - mean, 0.0), found)
    known = np.isfinite(found.steps).any(axis=(1, 2))
    sent = factors(found.steps[known])
    return {
        "kbps_clear": mean * sr / length / 1000,
        "reservoir_clear": float(np.log2(walk + 1)),
        "raised": _mean(sent.raised),
        "coarse": _mean(sent.coarse),
        "factors": _mean(sent.bits),
    }


def _clear(shares: F32) -> NDArray[np.bool_]:
    return shares >= min(CLEAR, float(np.median(shares)))


def _walk(surplus: F64, found: Sent) -> float:
    """Range of what adds up within a stretch, the widest."""
    return max(float(np.ptp(np.cumsum(surplus[found.stretch == one]))) for one in np.unique(found.stretch))


def _mean(values: F32) -> float:
    there = values[np.isfinite(values)]
    return float(there.mean()) if there.size else np.nan


def _cost(found: Sent, *, rate: float) -> dict[str, float]:
    """rate : frames a millisecond"""
    kbps = found.bits.astype(np.float64) * rate
    mean = max(float(kbps.mean()), 1.0)
    wide = max(2, round(WINDOW_S * rate * 1000))
    windows, loudness = _windows(kbps, wide), _windows(found.loudness, wide)
    walk = _walk(kbps - kbps.mean(), found)
    fitting = found.fits >= np.median(found.fits)
    return {
        "kbps": mean,
        **{f"kbps_p{p}": float(np.percentile(kbps, p)) for p in PERCENTILES},
        "kbps_fitting": float(np.median(kbps[fitting])),
        "kbps_sure": float(found.sure.mean()) * rate,
        "kbps_spread": float(kbps.std()) / mean,
        "kbps_window_least": float(windows.min()),
        "kbps_window_most": float(windows.max()),
        "kbps_window_spread": float(windows.std()) / mean,
        "wander": float(np.log2(walk / mean + 1e-3)),
        "reservoir": float(np.log2(walk / rate + 1)),
        "slope": _slope(loudness, np.log2(windows + 1)),
    }


def _windows(values: F32 | F64, wide: int) -> F64:
    """Means over windows that overlap by half."""
    starts = range(0, max(len(values) - wide, 0) + 1, max(1, wide // 2))
    return np.array([values[at : at + wide].mean() for at in starts], dtype=np.float64)


def _slope(x: F64, y: F64) -> float:
    return float(np.polyfit(x, y, 1)[0]) if len(x) > 3 and x.std() > LEAST_MOVE else np.nan


def _choices(found: Sent) -> dict[str, float]:
    return {
        "fits": float(found.fits.mean()),
        "mid_side": float(found.mid_side.mean()),
        "mid_side_changes": float(np.abs(np.diff(found.mid_side)).mean()),
        "second": found.second,
        "short": float((found.kinds == KINDS.index("short")).mean()),
        "bridges": float(np.isin(found.kinds, [KINDS.index("start"), KINDS.index("stop")]).mean()),
    }


def _steps(found: Sent, *, sr: int) -> dict[str, float]:
    top = np.fmax.reduce(found.steps, axis=-1)
    under = top[..., None] - found.steps
    used = found.q > 0
    last = np.where(used.any(axis=-1), used.shape[-1] - used[..., ::-1].argmax(axis=-1), 0).max(axis=1)
    khz = last * (sr / 2000 / used.shape[-1])
    out = {
        "top_step": np.nanmedian(top),
        "top_spread": np.nanstd(top),
        "top_change": np.nanmedian(np.abs(np.diff(top, axis=0))),
        "fineness": np.nanmean(under),
        "finest": np.nanmean(np.fmax.reduce(under, axis=-1)),
        "last_p50": np.percentile(khz, 50),
        "last_p90": np.percentile(khz, 90),
        "last_spread": khz.std(),
    }
    middles = (found.bands[:-1] + found.bands[1:]) / 2 * (sr / 2 / used.shape[-1])
    for low, high in pairwise(BAND_EDGES_HZ):
        here = (middles >= low) & (middles < high)
        values = _band(
            found.steps[..., here],
            found.levels[..., here],
            found.q[..., np.repeat(here, np.diff(found.bands))],
        )
        out |= {f"{name}_{low}": value for name, value in zip(STATISTICS, values, strict=True)}
    return {name: float(value) for name, value in out.items()}


def _band(steps: F32, levels: F32, q: F32) -> tuple[float, ...]:
    if not q.size:
        return (np.nan,) * len(STATISTICS)
    size, empty = float(np.log2(q.mean() + 1e-3)), float((q == 0).mean())
    if np.isfinite(steps).sum() < LEAST_KNOWN:
        return np.nan, np.nan, np.nan, size, empty
    noise = steps - levels
    return np.nanmedian(noise), np.nanstd(noise), np.nanmedian(np.nanstd(steps, axis=0)), size, empty
