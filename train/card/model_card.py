"""The report card as Markdown: MODEL_CARD.md, which goes with the model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from train.card.facts import Card, Challenge, Errors, GateBin, GateEvidence, Study
from train.card.measures import MeasuredError, MeasuredShare
from train.thresholds import TEENAGERS


def model_card(card: Card) -> str:
    """MODEL_CARD.md for a model."""
    parts = [
        f"# Age model: {card.model}",
        card.use or "A checkpoint, not a bundle: its calibration and thresholds are measured here and shipped nowhere.",
        "It estimates the age of a face as a distribution over the years 0 to 100, from a 224x224 crop made by "
        "`edge.vision.crop.align`. It is made to decide whether a cashier should ask for ID. It "
        "never approves a sale. It must not be used to identify anyone, nor to decide anything about a person.",
        "## How far off it is",
        "Mean distance in years from the true age, or from the nearer end of a known age band, with the 95 % bootstrap "
        "interval; on photos kept out of training. *Passed* are the faces that the lane's quality gate lets through.",
        _table(
            ("photos", "test photos", "no face found", "all faces", "bias", "within 5 years", "passed", "refused"),
            (
                (name, source.test_pictures, _percent(source.missed), _error(source.all), _bias(source.all),
                 _within(source.all), _error(source.passed), _percent(source.refused))
                for name, source in card.sources.items()
            ),
        ),
        "## Where it may be trusted",
        "Children read as adults, with 95 % intervals; *passed* are again those that the quality gate lets through:",
        _table(
            ("photos", "under 10 read as 18 or older", "10-19 read as 25 or older"),
            (
                (name, _share(one.under_10_as_18), _share(one.from_10_to_19_as_25))
                for name, one in card.children.items()
            ),
        ),
        "If everybody is asked who looks younger than T (T is compared with the mean of the calibrated distribution):",
        _challenges((f"{row.challenge_age}", row) for row in card.challenge),
        _thresholds(card),
        *_by_group(card),
        "## By age, sex and group of people",
        *(_errors(title, found) for title, found in _breakdowns(card)),
        "## How sure it may be",
        f"Temperature {card.temperature}, measured on photos that are neither trained nor tested on. Share of exactly "
        "known ages inside the stated interval:",
        _table(
            ("photos", "stated", "before calibration", "after", "after, passed"),
            ((name, f"{one.stated:.0%}", f"{one.before:.1%}", f"{one.after:.1%}", f"{one.passed:.1%}")
             for name, found in card.coverage.items() for one in found),
        ),
        "## Other crops, distances and lenses",
        "The same photos (a sample) seen otherwise; *plain* is the error on exactly those with a face found.",
        _table(
            ("view", "photos", "error", "plain", "no face found"),
            ((one.view, one.source, _error(one.error), _error(one.plain), _percent(one.missed)) for one in card.robust),
        ),
        *_gate(card),
        *_paired(card),
        "## What it was trained on",
        _table(("photos", "number"), card.trained_on.items()),
        *_study(card.study),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def _breakdowns(card: Card) -> Iterable[tuple[str, dict[str, dict[str, Errors]]]]:
    return (("age", card.by_age), ("sex", card.by_sex), ("group", card.by_group))


def _errors(title: str, found: dict[str, dict[str, Errors]]) -> str:
    rows = (
        (source, label, *(cell(one) for one in (each.all, each.passed) for cell in (_number, _error, _bias)))
        for source, by in found.items()
        for label, each in by.items()
    )
    return _table(("photos", title, "number", "error", "bias", "passed", "error", "bias"), rows)


def _thresholds(card: Card) -> str:
    if not card.thresholds:
        return "Too few 13-17-year-olds to promise any threshold: set `policy.challenge_age`."
    promises = "; ".join(
        f"at most {one.risk:.0%} of 13-17-year-olds pass (upper 95 % bound, {one.passed} of {one.teenagers} did) at "
        f"T = {one.challenge_age}"
        for one in card.thresholds
    )
    text = f"The bundle's thresholds, measured on photos that are neither trained nor tested on: {promises}."
    loosest = card.thresholds[-1]
    if loosest.ages != TEENAGERS:
        text += (
            f" Among them are people of whom no more is known than that they are {loosest.ages[0]}-{loosest.ages[1]}."
        )
    for row in card.challenge:
        if row.challenge_age == loosest.challenge_age and row.passed_13_17.trials:
            text += (
                f" On the test photos, at T = {row.challenge_age}, {_share(row.passed_13_17)} 13-17-year-olds pass "
                f"unasked, and {_share(row.asked_25_40)} 25-40-year-olds are asked."
            )
    return text


def _by_group(card: Card) -> Iterable[str]:
    if not card.challenge_by_group:
        return
    age = next(iter(card.challenge_by_group.values())).challenge_age
    yield f"By source, sex and group, at T = {age}:"
    yield _challenges(card.challenge_by_group.items(), "people")


def _challenges(rows: Iterable[tuple[str, Challenge]], of: str = "T") -> str:
    return _table(
        (of, "13-17 pass unasked", "14-17 pass unasked", "25-40 are asked"),
        ((name, _share(row.passed_13_17), _share(row.passed_14_17), _share(row.asked_25_40)) for name, row in rows),
    )


def _gate(card: Card) -> Iterable[str]:
    if not card.gate:
        return
    yield "## What the quality gate goes by"
    yield (
        "A sample of the test photos, made worse by a chance degree in the one way that a limit is there for (smaller, "
        "darker, brighter, out of focus, a hand before the face; turned and nodding heads as they are), and not "
        "refused for anything else. *Worse*: than on the same photos as they are, in years. *Refused*: of the photos "
        "as they are."
    )
    yield _table(
        ("measure", "limit", "refused", "from", "to", "faces", "error", "bias", "worse", "the gate says"),
        (
            (found.measure, "none" if found.limit is None else f"{found.limit:g}", _percent(found.refused),
             f"{one.low:.3g}", f"{one.high:.3g}", one.error.pictures, _error(one.error), _bias(one.error),
             f"{one.worse:+.2f}", _says(found, one))
            for found in card.gate for one in found.bins
        ),
    )  # fmt: skip


def _says(found: GateEvidence, one: GateBin) -> str:
    """The gate's word on a bin, which lies on one side of the limit."""
    upper = found.reason in ("turned", "bright")
    refused = found.limit is not None and (one.low > found.limit if upper else one.high < found.limit)
    return found.reason if refused else "good"


