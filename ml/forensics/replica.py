"""Is the treble a copy of the band below it? HE-AAC's decoder makes it so (spectral band replication).

It copies subbands of a complex bank of 64, sr/128 wide each, an even number of them higher (ISO 14496-3, 4.6.18.6.3),
with gains that change slowly. Whatever the bank's own framing, a spectrum taken every 128 samples then shows each upper
bin turning in step with the one that it was copied from, for hundreds of frames. Music does not: harmonics of a steady
tone may do so by chance, but then at several distances at once; so the copy's distance must stand out from all others,
among them the odd ones, at which no copy can be, in both halves of the recording.

No HE-AAC encoder was at hand: what a copy reaches here was measured on simulations (tests/sbr.py).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft
from scipy.signal.windows import hann

from ml.forensics.grid import Pieces
from ml.units import Hz

F32 = NDArray[np.float32]
C64 = NDArray[np.complex64]

SUBBANDS: Final = 128
"""Subbands up to the sampling rate."""
HOP: Final = 128
"""At a distance of whole subbands, a copy turns by whole turns from frame to frame."""
N_FFT: Final = 512
BINS: Final = N_FFT // SUBBANDS
"""Bins a subband."""
FRAMES: Final = 128
"""In a block, over which a copy keeps in step: a third of a second."""
BLOCKS: Final = 20
LEAST_BLOCKS: Final = 4
"""How many blocks are looked at, spread over the track; how many must be heard in each half."""

RANGE_HZ: Final = (4000, 17000)
"""Where copies are looked for."""
LAGS: Final = np.arange(4, 34)
"""Distances in subbands; the even ones can be a copy's."""
WIDTH: Final = 8
"""Subbands that must agree on it."""

AUDIBLE: Final = 5.0
"""Power of a bin that counts, over that of rounding to 16 bits."""

LEAST_HEIGHT: Final = 0.3
"""Coherence over the best of all other distances."""


@dataclass(frozen=True, slots=True)
class Replica:
    """A band that is a copy."""

    crossover_hz: Hz
    """Where it begins."""
    lag_bands: int
    """How many subbands below it the original is."""
    height: float
    """Coherence at that distance less the highest at any other, in the worse half."""


def replica(pieces: Pieces, *, sr: int) -> Replica | None:
    """The copy that the treble is, or None.

    pieces : (start, y), y of shape (2, n) in 16-bit steps, at the rate that the coder had
    """
    found = strongest(pieces, sr=sr)
    return found if found is not None and found.height >= LEAST_HEIGHT else None


def strongest(pieces: Pieces, *, sr: int) -> Replica | None:
    """What comes nearest to a copy; None where there is too little treble to say."""
    blocks = _blocks(pieces)
    if len(blocks) < 2 * LEAST_BLOCKS:
        return None
    first, last = (round(hz / (sr / SUBBANDS)) for hz in RANGE_HZ)
    last = min(last, SUBBANDS // 2 - 1)
    if last - first < WIDTH:
        return None
    found = _coherence(_spectra(blocks), first=first, last=last)
    heights = _heights(found)
    if not np.isfinite(heights).any():
        return None
    lag, at = np.unravel_index(int(np.nanargmax(heights)), heights.shape)
    begin = _begin(found.mean(axis=0), lag=int(lag), at=int(at))
    return Replica(Hz((first + begin) * sr / SUBBANDS), int(LAGS[lag]), float(heights[lag, at]))


def _blocks(pieces: Pieces) -> F32:
    """Shape (n, samples): the louder channel, in blocks spread over the track."""
    length = (FRAMES - 1) * HOP + N_FFT
    places = [(y, at) for _, y in pieces for at in range(0, y.shape[1] - length + 1, FRAMES * HOP)]
    chosen = np.unique(np.linspace(0, len(places) - 1, min(BLOCKS, len(places))).astype(int))
    both = [places[i][0][:, places[i][1] : places[i][1] + length] for i in chosen]
    if not both:
        return np.empty((0, length), dtype=np.float32)
    every = np.stack(both)
    return np.ascontiguousarray(every[:, int((every**2).sum(axis=(0, 2)).argmax())])


def _spectra(blocks: F32) -> C64:
    """Shape (blocks, FRAMES, N_FFT // 2)."""
    window = hann(N_FFT, sym=False).astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(blocks, N_FFT, axis=1)[:, ::HOP]
    return np.ascontiguousarray(rfft(frames * window)[..., :-1])


def _coherence(spectra: C64, *, first: int, last: int) -> F32:
    """How far each upper subband keeps in step with those below: shape (2 halves, lags, subbands), NaN where unheard."""
    power = (spectra.real**2 + spectra.imag**2).sum(axis=1)
    heard = power > AUDIBLE * FRAMES * (hann(N_FFT, sym=False) ** 2).sum() / 12
    out = np.full((2, len(LAGS), last - first), np.nan, dtype=np.float32)
    for i, lag in enumerate(LAGS):
        begin = max(first, int(lag) + 1)
        up, down = slice(begin * BINS, last * BINS), slice((begin - lag) * BINS, (last - lag) * BINS)
        step = np.abs(np.einsum("btf,btf->bf", spectra[..., up], spectra[..., down].conj()))
        both = heard[:, up] & heard[:, down]
        coherence = np.where(both, step / np.sqrt(power[:, up] * power[:, down] + 1e-9), 0.0)
        for half in range(2):
            counts = both[half::2].reshape(-1, last - begin, BINS).sum(axis=(0, 2))
            sums = coherence[half::2].reshape(-1, last - begin, BINS).sum(axis=(0, 2))
            enough = counts >= LEAST_BLOCKS * BINS
            out[half, i, begin - first :] = np.where(enough, sums / np.maximum(counts, 1), np.nan)
    return out


def _heights(coherence: F32) -> F32:
    """Of WIDTH neighbouring subbands from each on: over the best other lag, shape (lags, subbands - WIDTH + 1)."""
    means = np.lib.stride_tricks.sliding_window_view(coherence, WIDTH, axis=2).mean(axis=-1)
    known = np.nan_to_num(means, nan=-1.0)
    ranked = np.sort(known, axis=1)
    best_other = np.where(known == ranked[:, -1:], ranked[:, -2:-1], ranked[:, -1:])
    heights = np.where((best_other < 0) | np.isnan(means), np.nan, means - best_other).min(axis=0)
    heights[LAGS % 2 == 1] = np.nan
    return np.asarray(heights)


def _begin(coherence: F32, *, lag: int, at: int) -> int:
    """The first of the subbands that keep in step at this lag: half as much as the best window is enough."""
    known = np.nan_to_num(coherence, nan=0.0)
    above = known[lag] - np.median(known, axis=0)
    least = 0.5 * float(above[at : at + WIDTH].mean())
    return next((s + 1 for s in range(at - 1, -1, -1) if above[s] < least), 0)
