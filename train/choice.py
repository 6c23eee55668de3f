"""Compare models on photos that they were not trained on, to choose one before its test photos are looked at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.ages.bundle import Bundle
from edge.ages.calibration import calibrated
from edge.ages.onnx import OnnxAgeModel
from edge.decision.fusion import mean_ages, p_under
from edge.decision.policy import Limit, asks
from edge.reports.tables import NOTHING, Table
from train.calibration import fitted_temperature
from train.card.breakdowns import errors_by_source
from train.card.candidates import predictor
from train.card.gate import passes_gate
from train.card.measures import Fact, MeasuredError, MeasuredShare, error, share
from train.card.views import plain_crop, predict_through
from train.checkpoint import load_model
from train.data import load_train, require_photos
from train.evaluate import Predict
from train.thresholds import thresholds
from train.trained import trained_by
from train.unseen import UnseenPhotos, unseen_photos

ASKED_25_40 = 0.25
"""Models are also compared at the limit with which this share of the adults is asked: one that is less sure would
otherwise let fewer minors pass only because it asks more."""

_Floats = NDArray[np.floating]


class AskedAtRisk(Fact):
    """max_p_under_18: the limit for a stated risk. asked_25_40: share of the people of 25-40 who are asked."""

    max_p_under_18: float
    asked_25_40: MeasuredShare


class ModelFigures(Fact):
    """A model on the validation photos.

    errors: by source. oldest: error of people of 65 and older. passed_13_17: who pass if `ASKED_25_40` of the
    25-40-year-olds are asked. by_risk: the rule for 18, by stated risk. The last two count faces that pass the quality
    gate.
    """

    model: str
    errors: dict[str, MeasuredError]
    oldest: MeasuredError | None
    passed_13_17: MeasuredShare
    by_risk: dict[float, AskedAtRisk]


def compare_models(models: Sequence[Path], data: Path) -> tuple[ModelFigures, ...]:
    """Measure checkpoints and bundles on the validation photos of `data`, each with the calibration and the limits that
    `edge-export bundle` would give it.

    Raises UsageError for a pack, and for a model that was trained on these photos.
    """
    require_photos(data)
    train_data, found = load_train(data), list[ModelFigures]()
    validation: NDArray[np.bool_] | None = None
    for model in models:
        unseen = unseen_photos(model, trained_by(model), train_data)
        # The validation photos are the same for all models, the further ones are not.
        validation = passes_gate(unseen.validation) if validation is None else validation
        passed = np.concatenate([validation, passes_gate(unseen.further)])
        age_probs = predict_through(_predict_of(model), unseen.for_limits, plain_crop, str(model)).age_probs
        found.append(figures_of(str(model), age_probs, unseen, passed))
    return tuple(found)


def figures_of(model: str, age_probs: _Floats, unseen: UnseenPhotos, passed: NDArray[np.bool_]) -> ModelFigures:
    """The figures of a model.

    age_probs: (N, 101), before calibration, of the N photos `unseen.for_limits`. passed: bool (N,), which of them pass
    the quality gate.
    """
    photos, validation = unseen.for_limits, unseen.validation
    count = len(validation)
    probs = calibrated(age_probs, fitted_temperature(age_probs[:count], validation.ages))
    measured = thresholds(probs[passed], photos.ages[passed], photos.sources[passed])
    ages, old = mean_ages(probs[:count]), validation.ages[:, 0] >= 65
    judged, known = probs[:count][passed[:count]], validation.ages[passed[:count]]
    adults = judged[(known[:, 0] >= 25) & (known[:, 1] <= 40)]
    return ModelFigures(
        model=model,
        errors=errors_by_source(ages, validation),
        oldest=error(ages[old], validation.ages[old]),
        passed_13_17=passing(judged, known, ASKED_25_40),
        by_risk={
            each.risk: AskedAtRisk(
                max_p_under_18=each.max_p_under_legal,
                asked_25_40=share(asks(adults, Limit(18, each.max_p_under_legal, each.challenge_age))),
            )
            for each in measured
            if each.legal_age == 18
        },
    )


def passing(age_probs: _Floats, known: _Floats, adults_asked: float) -> MeasuredShare:
    """The share of 13-17-year-olds who pass with the limit at which the share `adults_asked` of the 25-40-year-olds is
    asked. age_probs: (N, 101). known: (N, 2) youngest and oldest possible age."""
    under, (youngest, oldest) = p_under(age_probs, 18), known.T
    minors, adults = (youngest >= 13) & (oldest <= 17), (youngest >= 25) & (oldest <= 40)
    limit = np.quantile(under[adults], 1 - adults_asked) if adults.any() else 1.0
    return share(under[minors] <= limit)


def choice_table(found: Iterable[ModelFigures]) -> Table:
    """The figures of models, a row for each."""
    rows = tuple(found)
    sources = sorted({source for each in rows for source in each.errors})
    risks = sorted({risk for each in rows for risk in each.by_risk})
    columns = (
        "model",
        *(f"error on {source}" for source in sources),
        "bias at 65+",
        f"13-17 who pass if {ASKED_25_40:.0%} of 25-40 are asked",
        *(f"25-40 asked at {risk:.0%} risk (limit)" for risk in risks),
    )
    return Table(
        columns,
        tuple(
            (
                each.model,
                *(
                    f"{each.errors[source].mean_error_years:.2f}" if source in each.errors else NOTHING
                    for source in sources
                ),
                f"{each.oldest.bias_years:+.1f}" if each.oldest else NOTHING,
                f"{each.passed_13_17.hits} of {each.passed_13_17.trials}",
                *(_asked(each.by_risk.get(risk)) for risk in risks),
            )
            for each in rows
        ),
        numbers=frozenset(columns[1:]),
    )


def _asked(asked: AskedAtRisk | None) -> str:
    return f"{asked.asked_25_40.share:.1%} ({asked.max_p_under_18:.2%})" if asked else NOTHING


def _predict_of(model: Path) -> Predict:
    if not model.is_dir():
        return predictor(load_model(model)[0])
    return OnnxAgeModel(Bundle(model).cpu_model).predict
