"""Laws of a Recording: it holds the file's PCM, exactly, and nothing of how the PCM came."""

import io
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from ml.decode import Recording, record, stream
from ml.decode.blocks import BLOCK, MOST_BLOCKS
from ml.encode import encode
from ml.errors import Cancelled
from ml.spectrogram.accumulate import Spectrogram
from ml.spectrogram.pictures import Pictures
from tests import signals

Write = Callable[[bytes], Path]
LOSSLESS: dict[str, dict[str, Any]] = {
    "wav": {"codec": "pcm_s16le", "container": "wav"},
    "w64": {"codec": "pcm_s16le", "container": "w64"},
    "rf64": {"codec": "pcm_s16le", "container": "wav", "options": {"rf64": "always"}},
    "wav 24": {"codec": "pcm_s24le", "container": "wav"},
    "wav float": {"codec": "pcm_f32le", "container": "wav"},
    "wav double": {"codec": "pcm_f64le", "container": "wav"},
    "aiff": {"codec": "pcm_s16be", "container": "aiff"},
    "caf": {"codec": "pcm_s16be", "container": "caf"},
    "flac 0": {"codec": "flac", "container": "flac", "options": {"compression_level": "0"}},
    "flac 8": {"codec": "flac", "container": "flac", "options": {"compression_level": "8"}},
    "flac in ogg": {"codec": "flac", "container": "ogg"},
    "flac in matroska": {"codec": "flac", "container": "matroska"},
    "alac": {"codec": "alac", "container": "ipod"},
    "alac in caf": {"codec": "alac", "container": "caf"},
    "tagged": {
        "codec": "flac",
        "container": "flac",
        "metadata": {"title": "T" * 9999, "encoder": "x"},
    },
}
LOSSY: dict[str, dict[str, Any]] = {
    "mp3": {"codec": "libmp3lame", "container": "mp3", "kbps": 128},
    "mp3 in mp4": {"codec": "libmp3lame", "container": "mp4", "kbps": 128},
    "aac": {"codec": "aac", "container": "ipod", "kbps": 128},
    "aac adts": {"codec": "aac", "container": "adts", "kbps": 128},
    "aac in matroska": {"codec": "aac", "container": "matroska", "kbps": 128},
    "opus": {"codec": "libopus", "container": "ogg", "kbps": 96, "sr": 48000},
    "opus in webm": {"codec": "libopus", "container": "webm", "kbps": 96, "sr": 48000},
    "ac3": {"codec": "ac3", "container": "ac3", "kbps": 192},
    "eac3": {"codec": "eac3", "container": "eac3", "kbps": 192},
    "wma": {"codec": "wmav2", "container": "asf", "kbps": 192},
    "mp2": {"codec": "mp2", "container": "mp2", "kbps": 256},
}


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> tuple[Recording, Spectrogram]:
    path = tmp_path_factory.mktemp("reference") / "a.wav"
    path.write_bytes(signals.encode(_sixteen()))
    return draw(path)


def draw(path: Path) -> tuple[Recording, Spectrogram]:
    pictures: list[Pictures] = []
    recording = record(path, on_drawn=pictures.append)
    (picture,) = pictures
    return recording, picture.spectrogram


@pytest.mark.parametrize("name", LOSSLESS)
def test_the_same_pcm_is_the_same_recording(
    name: str, write: Write, reference: tuple[Recording, Spectrogram]
) -> None:
    first, drawn = reference
    other, picture = draw(write(signals.encode(_sixteen(), **LOSSLESS[name])))
    assert (other.sr, other.n_samples, other.n_channels) == (44100, first.n_samples, 2)
    assert other.levels == first.levels
    assert np.array_equal(picture.levels, drawn.levels)
    assert len(other.excerpts) == len(first.excerpts) == 1
    assert np.array_equal(other.excerpts[0].y, first.excerpts[0].y)


@pytest.mark.parametrize(
    ("bits", "container"),
    [(8, "wav"), (16, "wav"), (24, "wav"), (16, "flac"), (24, "flac"), (16, "aiff"), (24, "aiff")],
)
def test_integers_arrive_exactly(bits: int, container: str, write: Write) -> None:
    order = {"wav": "le", "aiff": "be"}.get(container, "")
    codec = "flac" if container == "flac" else "pcm_u8" if bits == 8 else f"pcm_s{bits}{order}"
    y = signals.quantised(signals.noise(rms=0.3), bits=bits)
    path = write(signals.encode(y, codec=codec, container=container, bits=bits))
    with stream(path) as pcm:
        assert pcm.bit_depth == bits
        decoded = np.concatenate(list(pcm), axis=1)
    assert decoded.dtype == np.float32
    assert np.array_equal(decoded, y)
    assert record(path).levels.effective_bits == bits


@pytest.mark.parametrize("name", LOSSY)
def test_lossy_decodes_stay_float(name: str, write: Write) -> None:
    settings = {"sr": 44100, **LOSSY[name]}
    y = signals.music(sr=settings["sr"])
    recording = record(write(signals.encode(y, **settings)))
    assert recording.sr == settings["sr"]
    assert recording.levels.effective_bits is None
    assert abs(recording.n_samples - y.shape[1]) <= 4096
    assert recording.levels.rms == pytest.approx(float(np.sqrt(np.mean(y**2))), rel=0.1)  # LAME takes 5 % off
    assert recording.faults == 0


