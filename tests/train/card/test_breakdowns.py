"""The report card's figures by source, age, sex and group, and for faces that pass the quality gate."""

from __future__ import annotations

import numpy as np
import pytest

from tests.edge.people import LIMIT, age_probs_at
from tests.train.builders import pictures_of
from train.card.breakdowns import age_bands, by_group, by_source, challenge, children, coverages, errors, errors_by


def known(*ages: float | tuple[float, float]) -> np.ndarray:
    return np.array([age if isinstance(age, tuple) else (age, age) for age in ages], float)


def test_the_parts_are_all_photos_every_source_and_the_faces_of_each_that_pass_the_gate() -> None:
    passed = np.array([True, False, True])
    parts = by_source(pictures_of(ages=[(30, 30)] * 3, sources="aab"), passed)
    assert {name: rows.tolist() for name, rows in parts.items()} == {
        "all": [True, True, True],
        "a": [True, True, False],
        "b": [False, False, True],
        "all, passed": [True, False, True],
        "a, passed": [True, False, False],
        "b, passed": [False, False, True],
    }


def test_people_without_labels_belong_to_no_group() -> None:
    pictures = pictures_of(ages=[(30, 30)] * 3)
    pictures.sexes[:] = ["", "f", ""]
    assert {name: rows.tolist() for name, rows in by_group(pictures).items()} == {"f": [False, True, False]}


def test_if_the_gate_rejects_every_face_only_the_error_on_all_remains() -> None:
    found = errors(np.array([33.0, 27]), known(30, 30), np.zeros(2, bool))
    assert found.all is not None
    assert found.all.mean_error_years == 3
    assert found.passed is None


def test_every_label_of_every_source_has_its_error() -> None:
    pictures = pictures_of(ages=[(30, 30)] * 4, sources="aabb")
    labels, passed = np.array(["f", "m", "f", ""]), np.array([True, True, False, True])
    found = errors_by(labels, pictures, np.array([31.0, 32, 33, 99]), passed)
    assert {source: list(by_label) for source, by_label in found.items()} == {"a": ["f", "m"], "b": ["f"]}
    years = [each.all.mean_error_years for by_label in found.values() for each in by_label.values() if each.all]
    assert years == [1, 2, 3]
    assert found["b"]["f"].passed is None


@pytest.mark.parametrize(("age", "band"), [((12, 12), "00-12"), ((10, 19), "13-17"), ((18.5, 18.5), "18-24")])
def test_a_photo_belongs_to_the_band_of_the_middle_of_its_age_range(age: tuple[float, float], band: str) -> None:
    assert age_bands(known(age)).tolist() == [band]


def test_only_children_whose_whole_age_range_is_in_the_group_are_counted() -> None:
    found = children(np.array([17.9, 18, 40, 24.9, 25, 60]), known(9, (3, 9), (5, 14), 10, (10, 19), 20))
    assert (found.under_10_as_18.hits, found.under_10_as_18.trials) == (1, 2)
    assert (found.from_10_to_19_as_25.hits, found.from_10_to_19_as_25.trials) == (1, 2)


def test_the_challenge_counts_only_people_whose_whole_age_range_is_in_the_group() -> None:
    people = np.stack([age_probs_at(mean) for mean in (26, 24, 30, 24, 24)])
    found = challenge(LIMIT, people, known(13, 14, (10, 19), (25, 40), 41))
    assert (found.passed_13_17.hits, found.passed_13_17.trials) == (1, 2)
    assert (found.passed_14_17.hits, found.passed_14_17.trials) == (0, 1)
    assert (found.asked_25_40.hits, found.asked_25_40.trials) == (1, 1)


def test_coverage_is_measured_on_all_faces_and_on_those_that_pass_the_gate() -> None:
    pictures = pictures_of(ages=[(30, 30), (50, 50)])
    sure_of_30 = np.eye(101)[[30, 30]]
    (found, _) = coverages(sure_of_30, sure_of_30, pictures, np.array([True, False]))["s"]
    assert (found.stated, found.before.share, found.after.share, found.passed.share) == (0.8, 0.5, 0.5, 1)
