"""Figures in the shape of NIST's test of age estimation."""

from __future__ import annotations

import numpy as np
import pytest

from tests.train.builders import pictures_of
from train.card.nist import acquisition, challenge_25, eye_distance_errors, nist_tables, young_adult_error
from train.pictures import Pictures


def people(ages: list[tuple[float, float]], sexes: list[str] | None = None) -> Pictures:
    pictures = pictures_of(ages=ages)
    pictures.sexes[:] = sexes or ""
    return pictures


def labelled(ages: list[tuple[float, float]], sexes: list[str], groups: list[str]) -> Pictures:
    """People with labels of any length."""
    plain = pictures_of(ages=ages)
    return Pictures(
        plain.paths, plain.sources, plain.ages, plain.held_out, plain.keypoints, plain.hashes, plain.picture_hashes,
        np.array(sexes), np.array(groups),
    )  # fmt: skip


def test_every_year_and_sex_weighs_the_same_however_many_photos_it_has() -> None:
    known = [(20.0, 20.0)] * 30 + [(25.0, 25.0)] * 2
    pictures = people(known, ["f"] * 30 + ["m"] * 2)
    found = young_adult_error(pictures, np.array([21.0] * 30 + [30, 30]))
    assert found is not None
    assert (found.pictures, found.cells, found.sexes) == (32, 2, 2)
    assert found.mean_error_years == 3  # 1 year off in one cell, 5 in the other
    assert found.low <= 3 <= found.high


def test_only_exactly_known_ages_from_18_to_30_count_as_young_adults() -> None:
    known: list[tuple[float, float]] = [(17, 17), (18, 18), (30, 30), (31, 31), (20, 29)]
    found = young_adult_error(people(known), np.array([50.0, 18, 30, 50, 50]))
    assert found is not None
    assert (found.pictures, found.sexes, found.mean_error_years) == (2, 0, 0)
    assert young_adult_error(people([(20, 29)]), np.array([25.0])) is None


def test_challenge_25_counts_minors_who_are_predicted_to_be_25_or_older() -> None:
    known = np.array([(12, 12), (13, 13), (14, 14), (16, 16), (17, 17), (10, 19)], float)
    found = challenge_25(np.array([40, 25, 24.9, 25, 30, 40]), known)
    assert (found.from_13_to_16.hits, found.from_13_to_16.trials) == (2, 3)
    assert (found.from_14_to_17.hits, found.from_14_to_17.trials) == (2, 3)


@pytest.mark.parametrize(("distance", "low", "high"), [(15.9, 0, 16), (16, 16, 24), (63.9, 48, 64), (300, 64, None)])
def test_photos_are_classed_by_the_pixels_between_the_eyes(distance: float, low: int, high: int | None) -> None:
    pictures = people([(30, 30)])
    pictures.keypoints[0, 1] = (distance, 0)
    (found,) = eye_distance_errors(pictures, np.array([33.0]))
    assert (found.low_px, found.high_px) == (low, high)
    assert found.error is not None
    assert found.error.mean_error_years == 3


def test_a_face_counts_for_every_reason_that_it_is_rejected_for() -> None:
    found = acquisition([(), ("small", "blurred"), ("blurred",), ()])
    assert (found.rejected.hits, found.rejected.trials) == (2, 4)
    assert {name: each.hits for name, each in found.reasons.items() if each.hits} == {"small": 1, "blurred": 2}


def test_people_are_compared_by_sex_and_group_together() -> None:
    pictures = labelled([(30, 30)] * 3, ["female", "male", ""], ["white", "white", ""])
    found = nist_tables(pictures, np.array([31.0, 33, 30]), [(), ("small",), ()])
    assert list(found.by_sex_and_group["s"]) == ["female, white", "male, white"]
    assert found.by_sex_and_group["s"]["male, white"].passed is None
    assert set(found.challenge_25) == {"all", "s", "all, passed", "s, passed", "female", "male", "white"}
    assert found.acquisition["male"].rejected.share == 1
    assert list(found.young_adults) == ["s", "s, passed"]
