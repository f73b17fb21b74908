"""Why a measurement could not be made: one root, one class per reason.

Every class carries a stable ``code`` (the same word in the API, the command line and the
database) and the facts as attributes. The sentences a person reads stand in :mod:`ml.words`.
"""

from typing import Any, ClassVar


class LineageError(Exception):
    """Root of all errors this project raises on purpose."""

    code: ClassVar[str] = "error"

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        super().__init__(", ".join(f"{k}={v!r}" for k, v in facts.items()) or self.code)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.facts)


def _rebuild(cls: type[LineageError], facts: dict[str, Any]) -> LineageError:
    return cls(**facts)


class InputError(LineageError):
    """The file itself is the reason; sending it again changes nothing."""

    code = "input"


class EmptyFile(InputError):
    """No bytes at all."""

    code = "empty"


class NotAudio(InputError):
    """No audio stream that an allow-listed format and codec could read. Facts: ``found``."""

    code = "not_audio"


class ForbiddenFormat(InputError):
    """A format or codec outside the allow-list (playlists, network protocols). Facts: ``found``."""

    code = "forbidden_format"


class Protected(InputError):
    """Copy-protected (DRM). Facts: ``scheme``."""

    code = "protected"


class Undecodable(InputError):
    """Recognised, but broken: nothing usable could be decoded. Facts: ``reason``."""

    code = "undecodable"


class TooShort(InputError):
    """Facts: ``duration_s``, ``minimum_s``."""

    code = "too_short"


class TooLong(InputError):
    """Facts: ``duration_s``, ``maximum_s``."""

    code = "too_long"


class TooBig(InputError):
    """More bytes, channels or decoded samples than allowed. Facts: ``what``, ``value``, ``maximum``."""

    code = "too_big"


class Silent(InputError):
    """Nothing above the noise of 16 bits to measure. Facts: ``peak_db``."""

    code = "silent"


class BadPicture(InputError):
    """Not a PNG, JPEG or WebP picture of a usable size. Facts: ``reason``."""

    code = "bad_picture"


class SandboxError(LineageError):
    """The decoding child ended before it answered; the file is the likely cause."""

    code = "sandbox"


class DecoderCrashed(SandboxError):
    """Facts: ``signal`` or ``exit_code``."""

    code = "decoder_crashed"


class DecoderOutOfMemory(SandboxError):
    """Facts: ``limit_bytes``."""

    code = "decoder_out_of_memory"


class DecoderTimeout(SandboxError):
    """Facts: ``limit_s``."""

    code = "decoder_timeout"


class Cancelled(LineageError):
    """The caller asked to stop."""

    code = "cancelled"


class ModelError(LineageError):
    """A model file was refused."""

    code = "model"


class ModelTampered(ModelError):
    """Bytes do not match the signature or hash. Facts: ``path``."""

    code = "model_tampered"


class ModelMismatch(ModelError):
    """Trained for other features, classes or library versions. Facts: ``expected``, ``found``."""

    code = "model_mismatch"


class EncoderError(LineageError):
    """An encode for training or tests could not be made; nobody's upload is the reason."""

    code = "encoder"


class EncoderMissing(EncoderError):
    """A program of its own that is not installed here. Facts: ``tool``, ``script`` that fetches it."""

    code = "encoder_missing"


class EncoderFailed(EncoderError):
    """Facts: ``tool``, ``reason``."""

    code = "encoder_failed"
