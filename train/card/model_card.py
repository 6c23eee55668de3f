"""The report card as Markdown: MODEL_CARD.md, which is shipped with the model."""

from __future__ import annotations

from collections.abc import Iterable

from edge.language.catalogue import ENGLISH
from edge.language.words import Words, in_language, words
from train.card.appendix import gate_section, paired_section, scenes_section, study_section
from train.card.cells import (
    bias,
    escaped,
    figure,
    heading,
    limit_cell,
    mean_error,
    number,
    percent,
    share,
    table,
    within_5_years,
)  # fmt: skip
from train.card.facts import Card, ChallengeRates, Errors
from train.card.inspection import nist_section, operating_section
from train.card.names import named, people_named, photos_named, use_named
from train.card.practice import practice_section

ERRORS_TITLE = heading(words("Errors"))
_LIMIT = words("limit")


def model_card(card: Card, language: str = ENGLISH) -> str:
    """The card as Markdown; in English the text of MODEL_CARD.md."""
    return "\n\n".join(in_language(part, language) for part in card_parts(card)) + "\n"


def card_parts(card: Card) -> list[str]:
    """Headings, paragraphs and tables in Markdown."""
    return [
        words("# Age model: {model}", model=escaped(card.model)),
        use_named(escaped(card.use))
        or words("A checkpoint, not a bundle: its calibration and thresholds are measured for this card only."),
        words("The model estimates the age of a face as a distribution over the years 0 to 100, from a 224x224 crop "
              "made by `edge.vision.crop.align`. Its purpose is to decide whether a cashier should ask for ID; it "
              "never approves a sale. It must not be used to identify people or for any other decision about a "
              "person."),
        *([words("**A trial, with at most {n} test photos of each source.**", n=card.most_photos)]
          if card.most_photos else []),
        *operating_section(card),
        *nist_section(card),
        *practice_section(card),
        ERRORS_TITLE,
        words("Mean distance in years from the true age, or from the nearer end of a known age band, with the 95 % "
              "bootstrap interval, on the test photos. *Passed*: only faces that pass the lane's quality gate."),
        table(
            (words("photos"), words("test photos"), words("no face found"), words("all faces"), words("bias"),
             words("within 5 years"), words("passed{faces}", faces=""), words("rejected")),
            (
                (photos_named(name), source.test_pictures, percent(source.missed), mean_error(source.all),
                 bias(source.all), within_5_years(source.all), mean_error(source.passed), percent(source.refused))
                for name, source in card.sources.items()
            ),
        ),
        heading(words("Minors and limits")),
        words("Children and young people with too high a predicted age, with 95 % intervals:"),
        table(
            (words("photos"), words("under 10, predicted 18 or older"), words("10-19, predicted 25 or older")),
            (
                (photos_named(name), share(rates.under_10_as_18), share(rates.from_10_to_19_as_25))
                for name, rates in card.children.items()
            ),
        ),
        words("If everybody is asked for ID who is under 18 with a probability above the limit (by one photo's "
              "calibrated distribution). *About below*: the mean age that divides those who are asked from those who "
              "are not best."),
        _challenges((limit_cell(row.max_p_under_legal), row) for row in card.challenge),
        *_by_group(card),
        heading(words("Errors by age, sex and group of people")),
        *(_errors(title, found) for title, found in _breakdowns(card)),
        heading(words("Calibration")),
        words("Temperature {temperature}, measured on validation photos. Share of exactly known ages inside the "
              "stated interval:", temperature=card.temperature),
        table(
            (words("photos"), words("stated"), words("before calibration"), words("after"), words("after, passed")),
            ((photos_named(name), figure(each.stated, ".0%"), share(each.before), share(each.after), share(each.passed))
             for name, found in card.coverage.items() for each in found),
        ),
        heading(words("Other crops, distances and blur")),
        words("A sample of the test photos in other views. *Plain*: the error of the lane's own crop on exactly those"
              " photos on which the view has a face."),
        table(
            (words("view"), words("photos"), words("error"), words("plain"), words("no face found")),
            ((named(each.view), each.source, mean_error(each.error), mean_error(each.plain), percent(each.missed))
             for each in card.robust),
        ),
        *gate_section(card.gate),
        *([scenes_section(card.scenes)] if card.scenes else []),
        *paired_section(card.paired),
        heading(words("Training photos")),
        table((words("source"), words("photos")), card.trained_on.items()),
        _photos(card),
        *study_section(card.study),
    ]  # fmt: skip


def _photos(card: Card) -> Words:
    if card.photos is None:
        return words(
            "Which photos it was trained on is unknown: this model has no list of them. That none of the photos above "
            "was among them follows from how the photos were split, and could not be checked."
        )
    checked = words(
        "The model lists {count:,} photos that it was trained on, by this run and those before it. None "
        "of the photos above is among them.",
        count=card.photos.count,
    )
    if card.photos.complete:
        return checked
    return words(
        "{checked} The weights that the first of these runs started from came without a list: which photos those were "
        "trained on is unknown.",
        checked=checked,
    )


def _breakdowns(card: Card) -> Iterable[tuple[Words, dict[str, dict[str, Errors]]]]:
    return ((words("age"), card.by_age), (words("sex"), card.by_sex), (words("group"), card.by_group))


def _errors(title: Words, found: dict[str, dict[str, Errors]]) -> Words:
    rows = (
        (
            source,
            people_named(label),
            *(cell(error) for error in (errors.all, errors.passed) for cell in (number, mean_error, bias)),
        )
        for source, by_label in found.items()
        for label, errors in by_label.items()
    )
    head = (
        words("photos"), title, words("number"), words("error"), words("bias"), words("passed{faces}", faces=""),
        words("error"), words("bias"),
    )  # fmt: skip
    return table(head, rows)


def _by_group(card: Card) -> Iterable[str]:
    if not card.challenge_by_group:
        return
    limit = next(iter(card.challenge_by_group.values())).max_p_under_legal
    yield words(
        "By source, sex and group, at the limit of the default risk, {limit}, for goods sold from 18:",
        limit=limit_cell(limit),
    )
    rows = ((people_named(name), rates) for name, rates in card.challenge_by_group.items())
    yield _challenges(rows, words("people{who}", who=""))


def _challenges(rows: Iterable[tuple[str, ChallengeRates]], title: Words = _LIMIT) -> Words:
    return table(
        (
            title,
            words("about below"),
            words("13-17 who pass"),
            words("14-17 who pass"),
            words("25-40 who are asked"),
        ),
        (
            (name, row.challenge_age, share(row.passed_13_17), share(row.passed_14_17), share(row.asked_25_40))
            for name, row in rows
        ),
    )
