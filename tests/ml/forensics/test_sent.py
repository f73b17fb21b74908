"""What is counted is what the file holds."""

import io
from functools import cache

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from ml.encode import decode, encode
from ml.forensics.account import NAMES, SHAPED, SPARED, account, shaped, spared
from ml.forensics.blocks import KINDS, Frames, edges
from ml.forensics.parts import copied_bands, tuned_bands
from ml.forensics.sent import CLEAN, MOST_FRAMES, MOST_IN_ALL, Sent, sent, sent_in_all
from ml.forensics.transforms import CODERS, consecutive
from tests.coded import at_steps
from tests.signals import SR, music

OFFSET = {"mp3": 48, "aac-kbd": 0}


@cache
def found(
    label: str, *, clicks: bool = False, depth: str = "float", gain: float = 1.0, level: float = 1.0
) -> tuple[Sent, float, int]:
    """(what was sent, kbps of the file, sampling rate)"""
    y = music(seconds=4.0) * np.float32(level)
    if clicks:
        y = y * 0.05
        y[:, 11000::11025] += 0.8
    data = encode(y, sr=SR, label=label)
    with av.open(io.BytesIO(data), "r") as container:
        sizes = [packet.size for packet in container.demux(container.streams.audio[0]) if packet.size]
    z, sr = decode(data, depth=depth)  # type: ignore[arg-type]
    coder = "mp3" if label.startswith("mp3") else "aac-kbd"
    frame = 1152 if coder == "mp3" else 1024
    what = sent(
        at_steps(z) * np.float32(gain),
        coder=coder,
        offset=OFFSET[coder],
        sr=sr,
        noise=CLEAN if depth == "float" else 0.3,
        law=CODERS[coder].exact,  # type: ignore[arg-type]
    )
    assert what is not None
    return what, np.mean(sizes) * 8 * sr / frame / 1000, sr


def measured(what: Sent, *, label: str, sr: int) -> dict[str, float]:
    return account(what, sr=sr, length=576 if label.startswith("mp3") else 1024)


@pytest.mark.parametrize("label", ["mp3-128", "mp3-320", "mp3-v2", "aac-256"])
@pytest.mark.parametrize("depth", ["float", "16"])
def test_the_cost_is_the_files(label: str, depth: str) -> None:
    what, kbps, sr = found(label, depth=depth)
    assert measured(what, label=label, sr=sr)["kbps"] == pytest.approx(kbps, rel=0.08)


@pytest.mark.parametrize("label", ["mp3-128", "mp3-192", "mp3-v2"])
def test_layer3_is_counted_to_the_percent(label: str) -> None:
    """Where all steps show: bands that were not sent hold what the decoder's arithmetic leaves, and cost nothing."""
    what, kbps, sr = found(label)
    assert measured(what, label=label, sr=sr)["kbps"] == pytest.approx(kbps, rel=0.006)


def test_a_hidden_step_is_no_larger_than_one_that_shows() -> None:
    """At 320 kbps most steps of quiet music hide under 16 bits: were they like those that show, much would be missing."""
    deep, rounded = (found("mp3-320", depth=depth, level=0.02)[0].bits.mean() for depth in ("float", "16"))
    assert rounded == pytest.approx(deep, rel=0.06)


def test_what_is_alike_is_counted_once() -> None:
    """Where the side is nothing, left and right lie on the lattice of their middle, but for their own rounding."""
    z, sr = decode(encode(music(seconds=4.0)[[0, 0]], sr=SR, label="mp3-128"))
    law = CODERS["mp3"].exact
    assert law is not None
    dither = np.random.default_rng(3).uniform(-0.5, 0.5, z.shape).astype(np.float32)
    both = np.rint(at_steps(z) + dither)
    what = sent(both, coder="mp3", offset=OFFSET["mp3"], sr=sr, noise=0.45, law=law)
    alone = sent(both[[0, 0]], coder="mp3", offset=OFFSET["mp3"], sr=sr, noise=0.45, law=law)
    assert what is not None
    assert alone is not None
    assert what.mid_side.mean() > 0.9
    assert what.bits.mean() == pytest.approx(alone.bits.mean(), rel=0.08)


def test_no_channel_of_layer3_takes_more_than_its_field_can_say() -> None:
    """Noise at a wrong grid: numbers without end."""
    noise = np.random.default_rng(4).standard_normal((2, 30000)).astype(np.float32) * np.float32(9000)
    law = CODERS["mp3"].exact
    assert law is not None
    what = sent(noise, coder="mp3", offset=0, sr=SR, noise=CLEAN, law=law)
    assert what is not None
    assert what.bits.max() <= 2 * 4095 + 144


def test_a_splice_hides_nothing_of_the_cost() -> None:
    """The part behind lies on another grid, fits no step and reads as it likes."""
    y, sr = decode(encode(music(seconds=4.0), sr=SR, label="mp3-128"))
    law = CODERS["mp3"].exact
    assert law is not None
    at = y.shape[1] // 2
    spliced = at_steps(np.concatenate([y[:, :at], y[:, at + 200 :]], axis=1))
    what = sent(spliced, coder="mp3", offset=OFFSET["mp3"], sr=sr, noise=CLEAN, law=law)
    assert what is not None
    assert abs(shaped(what, sr=sr, length=576)["kbps_clear"] - 128) < 6
    assert what.bits.mean() * sr / 576000 > 150