def _paired(card: Card) -> Iterable[str]:
    if not card.paired:
        return
    yield f"## Beside {next(iter(card.paired.values())).other}"
    yield "Difference of the two errors on the same photos, in years; negative means that this model is nearer."
    yield _table(
        ("photos", "number", "difference", "95 % interval", "largest move of one photo"),
        (
            (
                name,
                one.pictures,
                f"{one.difference_years:+.2f}",
                f"{one.low:+.2f} to {one.high:+.2f}",
                f"{one.largest_years:.1f}",
            )
            for name, one in card.paired.items()
        ),
    )


def _study(study: Study | None) -> Iterable[str]:
    if study is None:
        return
    yield "## What an unseen shop will get"
    then = f"at most {study.own_photos:,} photos of it and a quarter of the steps"
    yield (
        f"Short runs from nothing, each on {study.photos:,} photos, judged on the same test photos; in bold, photos "
        "of a source that the run had never seen. What the bold figures lose against *all sources* is what a shop must "
        f"expect until it trains on its own photos; *then* is what it has after that: the same run, gone on with {then}"
        ". *Baseline recipe*: one output, squared error, Adam, as in the best known earlier attempt."
        + (" The others but *alone* and *then* imitate a teacher." if study.taught else "")
    )
    yield _table(
        ("trained on", *study.runs[0].errors),
        (
            (run.name, *(_error(one) if name in {"all", *run.sources} else f"**{_error(one)}**"
                         for name, one in run.errors.items()))
            for run in study.runs
        ),
    )  # fmt: skip


def _table(head: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def _error(one: MeasuredError | None) -> str:
    return f"{one.mean_error_years:.2f} ({one.low:.2f}-{one.high:.2f})" if one else "-"


def _number(one: MeasuredError | None) -> str:
    return str(one.pictures) if one else "0"


def _bias(one: MeasuredError | None) -> str:
    return f"{one.bias_years:+.2f}" if one else "-"


def _within(one: MeasuredError | None) -> str:
    return f"{one.within_5_years:.0%}" if one else "-"


def _percent(one: MeasuredShare) -> str:
    return f"{one.share:.1%}" if one.trials else "-"


def _share(one: MeasuredShare) -> str:
    return f"{one.share:.1%} ({one.low:.1%}-{one.high:.1%}) of {one.trials}" if one.trials else "-"
