"""The last sections of MODEL_CARD.md: the gate's evidence, other cameras, another model, and short runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from train.card.cells import bias, escaped, limit_cell, mean_error, number, percent, share, signed, table
from train.card.facts import GateBin, GateEvidence, PairedDifference, SceneError, Scenes, Study
from train.card.measures import FEWER, FEWEST_TO_STATE

SCENES_TITLE = "## Squeezed, night and wide-angle pictures"


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
            f"13-17-year-olds who would not be asked at the limit {limit_cell(scenes.max_p_under_18)}.",
            table(
                ("picture", "faces", "error", "bias", "worse", "breadth", "lost", "distorted", "unasked",
                 "unasked, without distorted"),
                (
                    (each.scene, number(each.error), mean_error(each.error), bias(each.error),
                     _worse(each), _breadth(each), percent(each.rejected), percent(each.distorted),
                     share(each.passed_13_17), share(each.passed_13_17_not_distorted))
                    for each in scenes.errors
                ),
            ),
            "The evidence for the limits on breadth, on the same photos squeezed to a random degree, as below:",
            _evidence(scenes.gate),
        )
    )  # fmt: skip


def _worse(each: SceneError) -> str:
    if not each.error or not each.plain or not each.error.enough:
        return FEWER
    return signed(each.error.mean_error_years - each.plain.mean_error_years, each.worse_interval)


def _breadth(each: SceneError) -> str:
    return f"{each.breadth:.2f}" if each.error and each.error.enough else FEWER


def gate_section(gate: Sequence[GateEvidence]) -> Iterable[str]:
    """The evidence for the quality gate; nothing without evidence."""
    if not gate:
        return
    yield "## Evidence for the quality gate"
    yield (
        "A sample of the test photos, degraded to a random degree in the respect that a limit is for (smaller, darker, "
        "brighter, out of focus, squeezed, a hand in front of the face; unchanged for turn and nod), without faces "
        "that another limit rejects. *Worse*: by how many years the error is larger than on the same photos unchanged. "
        "*Rejected*: share of the unchanged photos that the limit rejects."
    )
    yield _evidence(gate)


def _evidence(gate: Iterable[GateEvidence]) -> str:
    return table(
        ("measure", "limit", "rejected", "from", "to", "faces", "error", "bias", "worse", "gate"),
        (
            (evidence.measure, "none" if evidence.limit is None else f"{evidence.limit:g}", percent(evidence.refused),
             f"{each.low:.3g}", f"{each.high:.3g}", each.error.pictures, mean_error(each.error), bias(each.error),
             signed(each.worse, each.worse_interval) if each.error.enough else FEWER, _gate_result(evidence, each))
            for evidence in gate for each in evidence.bins
        ),
    )  # fmt: skip


def _gate_result(evidence: GateEvidence, faces: GateBin) -> str:
    """The gate's reason to reject the faces of a bin, or "good"; a bin is on one side of the limit."""
    if evidence.limit is None:
        return "good"
    rejected = faces.low > evidence.limit if evidence.upper else faces.high < evidence.limit
    return evidence.reason if rejected else "good"


def paired_section(paired: Mapping[str, PairedDifference]) -> Iterable[str]:
    """The comparison with another model; nothing without one."""
    if not paired:
        return
    yield f"## Compared with {escaped(next(iter(paired.values())).other)}"
    yield "Difference of the two mean errors on the same photos, in years; negative: this model is better."
    yield table(
        ("photos", "number", "difference", "95 % interval", "largest change of one prediction"),
        (
            (
                name,
                each.pictures,
                *(
                    (f"{each.difference_years:+.2f}", f"{each.low:+.2f} to {each.high:+.2f}")
                    if each.pictures >= FEWEST_TO_STATE
                    else (FEWER, FEWER)
                ),
                f"{each.largest_years:.1f}",
            )
            for name, each in paired.items()
        ),
    )


def study_section(study: Study | None) -> Iterable[str]:
    """The short runs; nothing without a study."""
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
    yield table(
        ("trained on", *study.runs[0].errors),
        (
            (run.name, *(mean_error(error) if name in {"all", *run.sources} else f"**{mean_error(error)}**"
                         for name, error in run.errors.items()))
            for run in study.runs
        ),
    )  # fmt: skip