def test_vbr_has_another_treble() -> None:
    vbr, cbr = (shaped(found(label)[0], sr=SR, length=576) for label in ("mp3-v2", "mp3-192"))
    assert tuple(vbr) == tuple(cbr) == SHAPED
    assert vbr["raised"] > cbr["raised"] + 0.3


def test_noise_that_was_not_sent_is_no_step() -> None:
    """FFmpeg's AAC replaces noise by its power alone: such bands lie on no lattice."""
    what, kbps, sr = found("aac-192")
    values = measured(what, label="aac-192", sr=sr)
    assert values["kbps_sure"] == pytest.approx(kbps, rel=0.12)
    assert values["kbps_sure"] < 0.9 * values["kbps"]


def test_a_copied_channel_costs_nothing() -> None:
    """Intensity stereo sends one channel and a factor; read as two, the cost doubles."""
    y = music(seconds=4.0)[:1]
    one, sr = decode(encode(y, sr=SR, label="aac-128", variant="no-tools"))
    steps, law = at_steps(np.concatenate([one, one * np.float32(0.5)])), CODERS["aac-kbd"].exact
    assert law is not None
    both = sent(steps, coder="aac-kbd", offset=0, sr=sr, noise=CLEAN, law=law)
    alone = sent(steps[[0, 0]], coder="aac-kbd", offset=0, sr=sr, noise=CLEAN, law=law)
    assert both is not None
    assert alone is not None
    assert both.copied.mean() > 0.5 > alone.copied.mean()
    assert both.spared.mean() == pytest.approx(alone.bits.mean(), rel=0.1)
    assert both.bits.mean() > 1.5 * both.spared.mean()


def test_what_tools_leave_out_is_not_counted() -> None:
    what, kbps, sr = found("aac-192")
    values = spared(what, sr=sr, length=1024)
    assert tuple(values) == SPARED
    assert values["spared_kbps"] == pytest.approx(kbps, rel=0.12)
    assert values["filled"] > 0.03


@pytest.mark.parametrize("label", ["aac-96", "aac-128", "aac-192", "aac-256", "aac-320"])
@pytest.mark.parametrize("depth", ["float", "16"])
def test_aac_is_counted_to_a_few_percent(label: str, depth: str) -> None:
    """Noise substitution, intensity stereo and numbers of hundreds are told apart, where half of the frames are read."""
    what, kbps, sr = found(label, depth=depth)
    assert spared(what, sr=sr, length=1024)["spared_fitting"] == pytest.approx(kbps, rel=0.03)


def test_substituted_noise_has_the_power_of_a_step() -> None:
    bands, rng = np.array([0, 16, 32, 64]), np.random.default_rng(5)
    lines = rng.standard_normal((200, 2, 64)).astype(np.float32) * 40

    def share(lines: NDArray[np.float32], *, noise: float, phase: float | None = 0.0) -> float:
        return float(tuned_bands(np.abs(lines), bands, noise=noise, phase=phase).mean())

    assert share(lines, noise=CLEAN) < 0.12
    norms = np.sqrt(np.add.reduceat(lines**2, bands[:-1], axis=-1))
    scale = np.exp2(np.round(4 * np.log2(norms)) / 4) / norms
    substituted = lines * np.repeat(scale, np.diff(bands), axis=-1)
    assert share(substituted, noise=CLEAN) == 1
    assert share(substituted * np.float32(1.1), noise=CLEAN, phase=float(np.log2(1.1))) == 1
    assert share(substituted * np.float32(1.1), noise=CLEAN) == 0
    assert share(lines / 40, noise=1.0) > 0.9  # too close to the noise to be told
    assert share(lines, noise=CLEAN, phase=None) == 1


def test_a_copy_of_a_loud_channel_is_one() -> None:
    """In single precision what is left of a loud band would hide it."""
    rng = np.random.default_rng(6)
    left = (rng.standard_normal((50, 64)) * 30000).astype(np.float32)
    lines = np.stack([left, left * np.float32(0.7)], axis=1)
    assert copied_bands(np.abs(lines), np.array([0, 16, 64]), noise=0.3).all()


def test_every_name_is_given() -> None:
    what, _, sr = found("mp3-128")
    assert tuple(measured(what, label="mp3-128", sr=sr)) == NAMES
    assert np.isfinite(measured(what, label="mp3-128", sr=sr)["kbps"])


@pytest.mark.parametrize("label", ["mp3-192", "aac-192"])
def test_short_blocks_are_found_where_sound_starts(label: str) -> None:
    """Each click has a start, at least one short block and a stop; a frame in a wrong type would fit no step."""
    clicks = found(label, clicks=True)[0]
    names = [KINDS[kind] for kind in clicks.kinds]
    short = [at for at, name in enumerate(names) if name == "short"]
    assert len(short) >= 6
    assert {names[at - 1] for at in short[1:-1]} <= {"start", "short"}
    assert clicks.fits[clicks.kinds == KINDS.index("short")].mean() > 0.8


