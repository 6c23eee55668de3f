"""The report card as Markdown: MODEL_CARD.md, which is shipped with the model."""

from __future__ import annotations

from collections.abc import Iterable

from train.card.appendix import gate_section, paired_section, scenes_section, study_section
from train.card.cells import bias, escaped, limit_cell, mean_error, number, percent, share, table, within_5_years
from train.card.facts import Card, ChallengeRates, Errors
from train.card.inspection import nist_section, operating_section
from train.card.practice import practice_section


def model_card(card: Card) -> str:
    """The text of MODEL_CARD.md."""
    parts = [
        f"# Age model: {escaped(card.model)}",
        escaped(card.use)
        or "A checkpoint, not a bundle: its calibration and thresholds are measured for this card only.",
        "The model estimates the age of a face as a distribution over the years 0 to 100, from a 224x224 crop made by "
        "`edge.vision.crop.align`. Its purpose is to decide whether a cashier should ask for ID; it never approves a "
        "sale. It must not be used to identify people or for any other decision about a person.",
        *([f"**A trial, with at most {card.most_photos} test photos of each source.**"] if card.most_photos else []),
        *operating_section(card),
        *nist_section(card),
        *practice_section(card),
        "## Errors",
        "Mean distance in years from the true age, or from the nearer end of a known age band, with the 95 % bootstrap "
        "interval, on the test photos. *Passed*: only faces that pass the lane's quality gate.",
        table(
            ("photos", "test photos", "no face found", "all faces", "bias", "within 5 years", "passed", "rejected"),
            (
                (name, source.test_pictures, percent(source.missed), mean_error(source.all), bias(source.all),
                 within_5_years(source.all), mean_error(source.passed), percent(source.refused))
                for name, source in card.sources.items()
            ),
        ),
        "## Minors and limits",
        "Children and young people with too high a predicted age, with 95 % intervals:",
        table(
            ("photos", "under 10, predicted 18 or older", "10-19, predicted 25 or older"),
            (
                (name, share(rates.under_10_as_18), share(rates.from_10_to_19_as_25))
                for name, rates in card.children.items()
            ),
        ),
        "If everybody is asked for ID who is under 18 with a probability above the limit (by one photo's calibrated "
        "distribution). *About below*: the mean age that divides those who are asked from those who are not best.",
        _challenges((limit_cell(row.max_p_under_legal), row) for row in card.challenge),
        *_by_group(card),
        "## Errors by age, sex and group of people",
        *(_errors(title, found) for title, found in _breakdowns(card)),
        "## Calibration",
        f"Temperature {card.temperature}, measured on validation photos. Share of exactly "
        "known ages inside the stated interval:",
        table(
            ("photos", "stated", "before calibration", "after", "after, passed"),
            ((name, f"{each.stated:.0%}", share(each.before), share(each.after), share(each.passed))
             for name, found in card.coverage.items() for each in found),
        ),
        "## Other crops, distances and blur",
        "A sample of the test photos in other views. *Plain*: the error of the lane's own crop on exactly those photos "
        "on which the view has a face.",
        table(
            ("view", "photos", "error", "plain", "no face found"),
            ((each.view, each.source, mean_error(each.error), mean_error(each.plain), percent(each.missed))
             for each in card.robust),
        ),
        *gate_section(card.gate),
        *([scenes_section(card.scenes)] if card.scenes else []),
        *paired_section(card.paired),
        "## Training photos",
        table(("source", "photos"), card.trained_on.items()),
        _photos(card),
        *study_section(card.study),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def _photos(card: Card) -> str:
    if card.photos is None:
        return (
            "Which photos it was trained on is unknown: this model has no list of them. That none of the photos above "
            "was among them follows from how the photos were split, and could not be checked."
        )
    checked = (
        f"The model lists {card.photos.count:,} photos that it was trained on, by this run and those before it. None "
        "of the photos above is among them."
    )
    if card.photos.complete:
        return checked
    return (
        f"{checked} The weights that the first of these runs started from came without a list: which photos those were "
        "trained on is unknown."
    )


def _breakdowns(card: Card) -> Iterable[tuple[str, dict[str, dict[str, Errors]]]]:
    return (("age", card.by_age), ("sex", card.by_sex), ("group", card.by_group))


def _errors(title: str, found: dict[str, dict[str, Errors]]) -> str:
    rows = (
        (source, label, *(cell(error) for error in (errors.all, errors.passed) for cell in (number, mean_error, bias)))
        for source, by_label in found.items()
        for label, errors in by_label.items()
    )
    return table(("photos", title, "number", "error", "bias", "passed", "error", "bias"), rows)


def _by_group(card: Card) -> Iterable[str]:
    if not card.challenge_by_group:
        return
    limit = next(iter(card.challenge_by_group.values())).max_p_under_legal
    yield f"By source, sex and group, at the limit of the default risk, {limit_cell(limit)}, for goods sold from 18:"
    yield _challenges(card.challenge_by_group.items(), "people")


def _challenges(rows: Iterable[tuple[str, ChallengeRates]], title: str = "limit") -> str:
    return table(
        (title, "about below", "13-17 who pass", "14-17 who pass", "25-40 who are asked"),
        (
            (name, row.challenge_age, share(row.passed_13_17), share(row.passed_14_17), share(row.asked_25_40))
            for name, row in rows
        ),
    )
