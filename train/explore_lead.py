"""What to do with the photos before training, the most important first. Pure."""

from __future__ import annotations

from edge.language.formats import Shown, number, percent
from edge.language.words import Words, counted, words
from train.data import VALIDATION_PERCENT
from train.explore import LEGAL_AGE, Facts
from train.thresholds import fewest_photos

RISK = 0.05
"""The default of the setting `policy.risk`: too few photos for it are worth a sentence."""

_MANY_WITHOUT_FACE = 0.1
"""Of the photos. More is not a few bad photos, but photos of another kind."""


def lead(facts: Facts) -> list[Words]:
    """Contradictions first, then what is missing; or that nothing is in the way of training."""
    if not facts.usable:
        return [_nothing_usable(facts)]
    found = [*_contradictions(facts), *_too_few_underage(facts), *_many_without_face(facts)]
    if not found:
        found = [words("The ages fit together, and there are enough people under 18.")]
    return [*found, *([] if facts.labels_only else [_usable(facts)])]


def needed() -> int:
    """About how many photos of underage people it takes to measure a limit for `RISK`: a share of all photos is set
    aside for it."""
    return round(fewest_photos(RISK) / (VALIDATION_PERCENT / 100))


def _nothing_usable(facts: Facts) -> Words:
    if facts.labels_only:
        return words("No row can be used: correct the labels as the table says.")
    return words("No photo can be used for training: correct the labels and the photos as the table says.")


def _contradictions(facts: Facts) -> list[Words]:
    groups = len(facts.disagreeing)
    if not groups:
        return []
    return [
        counted(
            "The same person has different ages in {n} group of copies: correct the ages in labels.csv.",
            "The same person has different ages in {n} groups of copies: correct the ages in labels.csv.",
            groups,
        )
    ]


def _too_few_underage(facts: Facts) -> list[Words]:
    if facts.underage >= needed():
        return []
    low, high = facts.underage_ages
    return [
        words(
            "Too few people just under {legal_age}: {n} of {low} to {high} years. A model gets a limit for a risk of "
            "{risk} only from about {needed} of them: add photos of people of {low} to {high} years.",
            legal_age=LEGAL_AGE,
            n=Shown(number, facts.underage),
            low=low,
            high=high,
            risk=Shown(percent, RISK),
            needed=Shown(number, needed()),
        )
    ]


def _many_without_face(facts: Facts) -> list[Words]:
    share = len(facts.without_face) / max(1, sum(facts.rows.values()))
    if share <= _MANY_WITHOUT_FACE:
        return []
    return [words("No face is found on {share} of the photos: look at them, they may be turned or blurred.",
                  share=Shown(percent, share))]  # fmt: skip


def _usable(facts: Facts) -> Words:
    total = sum(facts.rows.values())
    if facts.usable == total:
        return words("All photos can be used: edge-train fit trains on them.")
    return words("{usable} of {n} photos can be used: edge-train fit trains on them.",
                 usable=Shown(number, facts.usable), n=Shown(number, total))  # fmt: skip
