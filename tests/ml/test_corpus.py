"""The corpus: balanced, repeatable, and nothing but the sound tells the label."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ml.corpus import (
    Example,
    Master,
    as_spent,
    excerpt,
    is_averaged,
    kbps_spent,
    masters,
    plan,
    realise,
    worst,
)
from ml.corpus.draw import LOWPASS_KINDS, REPORTED, STRONG
from ml.corpus.plan import LOSSLESS_SHARE, MARGIN
from ml.encode import TOOLS, decode, encode, is_there, tool_of, tools_for
from ml.errors import EncoderMissing
from ml.quality.classes import CLASSES, KBPS
from ml.words import error_sentence


@pytest.fixture(scope="module")
def clips(lineage_data: Path) -> list[Master]:
    return masters(lineage_data)


@pytest.fixture(scope="module")
def examples(clips: list[Master]) -> list[Example]:
    """Of PyAV's encoders alone: these are everywhere."""
    return plan(clips, per_class=60, seed=3, external=False)


def test_sources_that_may_share_a_song_are_one_supergroup(clips: list[Master]):
    family = {
        m.supergroup for m in clips if m.origin.startswith(("dsd100/", "apollo-demo/", "cambridge-mt+"))
    }
    assert family == {"cambridge-mt+dsd100"}
    assert len({m.supergroup for m in clips}) > 100
    assert all(m.path.is_file() and m.seconds >= 3 for m in clips)


def test_classes_are_balanced_and_lossless_counts_four_times(examples: list[Example]):
    counts = Counter(e.label for e in examples)
    assert counts == {label: 60 * (LOSSLESS_SHARE if label == "lossless" else 1) for label in CLASSES}
    assert len({e.id for e in examples}) == len(examples)


def test_origins_contribute_evenly(examples: list[Example]):
    for label in ("lossless", "mp3-320"):
        counts = Counter(e.master.origin for e in examples if e.label == label)
        assert max(counts.values()) - min(counts.values()) <= 1


def test_a_larger_plan_extends_the_smaller_one(clips: list[Master], examples: list[Example]):
    larger = {e.id: e for e in plan(clips, per_class=70, seed=3, external=False)}
    assert all(larger[e.id] == e for e in examples)
    assert {e.seed for e in plan(clips, per_class=5, seed=4)}.isdisjoint(e.seed for e in examples)


def test_labels_are_the_worst_of_the_history(examples: list[Example]):
    for e in examples:
        assert e.label == worst(e.history)
        assert len(e.encoder) == len(e.history)
        assert not e.history or KBPS[e.label] == min(KBPS[h] for h in e.history)
    twice = [e for e in examples if len(e.history) == 2]
    assert {("mp3-128", "mp3-320"), ("aac-128", "mp3-320"), ("mp3-128", "aac-256")} <= {
        e.history for e in twice
    }
    assert all(not e.history for e in examples if e.label == "lossless")


def test_treatments_are_drawn_alike_for_every_label(examples: list[Example]):
    """Low-passes are the one meant exception; the others differ by chance only (4 sigma)."""
    lossless = [e for e in examples if e.label == "lossless"]
    lossy = [e for e in examples if e.label != "lossless"]
    for name in (
        "gain",
        "clip",
        "fade",
        "lead-in",
        "hires",
        "dither",
        "trim",
        "splice",
        "ensemble",
        "eq",
        "attenuate",
        "dual-mono",
    ):
        a, b = (np.mean([name in e.disturbance for e in group]) for group in (lossless, lossy))
        assert abs(a - b) < 4 * np.sqrt(b * (1 - b) / len(lossless)), name
    assert np.mean([e.sr == 48000 for e in lossless]) == pytest.approx(
        np.mean([e.sr == 48000 for e in lossy]), abs=0.12
    )
    assert any(e.sr == 44100 for e in examples if e.label == "opus-128")


def test_lengths_are_drawn_alike_and_end_with_the_recording(examples: list[Example]):
    lossless = [e.seconds for e in examples if e.label == "lossless"]
    lossy = [e.seconds for e in examples if e.label != "lossless"]
    assert np.mean(lossless) == pytest.approx(np.mean(lossy), abs=0.6)
    assert all(3 <= e.seconds <= min(20, e.master.seconds - MARGIN) for e in examples)
    assert min(lossy) < 4
    assert max(lossy) > 17


