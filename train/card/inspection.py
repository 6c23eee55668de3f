"""The first sections of MODEL_CARD.md, for an inspector: the lane's operating point, and NIST's tables."""

from __future__ import annotations

from collections.abc import Iterable

from edge.language.words import Words, joined, words
from train.card.cells import bias, count, figure, heading, limit_cell, mean_error, number, share, table, years
from train.card.facts import Card, EyeDistanceError, NistTables, YoungAdultError
from train.card.measures import FEWER, FEWEST_TO_STATE
from train.card.names import named, people_named, photos_named
from train.thresholds import FEWEST_OF_A_SOURCE

_SET = " \\*"
"""Marks photos that the limits were measured on."""


def operating_section(card: Card) -> Iterable[str]:
    """What the lane does with its default settings, and who passes and is asked there."""
    point = card.operating
    yield heading(words("The lane's operating point"))
    yield words(
        "A customer goes unasked if at least {samples} samples of the face passed the quality gate and nothing "
        "else is in doubt, and if the probability of being under the legal age, by the samples together, is not above "
        "the limit. In every other case the cashier is told to ask.",
        samples=point.samples,
    )
    yield table(
        (words("quality gate"), words("limit"), words("rejected as")),
        ((f"`{each.setting}`", figure(each.limit, "g"), named(each.reason)) for each in point.gate),
    )
    yield from _limits(card)
    if not point.rates:
        return
    yield words(
        "Who passes and who is asked when goods from 18 are sold, on faces that pass the quality gate, by one photo of "
        "each person; a lane takes several samples. A person known by an age band counts only if the whole band is in "
        "the group. With 95 % Wilson intervals. \\*: photos that set the limits, so that the shares flatter; the "
        "others are test photos, which set no limit."
    )
    yield table(
        (words("risk"), words("limit"), words("photos"), words("13-17 who pass"), words("25-40 who are asked")),
        (
            (figure(each.risk, ".0%"), limit_cell(each.rates.max_p_under_legal),
             joined("", [photos_named(each.photos), _SET if each.set_limits else ""]), share(each.rates.passed_13_17),
             share(each.rates.asked_25_40))
            for each in point.rates
        ),
    )  # fmt: skip


def _limits(card: Card) -> Iterable[str]:
    if not card.thresholds:
        yield words(
            "Too few underage people to state any limit: set `policy.max_p_under_legal` and `policy.challenge_age`."
        )
        return
    further = card.operating.further
    validation = words("the validation photos")
    photos = (
        words("{photos} and {n} further photos of people just under a legal age", photos=validation, n=count(further))
        if further
        else validation
    )
    yield words(
        "The limits, measured on photos that the model was not trained on: {photos}. *Risk*: "
        "upper 95 % bound of the share of the underage people who pass, for all of them and for each source with "
        "enough photos; of a source with at least "
        "{fewest} that are too few for the bound, nobody passes. *About below*: the mean age that divides "
        "those who are asked from those who are not best.",
        photos=photos,
        fewest=FEWEST_OF_A_SOURCE,
    )
    yield table(
        (words("goods sold from"), words("risk"), words("limit"), words("about below"), words("underage"),
         words("passed{minors}", minors=""), words("their ages")),
        (
            (each.legal_age, figure(each.risk, ".0%"), limit_cell(each.max_p_under_legal), each.challenge_age,
             each.underage, each.passed, f"{each.ages[0]}-{each.ages[1]}")
            for each in card.thresholds
        ),
    )  # fmt: skip


