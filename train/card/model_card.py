"""The report card as Markdown: MODEL_CARD.md, which is shipped with the model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from train.card.facts import Card, ChallengeRates, Errors, GateBin, GateEvidence, Scenes, Study
from train.card.measures import MeasuredError, MeasuredShare

SCENES_TITLE = "## Squeezed, night and wide-angle pictures"


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
        _table(
            ("photos", "test photos", "no face found", "all faces", "bias", "within 5 years", "passed", "rejected"),
            (
                (name, source.test_pictures, _percent(source.missed), _error(source.all), _bias(source.all),
                 _within(source.all), _error(source.passed), _percent(source.refused))
                for name, source in card.sources.items()
            ),
        ),
        "## Minors and limits",
        "Children and young people with too high a predicted age, with 95 % intervals:",
        _table(
            ("photos", "under 10, predicted 18 or older", "10-19, predicted 25 or older"),
            (
                (name, _share(rates.under_10_as_18), _share(rates.from_10_to_19_as_25))
                for name, rates in card.children.items()
            ),
        ),
        "If everybody is asked for ID who is under 18 with a probability above the limit (by one photo's calibrated "
        "distribution). *About below*: the mean age that divides those who are asked from those who are not best.",
        _challenges((_limit(row.max_p_under_legal), row) for row in card.challenge),
        *_thresholds(card),
        *_by_group(card),
        "## Errors by age, sex and group of people",
        *(_errors(title, found) for title, found in _breakdowns(card)),
        "## Calibration",
        f"Temperature {card.temperature}, measured on photos that were neither trained nor tested on. Share of exactly "
        "known ages inside the stated interval:",
        _table(
            ("photos", "stated", "before calibration", "after", "after, passed"),
            ((name, f"{each.stated:.0%}", f"{each.before:.1%}", f"{each.after:.1%}", f"{each.passed:.1%}")
             for name, found in card.coverage.items() for each in found),
        ),
        "## Other crops, distances and blur",
        "A sample of the test photos in other views. *Plain*: the error of the lane's own crop on exactly those photos "
        "on which the view has a face.",
        _table(
            ("view", "photos", "error", "plain", "no face found"),
            ((each.view, each.source, _error(each.error), _error(each.plain), _percent(each.missed))
             for each in card.robust),
        ),
        *_gate(card),
        *([scenes_section(card.scenes)] if card.scenes else []),
        *_paired(card),
        "## Training photos",
        _table(("source", "photos"), card.trained_on.items()),
        *_study(card.study),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def _breakdowns(card: Card) -> Iterable[tuple[str, dict[str, dict[str, Errors]]]]:
    return (("age", card.by_age), ("sex", card.by_sex), ("group", card.by_group))


def _errors(title: str, found: dict[str, dict[str, Errors]]) -> str:
    rows = (
        (source, label, *(cell(error) for error in (errors.all, errors.passed) for cell in (_number, _error, _bias)))
        for source, by_label in found.items()
        for label, errors in by_label.items()
    )
    return _table(("photos", title, "number", "error", "bias", "passed", "error", "bias"), rows)


def _thresholds(card: Card) -> Iterable[str]:
    if not card.thresholds:
        yield "Too few underage people to state any limit: set `policy.max_p_under_legal` and `policy.challenge_age`."
        return
    yield (
        "The bundle's limits, measured on photos that were neither trained nor tested on. *Risk*: upper 95 % bound of "
        "the share of the underage people who pass, for all of them and for each source with enough photos."
    )
    yield _table(
        ("goods sold from", "risk", "limit", "about below", "underage", "passed", "their ages"),
        (
            (each.legal_age, f"{each.risk:.0%}", _limit(each.max_p_under_legal), each.challenge_age, each.underage,
             each.passed, f"{each.ages[0]}-{each.ages[1]}")
            for each in card.thresholds
        ),
    )  # fmt: skip


def _by_group(card: Card) -> Iterable[str]:
    if not card.challenge_by_group:
        return
    limit = next(iter(card.challenge_by_group.values())).max_p_under_legal
    yield f"By source, sex and group, at the limit {_limit(limit)} for goods sold from 18:"
    yield _challenges(card.challenge_by_group.items(), "people")


def _challenges(rows: Iterable[tuple[str, ChallengeRates]], title: str = "limit") -> str:
    return _table(
        (title, "about below", "13-17 who pass", "14-17 who pass", "25-40 who are asked"),
        (
            (name, row.challenge_age, _share(row.passed_13_17), _share(row.passed_14_17), _share(row.asked_25_40))
            for name, row in rows
        ),
    )


def scenes_section(scenes: Scenes) -> str:
    """The section on squeezed, night and wide-angle pictures, with its title."""
    return "\n\n".join(
        (
            SCENES_TITLE,
            f"{scenes.photos} test photos, with all 13-17-year-olds among them, as another camera would take them, on "
            "which the face was detected anew. Night and lenses are imitated. *Worse*: by how many years the error is "
            "larger than on the same photos unchanged. *Breadth*: mean of the estimate (`edge.vision.proportions`). "
            "*Distorted*: share rejected for their breadth. *Lost*: share of the faces that passed unchanged and are "
            "not found, or rejected by other limits. The other columns ignore the limits on breadth. *Unasked*: "
            f"13-17-year-olds who would not be asked at the limit {_limit(scenes.max_p_under_18)}.",
            _table(
                ("picture", "faces", "error", "bias", "worse", "breadth", "lost", "distorted", "unasked",
                 "unasked, without distorted"),
                (
                    (each.scene, _number(each.error), _error(each.error), _bias(each.error),
                     _worse(each.error, each.plain), f"{each.breadth:.2f}", _percent(each.rejected),
                     _percent(each.distorted), _count(each.passed_13_17), _count(each.passed_13_17_not_distorted))
                    for each in scenes.errors
                ),
            ),
            "The evidence for the limits on breadth, on the same photos squeezed to a random degree, as below:",
            _evidence(scenes.gate),
        )
    )  # fmt: skip


def _worse(error: MeasuredError | None, plain: MeasuredError | None) -> str:
    return f"{error.mean_error_years - plain.mean_error_years:+.2f}" if error and plain else "-"


def _count(share: MeasuredShare) -> str:
    return f"{share.hits} of {share.trials}"


def _limit(max_p_under_legal: float) -> str:
    return f"{max_p_under_legal:.2%}"


def _gate(card: Card) -> Iterable[str]:
    if not card.gate:
        return
    yield "## Evidence for the quality gate"
    yield (
        "A sample of the test photos, degraded to a random degree in the respect that a limit is for (smaller, darker, "
        "brighter, out of focus, squeezed, a hand in front of the face; unchanged for turn and nod), without faces "
        "that another limit rejects. *Worse*: by how many years the error is larger than on the same photos unchanged. "
        "*Rejected*: share of the unchanged photos that the limit rejects."
    )
    yield _evidence(card.gate)


def _evidence(gate: Iterable[GateEvidence]) -> str:
    return _table(
        ("measure", "limit", "rejected", "from", "to", "faces", "error", "bias", "worse", "gate"),
        (
            (evidence.measure, "none" if evidence.limit is None else f"{evidence.limit:g}", _percent(evidence.refused),
             f"{each.low:.3g}", f"{each.high:.3g}", each.error.pictures, _error(each.error), _bias(each.error),
             f"{each.worse:+.2f}", _gate_result(evidence, each))
            for evidence in gate for each in evidence.bins
        ),
    )  # fmt: skip


def _gate_result(evidence: GateEvidence, faces: GateBin) -> str:
    """The gate's reason to reject the faces of a bin, or "good"; a bin is on one side of the limit."""
    if evidence.limit is None:
        return "good"
    rejected = faces.low > evidence.limit if evidence.upper else faces.high < evidence.limit
    return evidence.reason if rejected else "good"