def test_every_kind_of_lowpass_is_drawn_at_most_once(examples: list[Example]):
    kinds = [[name for name in e.disturbance if name in LOWPASS_KINDS] for e in examples]
    assert max(map(len, kinds)) == 1
    counts = Counter(name for names in kinds for name in names)
    assert set(counts) == set(LOWPASS_KINDS)
    assert counts.most_common(1)[0][0] == "lowpass"


def test_two_generations_reported_by_name_are_there(examples: list[Example]):
    counts = Counter(e.history for e in examples)
    pairs = [(first, second) for first, weights in REPORTED.items() for second in weights]
    assert len(pairs) == 5
    assert all(counts[pair] >= 3 for pair in pairs), counts


def test_external_encoders_are_drawn_evenly_and_change_nothing_else(
    clips: list[Master], examples: list[Example]
):
    wide = plan(clips, per_class=60, seed=3)
    assert [replace(e, encoder=()) for e in wide] == [replace(e, encoder=()) for e in examples]
    tools = Counter(tool_of(variant) for e in wide for variant in e.encoder)
    assert tools["pyav"] / tools.total() == pytest.approx(0.55, abs=0.05)
    for label in ("mp3-320", "aac-256"):
        drawn = Counter(tool_of(e.encoder[0]) for e in wide if e.label == label)
        assert set(drawn) <= {"pyav", *tools_for(label)}
        assert len(drawn) > len(tools_for(label)) - 2
    assert set(tools) == {"pyav", *TOOLS}
    assert any(tool_of(e.encoder[1]) != "pyav" for e in wide if len(e.history) == 2)


