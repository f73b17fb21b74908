"""Where between two samples did the coder's own samples lie?

Sound that was coded at another rate is brought back to it, and the coder's lines come back with it: but only where the
new samples fall on the old ones. Cut off a sample at 48 kHz, and those at 44.1 kHz lie 147/160 of one beside them: half
a sample beside, an MP3 of 128 kbps shows a tenth of its holes and nothing of its steps. As both rates have a
sample together every 160 (or 147), it is enough to try these.
"""

from collections.abc import Callable
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ml.forensics.grid import Grid, Pieces, Search, Transform
from ml.forensics.transforms import CODERS
from ml.forensics.trial import CLEAR, FRAMES, Bench, neutral_offsets

F32 = NDArray[np.float32]

REGIONS: Final = FRAMES // 2
"""Looked at: where samples fall on samples a lattice is clear at once."""

COARSE: Final = 8
"""Phases that are tried first; between those that are clearest, others are."""

CLEARER: Final = 2.0
"""Times the height of phase 0, which most sound has that was changed as a whole, and at least CLEAR, before another one
is believed."""

BESIDE: Final = 4
"""Samples that a grid may lie beside where it was found, blurred as it was there."""


def clearest_phase(
    pieces_of: Callable[[int], Pieces],
    grid: Grid,
    *,
    transform: Transform,
    phases: int,
    noise: float,
) -> int:
    """The phase, 0 to ``phases`` - 1, at which the grid's lattice is clearest; 0 where no lattice is known.

    pieces_of : phase -> the signal at the grid's rate, in 16-bit steps, as :class:`Search` takes it
    noise : as for :func:`ml.forensics.trial.judge`
    """
    coder = CODERS.get(grid.coder)
    if coder is None or not coder.laws:
        return 0
    suspects = [(grid.offset + beside) % coder.length for beside in range(-BESIDE, BESIDE + 1)]
    offsets = [*suspects, *neutral_offsets(coder)]

    @cache
    def height(phase: int) -> float:
        regions = Search(pieces_of(phase), sr=grid.sr, transform=transform).regions(REGIONS)
        bench = Bench(regions, coder=coder, offsets=offsets, sr=grid.sr, noise=noise)
        found = [trial.height for law in coder.laws if (trial := bench.best_of(suspects, law))]
        return max(found, default=0.0)

    best = max({round(k * phases / COARSE) % phases for k in range(COARSE)}, key=height)
    step = phases // (2 * COARSE)
    while step:
        best = max((best, (best - step) % phases, (best + step) % phases), key=height)
        step //= 2
    return best if height(best) > max(CLEAR, CLEARER * height(0)) else 0