def nist_section(card: Card) -> Iterable[str]:
    """The tables of NIST's test of age estimation."""
    found = card.nist
    yield heading(words("In the shape of NIST's test of age estimation"))
    yield words(
        "The measures of NIST IR 8525 (Face Analysis Technology Evaluation: Age Estimation and Verification) on this "
        "project's test photos. NIST did not test this model, and its photos are others: compare with care. *Passed*: "
        "only faces that pass the lane's quality gate."
    )
    yield words(
        "Error at the ages 18 to 30: every year, and both sexes where they are known, weigh the same. Photos with an "
        "age band do not count. *Cells*: years and sexes with photos, of 26, or of 13 without sexes."
    )
    yield table(
        (words("photos"), words("faces"), words("sexes"), words("cells"), words("error")),
        ((photos_named(name), *_young_adults(each)) for name, each in found.young_adults.items()),
    )
    yield words(
        "Challenge-25: minors who are predicted to be 25 or older, by the mean of the distribution. The lane decides "
        "by the probability of being under age instead."
    )
    yield table(
        (words("people{who}", who=""), "13-16", "14-17"),
        (
            (people_named(name), share(rates.from_13_to_16), share(rates.from_14_to_17))
            for name, rates in found.challenge_25.items()
        ),
    )
    yield from _people(found)
    yield words(
        "With glasses: not known. The labels of these photos do not say who wears glasses, so there is no figure for "
        "it."
    )
    yield words("By the distance between the eyes on the photo, in pixels:")
    yield table(
        (words("photos"), words("pixels"), words("faces"), words("error"), words("bias"),
         words("14-17, predicted 25 or older")),
        (
            (photos_named(name), _pixels(each), number(each.error), mean_error(each.error), bias(each.error),
             share(each.challenge_25))
            for name, classes in found.by_eye_distance.items() for each in classes
        ),
    )  # fmt: skip
    yield from _acquisition(card)


def _people(found: NistTables) -> Iterable[str]:
    if not found.by_sex_and_group:
        yield words("By sex and group of people: not known. These photos have no such labels.")
        return
    yield words("Error by sex and group of people, as the sources label them:")
    yield table(
        (
            words("photos"),
            words("people{who}", who=""),
            words("faces"),
            words("error"),
            words("bias"),
            words("error, passed"),
        ),
        (
            (
                source,
                people_named(label),
                number(each.all),
                mean_error(each.all),
                bias(each.all),
                mean_error(each.passed),
            )
            for source, by_label in found.by_sex_and_group.items()
            for label, each in by_label.items()
        ),
    )


def _acquisition(card: Card) -> Iterable[str]:
    yield words(
        "Failure to acquire: photos without an estimate, because no face was found or the quality gate rejected it. A "
        "lane waits for better samples, and asks without them. The share without a face is that of all labelled photos "
        "of a source; a face can be rejected for more than one reason."
    )
    yield table(
        (words("photos"), words("failure"), words("share")),
        (
            row
            for name, each in card.nist.acquisition.items()
            if name in card.sources
            for row in (
                (photos_named(name), words("no face found"), share(card.sources[name].missed)),
                (photos_named(name), words("rejected by the gate"), share(each.rejected)),
                *(
                    (photos_named(name), words("rejected as {reason}", reason=named(reason)), share(rejected))
                    for reason, rejected in each.reasons.items()
                ),
            )
        ),
    )
    by_people = {name: each for name, each in card.nist.acquisition.items() if name not in {"all", *card.sources}}
    if by_people:
        yield words("By sex and group of people, in all sources together:")
        yield table(
            (words("people{who}", who=""), words("rejected by the gate")),
            ((people_named(name), share(each.rejected)) for name, each in by_people.items()),
        )


def _young_adults(each: YoungAdultError | None) -> tuple[object, ...]:
    if each is None:
        return 0, "-", 0, FEWER
    enough = each.pictures >= FEWEST_TO_STATE
    sexes = words("not known") if each.sexes == 0 else each.sexes
    error = years(each.mean_error_years, each.low, each.high) if enough else FEWER
    return each.pictures, sexes, each.cells, error


def _pixels(each: EyeDistanceError) -> Words | str:
    return words("from {low_px}", low_px=each.low_px) if each.high_px is None else f"{each.low_px}-{each.high_px - 1}"
