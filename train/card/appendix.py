"""The last sections of MODEL_CARD.md: the gate's evidence, other cameras, another model, and short runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from edge.language.words import Words, joined, words
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
    signed,
    table,
)  # fmt: skip
from train.card.facts import GateBin, GateEvidence, PairedDifference, SceneError, Scenes, Study
from train.card.measures import FEWER, FEWEST_TO_STATE
from train.card.names import named, photos_named

SCENES_TITLE = heading(words("Squeezed, night and wide-angle pictures"))


def scenes_section(scenes: Scenes) -> Words:
    """The section on squeezed, night and wide-angle pictures, with its title."""
    return joined(
        "\n\n",
        (
            SCENES_TITLE,
            words(
                "{photos} test photos, with all 13-17-year-olds among them, as another camera would take them, on "
                "which the face was detected anew. Night, lenses and sunglasses are imitated. *Worse*: by how many "
                "years the error is larger than on the same photos unchanged. *Breadth*: mean of the estimate "
                "(`edge.vision.proportions`). *Distorted*: share rejected for their breadth. *Lost*: share of the "
                "faces that passed unchanged and are not found, or rejected by other limits. The other columns ignore "
                "the limits on breadth. *Unasked*: of the 13-17-year-olds who pass unchanged, those who would not be "
                "asked at the limit {limit}; where the face is lost, they are asked.",
                photos=scenes.photos, limit=limit_cell(scenes.max_p_under_18),
            ),
            table(
                (words("picture"), words("faces"), words("error"), words("bias"), words("worse"), words("breadth"),
                 words("lost"), words("distorted"), words("unasked"), words("unasked, without distorted")),
                (
                    (named(each.scene), number(each.error), mean_error(each.error), bias(each.error),
                     _worse(each), _breadth(each), percent(each.rejected), percent(each.distorted),
                     share(each.passed_13_17), share(each.passed_13_17_not_distorted))
                    for each in scenes.errors
                ),
            ),
            words("The evidence for the limits on breadth, on the same photos squeezed to a random degree, as below:"),
            _evidence(scenes.gate),
        )
    )  # fmt: skip


def _worse(each: SceneError) -> Words:
    if not each.error or not each.plain or not each.error.enough:
        return FEWER
    return signed(each.error.mean_error_years - each.plain.mean_error_years, each.worse_interval)


def _breadth(each: SceneError) -> Words:
    return figure(each.breadth, ".2f") if each.error and each.error.enough else FEWER


def gate_section(gate: Sequence[GateEvidence]) -> Iterable[str]:
    """The evidence for the quality gate; nothing without evidence."""
    if not gate:
        return
    yield heading(words("Evidence for the quality gate"))
    yield words(
        "A sample of the test photos, degraded to a random degree in the respect that a limit is for (smaller, darker, "
        "brighter, out of focus, squeezed, a hand in front of the face; unchanged for turn and nod), without faces "
        "that another limit rejects. *Worse*: by how many years the error is larger than on the same photos unchanged. "
        "*Rejected*: share of the unchanged photos that the limit rejects."
    )
    yield _evidence(gate)


def _evidence(gate: Iterable[GateEvidence]) -> Words:
    return table(
        (words("measure"), words("limit"), words("rejected"), words("from"), words("to"), words("faces"),
         words("error"), words("bias"), words("worse"), words("gate")),
        (
            (named(evidence.measure), words("none") if evidence.limit is None else figure(evidence.limit, "g"),
             percent(evidence.refused), figure(each.low, ".3g"), figure(each.high, ".3g"), each.error.pictures,
             mean_error(each.error), bias(each.error),
             signed(each.worse, each.worse_interval) if each.error.enough else FEWER, _gate_result(evidence, each))
            for evidence in gate for each in evidence.bins
        ),
    )  # fmt: skip


def _gate_result(evidence: GateEvidence, faces: GateBin) -> str:
    """The gate's reason to reject the faces of a bin, or "good"; a bin is on one side of the limit."""
    if evidence.limit is None:
        return words("good")
    rejected = faces.low > evidence.limit if evidence.upper else faces.high < evidence.limit
    return named(evidence.reason) if rejected else words("good")


def paired_section(paired: Mapping[str, PairedDifference]) -> Iterable[str]:
    """The comparison with another model; nothing without one."""
    if not paired:
        return
    yield heading(words("Compared with {model}", model=escaped(next(iter(paired.values())).other)))
    yield words("Difference of the two mean errors on the same photos, in years; negative: this model is better.")
    yield table(
        (
            words("photos"),
            words("number"),
            words("difference"),
            words("95 % interval"),
            words("largest change of one prediction"),
        ),
        (
            (
                photos_named(name),
                each.pictures,
                *(
                    (
                        figure(each.difference_years, "+.2f"),
                        words("{low:+.2f} to {high:+.2f}", low=each.low, high=each.high),
                    )
                    if each.pictures >= FEWEST_TO_STATE
                    else (FEWER, FEWER)
                ),
                figure(each.largest_years, ".1f"),
            )
            for name, each in paired.items()
        ),
    )


def study_section(study: Study | None) -> Iterable[str]:
    """The short runs; nothing without a study."""
    if study is None:
        return
    yield heading(words("Expected error in a new shop"))
    explained = words(
        "Short runs from scratch, each on {photos:,} photos, evaluated on the same test photos. Bold: the run "
        "was not trained on photos of this source; by as much as these errors are larger than those of *all sources*, "
        "the error is larger in a new shop until the model is trained on the shop's own photos. *Then*: the same run, "
        "fine-tuned on at most {own_photos:,} photos of that source with a quarter of the steps. *Baseline "
        "recipe*: one output, squared error, Adam, as in the best known earlier model.",
        photos=study.photos,
        own_photos=study.own_photos,
    )
    taught = words("All runs except *baseline recipe*, *alone* and *then* learn from a teacher.")
    yield joined(" ", [explained, taught]) if study.taught else explained
    yield table(
        (words("trained on"), *map(photos_named, study.runs[0].errors)),
        (
            (named(run.name), *(mean_error(error) if name in {"all", *run.sources} else _bold(mean_error(error))
                                for name, error in run.errors.items()))
            for run in study.runs
        ),
    )  # fmt: skip


def _bold(text: Words) -> Words:
    return joined("", ["**", text, "**"])
