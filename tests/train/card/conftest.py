"""Fixtures: report cards with few figures."""

from __future__ import annotations

import numpy as np
import pytest

from edge.ages.bundle import Threshold
from tests.edge.people import age_probs_at
from tests.train.builders import pictures_of
from train.card.breakdowns import challenge, limits_of_18
from train.card.facts import (
    Card,
    CardSource,
    ChildRates,
    Coverage,
    Errors,
    GateBin,
    GateEvidence,
    ListedPhotos,
    OperatingRates,
    PairedDifference,
    SceneError,
    Scenes,
    Study,
    StudyRun,
    ViewError,
)  # fmt: skip
from train.card.measures import MeasuredError, MeasuredShare
from train.card.nist import nist_tables
from train.card.operating import operating_point


@pytest.fixture
def some_error() -> MeasuredError:
    return MeasuredError(pictures=90, mean_error_years=5, low=4, high=6, bias_years=0, within_5_years=0.5)


@pytest.fixture
def card(some_error: MeasuredError) -> Card:
    """A card with few figures."""
    probs, known = np.stack([age_probs_at(16), age_probs_at(30)]), np.array([(15, 15), (30, 30)])
    by_age = {"shop": {"13-17": Errors(all=some_error, passed=None)}}
    nist = nist_tables(pictures_of(ages=[(15, 15), (30, 30)]), np.array([16.0, 30]), [(), ("small",)])
    return Card(
        model="shop", use="", trained_on={}, temperature=1, operating=operating_point((), []), nist=nist, sources={},
        by_age=by_age, by_sex={}, by_group={}, coverage={}, children={},
        challenge=tuple(challenge(limit, probs, known) for limit in limits_of_18(probs)),
        challenge_by_group={}, thresholds=(), robust=(), gate=(), paired={},
    )  # fmt: skip


@pytest.fixture
def card_with_study(card: Card, some_error: MeasuredError) -> Card:
    """A card with a study of two runs: on both sources, and without one."""
    errors = dict.fromkeys(("all", "corner", "market"), some_error)
    runs = (StudyRun(name="all sources", sources=("corner", "market"), errors=errors),
            StudyRun(name="without market", sources=("corner",), errors=errors))  # fmt: skip
    return card.model_copy(update={"study": Study(photos=1000, taught=False, own_photos=50, runs=runs)})


@pytest.fixture
def full_card(card_with_study: Card, some_error: MeasuredError) -> Card:
    """A card with every section, and with photos enough for every figure."""
    some_share = MeasuredShare(hits=5, trials=100, share=0.05, low=0.0215, high=0.1118)
    errors = Errors(all=some_error, passed=some_error)
    scene = SceneError(
        scene="squeezed to 82.5 % of the width", error=some_error, plain=some_error, worse_interval=(-0.1, 0.2),
        rejected=some_share, breadth=0.8, distorted=some_share, passed_13_17=some_share,
        passed_13_17_not_distorted=some_share,
    )  # fmt: skip
    faces = GateBin(low=4, high=8.5, error=some_error, worse=1.25, worse_interval=(0.5, 2))
    gate = (GateEvidence(measure="sharpness", reason="blurred", limit=10, refused=some_share, bins=(faces,)),)
    rates = card_with_study.challenge[0].model_copy(update={"passed_13_17": some_share, "asked_25_40": some_share})
    point = card_with_study.operating.model_copy(
        update={"rates": (OperatingRates(risk=0.05, photos="all", set_limits=True, rates=rates),), "further": 1884}
    )
    threshold = Threshold(
        legal_age=18, risk=0.05, max_p_under_legal=0.0306, challenge_age=40, underage=992, passed=27, ages=(13, 17)
    )
    paired = PairedDifference(other="old", pictures=2986, difference_years=2.5, low=2.26, high=2.73, largest_years=38.6)
    study = card_with_study.study
    assert study is not None
    return card_with_study.model_copy(
        update={
            "use": "As the terms of the photos it was trained on allow.", "trained_on": {"shop": 30345},
            "photos": ListedPhotos(count=30345, complete=False), "temperature": 0.931, "most_photos": 60,
            "operating": point, "thresholds": (threshold,), "study": study.model_copy(update={"taught": True}),
            "sources": {"shop": CardSource(
                all=some_error, passed=some_error, test_pictures=2986, missed=some_share, refused=some_share
            )},
            "by_sex": {"shop": {"female": errors}}, "by_group": {"shop": {"asian": errors}},
            "coverage": {"shop": (Coverage(stated=0.8, before=some_share, after=some_share, passed=some_share),)},
            "children": {"all, passed": ChildRates(under_10_as_18=some_share, from_10_to_19_as_25=some_share)},
            "challenge_by_group": {"male": rates},
            "robust": (ViewError(
                view="eyes 24 px apart", source="shop", error=some_error, plain=some_error, missed=some_share
            ),),
            "gate": gate, "scenes": Scenes(photos=300, max_p_under_18=0.0306, errors=(scene,), gate=gate),
            "paired": {"shop": paired},
        }
    )  # fmt: skip
