"""Audio files to PCM and facts, in sandboxed child processes.

>>> from ml.decode import Limits
>>> Limits().max_duration_s
14400.0
"""

from ml.decode.blocks import Excerpt
from ml.decode.levels import Levels
from ml.decode.pcm import PcmStream, stream
from ml.decode.probe import probe
from ml.decode.recording import Recording, record
from ml.sandbox.limits import Limits

__all__ = ["Excerpt", "Levels", "Limits", "PcmStream", "Recording", "probe", "record", "stream"]