def test_an_encoder_that_is_not_installed_is_named_with_its_script(
    examples: list[Example], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("LINEAGE_ENCODERS", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    some = next(e for e in examples if e.label == "mp3-320")
    with pytest.raises(EncoderMissing) as caught:
        realise(replace(some, encoder=("ffmpeg-4.2:default",) * len(some.history)))
    assert caught.value.facts == {"tool": "ffmpeg-4.2", "script": "scripts/encoders.py"}
    assert "scripts/encoders.py" in error_sentence(caught.value)


def test_an_ensemble_is_of_one_supergroup_and_truly_stereo(examples: list[Example]):
    together = [e for e in examples if "ensemble" in e.disturbance]
    assert all(e.others and {o.supergroup for o in e.others} == {e.supergroup} for e in together)
    assert not any(e.others for e in examples if "ensemble" not in e.disturbance)
    mono = [e for e in examples if e.master.channels == 1]
    assert np.mean(["ensemble" in e.disturbance for e in mono]) == pytest.approx(0.6, abs=0.05)
    some = next(e for e in together if e.master.channels == 1 and e.label == "lossless")
    y, _ = realise(replace(some, disturbance=("ensemble",), depth="float"))
    side = y[0] - y[1]
    assert y.shape[0] == 2
    assert np.square(side).mean() > 1e-3 * np.square(y).mean()


def test_an_undisturbed_lossless_example_is_the_master_itself(examples: list[Example]):
    sixteen = next(e for e in examples if e.master.bits == 16 and e.master.sr == 44100 and not e.history)
    plain = replace(sixteen, disturbance=(), depth="16", sr=44100)
    y, sr = realise(plain)
    expected, master_sr = excerpt(plain)
    assert sr == master_sr
    assert y.shape[1] == round(plain.seconds * sr)
    np.testing.assert_array_equal(y, expected[:, : y.shape[1]])


def test_an_undisturbed_lossy_example_is_the_decoded_encode(examples: list[Example]):
    some = next(e for e in examples if e.label == "mp3-320" and e.master.bits == 16 and e.master.sr == 44100)
    plain = replace(some, disturbance=(), depth="float", sr=44100, encoder=("default",))
    y, sr = realise(plain)
    expected, _ = decode(encode(excerpt(plain)[0], sr=sr, label="mp3-320"))
    np.testing.assert_array_equal(y, expected[:, : y.shape[1]])


def test_one_disturbance_more_changes_no_other_draw(examples: list[Example]):
    some = next(e for e in examples if e.label == "lossless" and "trim" in e.disturbance)
    bare = replace(some, disturbance=("trim",), depth="float", sr=some.master.sr)
    louder = replace(bare, disturbance=("trim", "attenuate"))
    y, z = realise(bare)[0].astype(float), realise(louder)[0].astype(float)
    ratio = np.vdot(y, z) / np.vdot(y, y)
    assert 0.5 <= ratio <= 1
    np.testing.assert_allclose(z, ratio * y, atol=1e-6)


def test_realising_twice_gives_the_same_samples(examples: list[Example]):
    for e in examples[:: len(examples) // 6]:
        (y, sr), (again, sr_again) = realise(e), realise(e)
        assert sr == sr_again == e.sr
        np.testing.assert_array_equal(y, again)


def test_every_kind_of_history_can_be_realised(examples: list[Example]):
    """One of each label and number of generations, the most treated: right shape, depth and level."""
    hardest = {(e.label, len(e.history)): e for e in sorted(examples, key=lambda e: len(e.disturbance))}
    assert len(hardest) >= len(CLASSES) + 10
    for e in hardest.values():
        y, sr = realise(e)
        assert y.dtype == np.float32
        assert y.ndim == 2
        assert y.shape[1] == round(e.seconds * sr)
        assert np.abs(y).max() > 1e-4
        if e.depth == "16":
            np.testing.assert_array_equal(y * 32768, np.rint(y * 32768))


def test_some_examples_are_plain_files(examples: list[Example]):
    plain = [e for e in examples if not set(STRONG) & set(e.disturbance)]
    assert 0.3 < len(plain) / len(examples) < 0.6


@pytest.mark.slow
def test_container_facts_do_not_tell_the_label(clips: list[Master]):
    """A forest that sees only length, rate, peak and channels stays at chance."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.metrics import balanced_accuracy_score, roc_auc_score
    from sklearn.model_selection import GroupKFold, cross_val_predict

    examples = plan(clips, per_class=12, seed=11, external=False)
    X = np.array([_container_facts(e) for e in examples])
    labels = np.array([e.label for e in examples])
    lossless = labels == "lossless"
    groups = np.array([e.supergroup for e in examples])
    forest = RandomForestClassifier(200, min_samples_leaf=5, class_weight="balanced", random_state=0)
    folds = GroupKFold(5)
    exact = cross_val_predict(forest, X, labels, groups=groups, cv=folds)
    genuine = cross_val_predict(forest, X, lossless, groups=groups, cv=folds, method="predict_proba")[:, 1]
    assert balanced_accuracy_score(labels, exact) < 1 / len(CLASSES) + 0.06
    assert roc_auc_score(lossless, genuine) < 0.6


def _container_facts(example: Example) -> list[float]:
    y, sr = realise(example)
    return [y.shape[0], y.shape[1] / sr, sr, float(np.abs(y).max())]


def test_a_class_is_what_was_spent_where_an_encoder_averages(examples: list[Example]):
    twice = next(e for e in examples if len(e.history) == 2 and e.history[1] == "aac-320")
    assert is_averaged(twice)
    stopped_short = as_spent(twice, (500.0, 100.0))
    assert stopped_short.history == (twice.history[0], "aac-96")
    assert stopped_short.label == "aac-96"
    assert stopped_short.id == twice.id


def test_one_of_two_channels_that_are_coded_apart_holds_half(examples: list[Example]):
    one = next(e for e in examples if e.history == ("mp3-320",))
    halved = replace(one, encoder=("shine:default",), disturbance=("mono",))
    assert is_averaged(halved)
    assert as_spent(halved, (160.0,)).label == "mp3-160"
    assert not is_averaged(replace(halved, encoder=("default",)))
    assert not is_averaged(replace(halved, disturbance=("mono", "dual-mono")))
    assert not is_averaged(replace(halved, history=("mp3-256",)))


@pytest.mark.slow
@pytest.mark.encoders
def test_shine_at_320_gives_one_channel_160(examples: list[Example]):
    if not is_there("shine"):
        pytest.skip("NO ENCODER shine: python3 scripts/encoders.py fetches it")
    one = next(e for e in examples if e.history == ("mp3-320",))
    (kbps,) = kbps_spent(replace(one, encoder=("shine:default",), disturbance=("mono",)))
    assert kbps == pytest.approx(160, rel=0.01)


@pytest.mark.slow
def test_what_is_spent_is_what_the_file_holds(examples: list[Example]):
    """LAME fills its frames; an encoder of averages comes near what it was asked for, or stops short."""
    once = [e for e in examples if len(e.history) == 1]
    (lame,) = kbps_spent(next(e for e in once if e.label == "mp3-192"))
    assert lame == pytest.approx(192, rel=0.01)
    (aac,) = kbps_spent(next(e for e in once if e.label == "aac-96"))
    assert 60 < aac < 130