def test_layer3s_steps_are_half_octaves_apart() -> None:
    steps = found("mp3-128")[0].steps
    over = (steps - np.fmax.reduce(steps, axis=-1)[..., None]) * 2
    assert np.nanmax(np.abs(over - np.round(over))) < 1e-3


@pytest.mark.parametrize("coder", ["mp3", "aac-kbd"])
def test_long_blocks_are_those_of_the_transforms(coder: str) -> None:
    x = np.random.default_rng(1).standard_normal(9000).astype(np.float32)
    frames = Frames(x, coder=coder, sr=SR)
    which = np.arange(frames.count)
    np.testing.assert_allclose(
        frames.lines("long", which), consecutive(x, coder=CODERS[coder]), atol=1e-4 * np.abs(x).max()
    )


@pytest.mark.parametrize("coder", ["mp3", "aac-kbd", "aac-sine"])
@pytest.mark.parametrize("sr", [44100, 48000, 32000])
def test_each_block_type_has_all_lines(coder: str, sr: int) -> None:
    x = np.random.default_rng(1).standard_normal(6000).astype(np.float32)
    for kind in KINDS:
        lines = Frames(x, coder=coder, sr=sr).lines(kind, np.array([0, 2]))
        assert lines.shape == (2, edges(kind, coder=coder, sr=sr)[-1]) == (2, CODERS[coder].length)


def in_all(pieces: list[tuple[int, NDArray[np.float32]]], *, sr: int) -> Sent:
    law = CODERS["aac-kbd"].exact
    assert law is not None
    what = sent_in_all(pieces, coder="aac-kbd", offset=0, sr=sr, noise=CLEAN, law=law, on_top=True)
    assert what is not None
    return what


def test_all_of_a_short_file_is_counted() -> None:
    z, sr = decode(encode(music(seconds=6.0), sr=SR, label="aac-192"))
    frames = z.shape[1] // 1024 - 1
    assert MOST_FRAMES["aac-kbd"] < frames < MOST_IN_ALL["aac-kbd"]
    assert len(in_all([(0, at_steps(z))], sr=sr).bits) == pytest.approx(frames, abs=1)


def test_stretches_of_a_long_file_are_counted_at_one_grid_and_added_up_each_for_itself() -> None:
    """Pieces start anywhere; the quiet one, where little shows, is left out."""
    z, sr = decode(encode(music(seconds=6.0), sr=SR, label="aac-192"))
    steps = at_steps(z)
    pieces = [(at, steps[:, at : at + 65536]) for at in (0, 70000, 160001)]
    quiet = 230000, steps[:, 230000:] * np.float32(0.01)
    what = in_all([*pieces, quiet], sr=sr)
    alone = [in_all([piece], sr=sr) for piece in pieces]
    np.testing.assert_array_equal(what.bits, np.concatenate([one.bits for one in alone]))
    assert [int((what.stretch == k).sum()) for k in range(3)] == [len(one.bits) for one in alone]
    assert all(one.fits.mean() > 0.6 for one in alone)
    widest = max(account(one, sr=sr, length=1024)["reservoir"] for one in alone)
    assert account(what, sr=sr, length=1024)["reservoir"] < widest + 1


def test_a_stretch_in_mono_is_counted_beside_one_in_stereo() -> None:
    z, sr = decode(encode(music(seconds=3.0), sr=SR, label="aac-192"), depth="16")
    steps = at_steps(z)
    stereo, mono = steps[:, :65536], steps[[0, 0], :65536]
    what = in_all([(0, stereo), (65536, mono)], sr=sr)
    assert what.q.shape[1] == 2
    assert [int((what.stretch == k).sum()) for k in range(2)] == [len(in_all([(0, stereo)], sr=sr).bits)] * 2
    assert in_all([(0, mono), (65536, mono)], sr=sr).q.shape[1] == 1


def test_many_stretches_are_thinned_evenly() -> None:
    z, sr = decode(encode(music(seconds=6.0), sr=SR, label="aac-192"))
    pieces = [(at * 65536, at_steps(z)[:, :65536]) for at in range(0, 64, 2)]
    what = in_all(pieces, sr=sr)
    assert 0.8 * MOST_IN_ALL["aac-kbd"] < len(what.bits) <= MOST_IN_ALL["aac-kbd"]


def test_silence_and_a_moment() -> None:
    law = CODERS["mp3"].exact
    assert law is not None
    still = np.zeros((2, 20000), dtype=np.float32)
    nothing = sent(still, coder="mp3", offset=0, sr=SR, noise=0.3, law=law)
    assert nothing is not None
    values = account(nothing, sr=SR, length=576)
    assert values["kbps"] < 16
    assert np.isnan(values["top_step"])
    assert np.isnan(shaped(nothing, sr=SR, length=576)["raised"])
    assert sent(still[:, :1500], coder="mp3", offset=0, sr=SR, noise=0.3, law=law) is None