def _paired(card: Card) -> Iterable[str]:
    if not card.paired:
        return
    yield f"## Compared with {next(iter(card.paired.values())).other}"
    yield "Difference of the two mean errors on the same photos, in years; negative: this model is better."
    yield _table(
        ("photos", "number", "difference", "95 % interval", "largest change of one prediction"),
        (
            (
                name,
                paired.pictures,
                f"{paired.difference_years:+.2f}",
                f"{paired.low:+.2f} to {paired.high:+.2f}",
                f"{paired.largest_years:.1f}",
            )
            for name, paired in card.paired.items()
        ),
    )


def _study(study: Study | None) -> Iterable[str]:
    if study is None:
        return
    yield "## Expected error in a new shop"
    yield (
        f"Short runs from scratch, each on {study.photos:,} photos, evaluated on the same test photos. Bold: the run "
        "was not trained on photos of this source; by as much as these errors are larger than those of *all sources*, "
        "the error is larger in a new shop until the model is trained on the shop's own photos. *Then*: the same run, "
        f"fine-tuned on at most {study.own_photos:,} photos of that source with a quarter of the steps. *Baseline "
        "recipe*: one output, squared error, Adam, as in the best known earlier model."
        + (" All runs except *baseline recipe*, *alone* and *then* learn from a teacher." if study.taught else "")
    )
    yield _table(
        ("trained on", *study.runs[0].errors),
        (
            (run.name, *(_error(error) if name in {"all", *run.sources} else f"**{_error(error)}**"
                         for name, error in run.errors.items()))
            for run in study.runs
        ),
    )  # fmt: skip


def _table(head: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def _error(error: MeasuredError | None) -> str:
    return f"{error.mean_error_years:.2f} ({error.low:.2f}-{error.high:.2f})" if error else "-"


def _number(error: MeasuredError | None) -> str:
    return str(error.pictures) if error else "0"


def _bias(error: MeasuredError | None) -> str:
    return f"{error.bias_years:+.2f}" if error else "-"


def _within(error: MeasuredError | None) -> str:
    return f"{error.within_5_years:.0%}" if error else "-"


def _percent(share: MeasuredShare) -> str:
    return f"{share.share:.1%}" if share.trials else "-"


def _share(share: MeasuredShare) -> str:
    return f"{share.share:.1%} ({share.low:.1%}-{share.high:.1%}) of {share.trials}" if share.trials else "-"
