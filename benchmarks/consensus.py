"""What the rule for labels does to careless voices: how much trains, and how much of that is wrong.

    python benchmarks/consensus.py

Each song has an owner's voice and one or two reviewers'. People are right as often as stated; the wrong ones
say a neighbouring class half of the time, else any. A careless account says anything at all. Assumed, not measured:
what is shown is how the rule behaves under each assumption, and how the bar ENOUGH moves it.
"""

import random
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app.labels import vote
from app.labels.vote import Voice
from ml.quality.classes import CLASSES, neighbours

SONGS: Final = 20_000


@dataclass(frozen=True)
class Person:
    role: str
    right: float
    """Share of answers that are right."""
    basis: str = "look"
    sure: str = "sure"


OWNER: Final = Person("anonymous", 0.85, basis="own")
GOOD: Final = Person("reviewer", 0.9)
FAIR: Final = Person("reviewer", 0.7, sure="likely")
CARELESS: Final = Person("reviewer", 1 / len(CLASSES))
SCENES: Final = {
    "owner alone": [OWNER],
    "reviewer alone": [GOOD],
    "owner, good reviewer": [OWNER, GOOD],
    "owner, careless reviewer": [OWNER, CARELESS],
    "good and fair reviewer": [GOOD, FAIR],
    "owner, good and fair reviewer": [OWNER, GOOD, FAIR],
    "owner, good and careless reviewer": [OWNER, GOOD, CARELESS],
    "two careless reviewers": [CARELESS, CARELESS],
}


def voice(person: Person, truth: str, chance: random.Random) -> Voice:
    said = truth
    if chance.random() >= person.right:
        near = sorted(neighbours(truth) - {truth})
        said = chance.choice(near) if near and chance.random() < 0.5 else chance.choice(CLASSES)
    return Voice(by=str(id(person)), role=person.role, label=said, sure=person.sure, basis=person.basis)


def main() -> None:
    print(f"{'':36}trains  wrong   conflict waits")
    for name, people in SCENES.items():
        chance, states, wrong = random.Random(0), {"accepted": 0, "conflict": 0, "waiting": 0}, 0
        for _ in range(SONGS):
            truth = chance.choice(CLASSES)
            outcome = vote.count([voice(person, truth, chance) for person in people])
            states[outcome.state] += 1
            wrong += outcome.state == "accepted" and outcome.label != truth
        share = {state: n / SONGS for state, n in states.items()}
        of_those = wrong / states["accepted"] if states["accepted"] else 0.0
        print(
            f"{name:36}{share['accepted']:6.1%} {of_those:6.2%} {share['conflict']:8.1%} {share['waiting']:6.1%}"
        )


if __name__ == "__main__":
    main()
