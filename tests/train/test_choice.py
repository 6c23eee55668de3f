"""Models are compared on photos that they were not trained on, before one is chosen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from edge.errors import UsageError
from edge.reports.tables import as_text
from edge.vision.crop import CROP_CONTRACT
from edge.vision.faces import AGES
from tests.edge.people import age_probs_at
from tests.train.builders import LayOut, pictures_of
from train.checkpoint import save_average
from train.choice import choice_table, compare_models, figures_of, passing
from train.model import AgeNetwork
from train.trained import NO_PHOTOS
from train.unseen import UnseenPhotos

MINORS, ADULTS = 60, 40
AGES_OF_ALL = [(15, 15)] * MINORS + [(30, 30)] * ADULTS


def certain(ages: list[int]) -> np.ndarray:
    return np.eye(AGES)[ages]


def unseen() -> UnseenPhotos:
    photos = pictures_of(ages=AGES_OF_ALL)
    return UnseenPhotos(photos, photos[np.zeros(0, int)])


def predicted(minors: float, adults: float) -> np.ndarray:
    return np.stack([age_probs_at(minors)] * MINORS + [age_probs_at(adults)] * ADULTS)


def test_minors_are_counted_at_an_equal_share_of_adults_who_are_asked() -> None:
    known = np.repeat([[15, 15], [30, 30]], [4, 10], axis=0)
    adults = [16] * 4 + [35] * 6  # four of ten are taken for minors, and are asked
    assert passing(certain([14, 15, 16, 17, *adults]), known, 0.4).hits == 0
    assert passing(certain([14, 15, 30, 40, *adults]), known, 0.4).hits == 2


def test_a_model_that_tells_minors_from_adults_asks_no_adult_and_one_that_cannot_asks_all() -> None:
    passed = np.ones(MINORS + ADULTS, bool)
    good = figures_of("good", predicted(15, 33), unseen(), passed)
    poor = figures_of("poor", predicted(24, 24), unseen(), passed)
    assert good.by_risk[0.1].asked_25_40.hits == 0
    assert poor.by_risk[0.1].asked_25_40.hits == ADULTS
    assert good.passed_13_17.hits == 0


def test_faces_that_the_gate_rejects_set_no_limit_and_are_not_counted() -> None:
    probs, passed = predicted(15, 33), np.ones(MINORS + ADULTS, bool)
    probs[:2] = age_probs_at(50)  # of 60 minors one may pass, so with two who look 50 there is no limit
    assert not figures_of("shop", probs, unseen(), passed).by_risk
    passed[:2] = False
    found = figures_of("shop", probs, unseen(), passed)
    assert found.by_risk[0.1].asked_25_40.hits == 0
    assert found.passed_13_17.trials == MINORS - 2


def test_the_table_has_a_row_for_each_model_and_says_what_is_unknown() -> None:
    everyone = np.ones(MINORS + ADULTS, bool)
    found = [figures_of(name, predicted(15, 33), unseen(), everyone) for name in ("runs/a", "runs/b")]
    table = choice_table([found[0], found[1].model_copy(update={"by_risk": {}})])
    assert [row[0] for row in table.rows] == ["runs/a", "runs/b"]
    assert table.rows[1][-1] == "-"
    assert "bias at 65+" in as_text(table)


@pytest.mark.slow
@pytest.mark.usefixtures("few_photos")
def test_checkpoints_are_compared_on_the_validation_photos_of_a_folder(lay_out: LayOut, tmp_path: Path) -> None:
    lay_out(tmp_path / "data", {"plain": "30", "big": "32", "tall": "28", "small": "31", "turned": "29"}, ("turned",))
    torch.manual_seed(0)
    weights = tmp_path / "a.safetensors"
    save_average(weights, AgeNetwork(), {"crop_contract": CROP_CONTRACT}, NO_PHOTOS)
    found = compare_models([weights, weights], tmp_path / "data")
    assert [each.model for each in found] == [str(weights)] * 2
    assert found[0].errors == found[1].errors
    assert found[0].errors["data"].pictures >= 1


def test_a_pack_is_refused(tmp_path: Path) -> None:
    pack = tmp_path / "photos.pack"
    pack.write_bytes(b"")
    with pytest.raises(UsageError, match=r"photos\.pack"):
        compare_models([tmp_path], pack)
