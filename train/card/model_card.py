"""The report card as Markdown: MODEL_CARD.md, which is shipped with the model."""

from __future__ import annotations

from collections.abc import Iterable

from train.card.appendix import gate_section, paired_section, scenes_section, study_section
from train.card.cells import bias, limit_cell, mean_error, number, percent, share, table, within_5_years
from train.card.facts import Card, ChallengeRates, Errors


def model_card(card: Card) -> str:
    """The text of MODEL_CARD.md."""
    parts = [
        f"# Age model: {card.model}",
        card.use or "A checkpoint, not a bundle: its calibration and thresholds are measured for this card only.",
        "The model estimates the age of a face as a distribution over the years 0 to 100, from a 224x224 crop made by "
        "`edge.vision.crop.align`. Its purpose is to decide whether a cashier should ask for ID; it never approves a "
        "sale. It must not be used to identify people or for any other decision about a person.",
        "## Errors",
        "Mean distance in years from the true age, or from the nearer end of a known age band, with the 95 % bootstrap "
        "interval, on photos that were not trained on. *Passed*: only faces that pass the lane's quality gate.",
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
        *_thresholds(card),
        *_by_group(card),
        "## Errors by age, sex and group of people",
        *(_errors(title, found) for title, found in _breakdowns(card)),
        "## Calibration",
        f"Temperature {card.temperature}, measured on photos that were neither trained nor tested on. Share of exactly "
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
        *study_section(card.study),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def _breakdowns(card: Card) -> Iterable[tuple[str, dict[str, dict[str, Errors]]]]:
    return (("age", card.by_age), ("sex", card.by_sex), ("group", card.by_group))


def _errors(title: str, found: dict[str, dict[str, Errors]]) -> str:
    rows = (
        (source, label, *(cell(error) for error in (errors.all, errors.passed) for cell in (number, mean_error, bias)))
        for source, by_label in found.items()
        for label, errors in by_label.items()
    )
    return table(("photos", title, "number", "error", "bias", "passed", "error", "bias"), rows)


def _thresholds(card: Card) -> Iterable[str]:
    if not card.thresholds:
        yield "Too few underage people to state any limit: set `policy.max_p_under_legal` and `policy.challenge_age`."
        return
    yield (
        "The bundle's limits, measured on photos that were neither trained nor tested on. *Risk*: upper 95 % bound of "
        "the share of the underage people who pass, for all of them and for each source with enough photos."
    )
    yield table(
        ("goods sold from", "risk", "limit", "about below", "underage", "passed", "their ages"),
        (
            (each.legal_age, f"{each.risk:.0%}", limit_cell(each.max_p_under_legal), each.challenge_age, each.underage,
             each.passed, f"{each.ages[0]}-{each.ages[1]}")
            for each in card.thresholds
        ),
    )  # fmt: skip


def _by_group(card: Card) -> Iterable[str]:
    if not card.challenge_by_group:
        return
    limit = next(iter(card.challenge_by_group.values())).max_p_under_legal
    yield f"By source, sex and group, at the limit {limit_cell(limit)} for goods sold from 18:"
    yield _challenges(card.challenge_by_group.items(), "people")


def _challenges(rows: Iterable[tuple[str, ChallengeRates]], title: str = "limit") -> str:
    return table(
        (title, "about below", "13-17 who pass", "14-17 who pass", "25-40 who are asked"),
        (
            (name, row.challenge_age, share(row.passed_13_17), share(row.passed_14_17), share(row.asked_25_40))
            for name, row in rows
        ),
    )