def test_vorbis(write: Write) -> None:
    recording = record(write(encode(signals.music(), sr=signals.SR, label="vorbis-q5")))
    assert recording.levels.effective_bits is None
    assert recording.n_samples == 4 * signals.SR


@pytest.mark.parametrize("sr", [4000, 8000, 11025, 22050, 32000, 48000, 88200, 96000, 192000, 384000])
def test_any_rate_stays_as_it_is(sr: int, write: Write) -> None:
    recording, picture = draw(write(signals.encode(signals.tone(1000, sr=sr), sr=sr)))
    assert (recording.sr, recording.n_samples) == (sr, 2 * sr)
    assert float(picture.max_hz) == pytest.approx(min(24000, sr / 2), rel=0.01)


@pytest.mark.parametrize("channels", range(1, 9))
@pytest.mark.parametrize("codec", ["pcm_s16le", "flac"])
def test_the_first_two_channels_are_kept(channels: int, codec: str, write: Write) -> None:
    y = np.concatenate([signals.tone(200.0 * (c + 1)) for c in range(channels)])
    container = "wav" if codec == "pcm_s16le" else "flac"
    recording, picture = draw(write(signals.encode(y, codec=codec, container=container)))
    assert recording.n_channels == channels
    assert np.array_equal(recording.excerpts[0].y, signals.quantised(y[:2], bits=16)[:, : 2 * signals.SR])
    assert picture.channels == (("L",) if channels == 1 else ("L", "R", "M", "S"))


def test_sound_of_a_video(write: Write) -> None:
    y, out = signals.tone(1000, channels=2), io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        video = container.add_stream("mpeg4", rate=10)
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        audio = container.add_stream("aac", rate=signals.SR, layout="stereo")
        for _ in range(20):
            container.mux(video.encode(av.VideoFrame(64, 64, "yuv420p")))
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(y), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = signals.SR, 0, Fraction(1, signals.SR)
        for packets in (audio.encode(frame), audio.encode(None), video.encode(None)):
            container.mux(packets)
    assert record(write(out.getvalue())).n_samples == pytest.approx(2 * signals.SR, abs=4096)


@pytest.mark.parametrize("n_blocks", [1, 31, 32, 33, 64, 65, 200])
def test_excerpts_are_a_dyadic_choice(n_blocks: int, write: Write) -> None:
    sr, n = 8000, n_blocks * BLOCK - 7
    ramp = (np.arange(n) % 65521 - 32760).astype("<i2")
    recording = record(write(signals.wav(ramp.tobytes(), channels=1, sr=sr)))
    stride = 1
    while -(-n_blocks // stride) > MOST_BLOCKS:
        stride *= 2
    if stride == 1:
        assert [e.start for e in recording.excerpts] == [0]
    else:
        assert [e.start for e in recording.excerpts] == list(range(0, n, stride * BLOCK))
    for excerpt in recording.excerpts:
        end = excerpt.start + excerpt.y.shape[1]
        assert np.array_equal(excerpt.y[0], ramp[excerpt.start : end] / np.float32(32768))
    assert recording.n_samples == n


def test_levels_of_a_known_signal(write: Write) -> None:
    loud = signals.clipped(signals.tone(441, seconds=2, amplitude=0.5, channels=2), gain=4)
    y = np.concatenate([loud, signals.silence(seconds=2)], axis=1)
    levels = record(write(signals.encode(y))).levels
    assert levels.peak == 1.0
    assert levels.clipped_share == pytest.approx(0.5 * 2 / 3, abs=0.005)  # |2 sin| >= 1 for two thirds
    assert levels.silent_share == pytest.approx(0.5, abs=0.01)
    assert levels.dual_mono
    assert levels.dc == pytest.approx(0, abs=1e-3)


def test_levels_of_an_offset_and_of_stereo(write: Write) -> None:
    y = signals.noise(rms=0.05, seconds=3) + np.array([[0.1], [-0.25]], np.float32)
    levels = record(write(signals.encode(y))).levels
    assert levels.dc == pytest.approx(-0.25, abs=1e-3)
    assert not levels.dual_mono
    assert levels.rms == pytest.approx(np.sqrt(np.mean(y.astype(float) ** 2)), rel=1e-3)


def test_sixteen_bits_in_a_larger_box_are_sixteen_bits(write: Write) -> None:
    y = signals.quantised(signals.noise(), bits=16)
    for codec in ("pcm_s24le", "pcm_s32le", "pcm_f32le"):
        assert record(write(signals.encode(y, codec=codec))).levels.effective_bits == 16
    twelve = signals.quantised(signals.noise(), bits=12)
    assert record(write(signals.encode(twelve))).levels.effective_bits == 12


def test_progress_rises_and_cancelling_ends_it(write: Write) -> None:
    path = write(signals.encode(signals.noise(seconds=40)))
    seen: list[float] = []
    record(path, on_progress=seen.append)
    assert seen == sorted(seen)
    assert 0 < seen[0] < 0.5 < seen[-1] <= 1
    calls = iter([False, False, True])
    with pytest.raises(Cancelled):
        record(path, cancelled=lambda: next(calls))


def _sixteen() -> signals.Samples:
    return signals.quantised(signals.music(), bits=16)


def test_nothing_is_drawn_where_nobody_looks(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: Any) -> None:
        raise AssertionError("drawn")

    monkeypatch.setattr("ml.decode.recording.Drawing", refuse)
    path = write(signals.encode(_sixteen()))
    assert record(path).n_samples == _sixteen().shape[1]
    with pytest.raises(AssertionError, match="drawn"):
        draw(path)
