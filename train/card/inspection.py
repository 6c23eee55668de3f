"""The first sections of MODEL_CARD.md, for an inspector: the lane's operating point, and NIST's tables."""

from __future__ import annotations

from collections.abc import Iterable

from train.card.cells import bias, limit_cell, mean_error, number, share, table
from train.card.facts import Card, EyeDistanceError, NistTables, YoungAdultError
from train.card.measures import FEWER, FEWEST_TO_STATE
from train.thresholds import FEWEST_OF_A_SOURCE

_SET = " \\*"
"""Marks photos that the limits were measured on."""


def operating_section(card: Card) -> Iterable[str]:
    """What the lane does with its default settings, and who passes and is asked there."""
    point = card.operating
    yield "## The lane's operating point"
    yield (
        f"A customer goes unasked if at least {point.samples} samples of the face passed the quality gate and nothing "
        "else is in doubt, and if the probability of being under the legal age, by the samples together, is not above "
        "the limit. In every other case the cashier is told to ask."
    )
    yield table(
        ("quality gate", "limit", "rejected as"),
        ((f"`{each.setting}`", f"{each.limit:g}", each.reason) for each in point.gate),
    )
    yield from _limits(card)
    if not point.rates:
        return
    yield (
        "Who passes and who is asked when goods from 18 are sold, on faces that pass the quality gate, by one photo of "
        "each person; a lane takes several samples. A person known by an age band counts only if the whole band is in "
        "the group. With 95 % Wilson intervals. \\*: photos that set the limits, so that the shares flatter; the "
        "others are test photos, which set no limit."
    )
    yield table(
        ("risk", "limit", "photos", "13-17 who pass", "25-40 who are asked"),
        (
            (f"{each.risk:.0%}", limit_cell(each.rates.max_p_under_legal),
             each.photos + (_SET if each.set_limits else ""), share(each.rates.passed_13_17),
             share(each.rates.asked_25_40))
            for each in point.rates
        ),
    )  # fmt: skip


def _limits(card: Card) -> Iterable[str]:
    if not card.thresholds:
        yield "Too few underage people to state any limit: set `policy.max_p_under_legal` and `policy.challenge_age`."
        return
    further = card.operating.further
    beside = f" and {further} further photos of people just under a legal age" if further else ""
    yield (
        f"The limits, measured on photos that the model was not trained on: the validation photos{beside}. *Risk*: "
        "upper 95 % bound of the share of the underage people who pass, for all of them and for each source with "
        "enough photos; of a source with at least "
        f"{FEWEST_OF_A_SOURCE} that are too few for the bound, nobody passes. *About below*: the mean age that divides "
        "those who are asked from those who are not best."
    )
    yield table(
        ("goods sold from", "risk", "limit", "about below", "underage", "passed", "their ages"),
        (
            (each.legal_age, f"{each.risk:.0%}", limit_cell(each.max_p_under_legal), each.challenge_age, each.underage,
             each.passed, f"{each.ages[0]}-{each.ages[1]}")
            for each in card.thresholds
        ),
    )  # fmt: skip


def nist_section(card: Card) -> Iterable[str]:
    """The tables of NIST's test of age estimation."""
    found = card.nist
    yield "## In the shape of NIST's test of age estimation"
    yield (
        "The measures of NIST IR 8525 (Face Analysis Technology Evaluation: Age Estimation and Verification) on this "
        "project's test photos. NIST did not test this model, and its photos are others: compare with care. *Passed*: "
        "only faces that pass the lane's quality gate."
    )
    yield (
        "Error at the ages 18 to 30: every year, and both sexes where they are known, weigh the same. Photos with an "
        "age band do not count. *Cells*: years and sexes with photos, of 26, or of 13 without sexes."
    )
    yield table(
        ("photos", "faces", "sexes", "cells", "error"),
        ((name, *_young_adults(each)) for name, each in found.young_adults.items()),
    )
    yield (
        "Challenge-25: minors who are predicted to be 25 or older, by the mean of the distribution. The lane decides "
        "by the probability of being under age instead."
    )
    yield table(
        ("people", "13-16", "14-17"),
        ((name, share(rates.from_13_to_16), share(rates.from_14_to_17)) for name, rates in found.challenge_25.items()),
    )
    yield from _people(found)
    yield (
        "With glasses: not known. The labels of these photos do not say who wears glasses, so there is no figure for "
        "it."
    )
    yield "By the distance between the eyes on the photo, in pixels:"
    yield table(
        ("photos", "pixels", "faces", "error", "bias", "14-17, predicted 25 or older"),
        (
            (name, _pixels(each), number(each.error), mean_error(each.error), bias(each.error),
             share(each.challenge_25))
            for name, classes in found.by_eye_distance.items() for each in classes
        ),
    )  # fmt: skip
    yield from _acquisition(card)


def _people(found: NistTables) -> Iterable[str]:
    if not found.by_sex_and_group:
        yield "By sex and group of people: not known. These photos have no such labels."
        return
    yield "Error by sex and group of people, as the sources label them:"
    yield table(
        ("photos", "people", "faces", "error", "bias", "error, passed"),
        (
            (source, label, number(each.all), mean_error(each.all), bias(each.all), mean_error(each.passed))
            for source, by_label in found.by_sex_and_group.items()
            for label, each in by_label.items()
        ),
    )


def _acquisition(card: Card) -> Iterable[str]:
    yield (
        "Failure to acquire: photos without an estimate, because no face was found or the quality gate rejected it. A "
        "lane waits for better samples, and asks without them. The share without a face is that of all labelled photos "
        "of a source; a face can be rejected for more than one reason."
    )
    yield table(
        ("photos", "failure", "share"),
        (
            row
            for name, each in card.nist.acquisition.items()
            if name in card.sources
            for row in (
                (name, "no face found", share(card.sources[name].missed)),
                (name, "rejected by the gate", share(each.rejected)),
                *((name, f"rejected as {reason}", share(rejected)) for reason, rejected in each.reasons.items()),
            )
        ),
    )
    by_people = {name: each for name, each in card.nist.acquisition.items() if name not in {"all", *card.sources}}
    if by_people:
        yield "By sex and group of people, in all sources together:"
        yield table(
            ("people", "rejected by the gate"),
            ((name, share(each.rejected)) for name, each in by_people.items()),
        )


def _young_adults(each: YoungAdultError | None) -> tuple[object, ...]:
    if each is None:
        return 0, "-", 0, FEWER
    enough = each.pictures >= FEWEST_TO_STATE
    sexes = "not known" if each.sexes == 0 else each.sexes
    years = f"{each.mean_error_years:.2f} ({each.low:.2f}-{each.high:.2f})" if enough else FEWER
    return each.pictures, sexes, each.cells, years


def _pixels(each: EyeDistanceError) -> str:
    return f"from {each.low_px}" if each.high_px is None else f"{each.low_px}-{each.high_px - 1}"
