"""Limits are set by photos that a model was not trained on, and by all of them that count."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import UsageError
from tests.train.builders import pictures_of
from train.data import validation_split
from train.pictures import Pictures
from train.thresholds import LEGAL_AGES, counts_for_limits, thresholds
from train.trained import NO_PHOTOS, UNKNOWN_PHOTOS, TrainedPhotos
from train.unseen import spared, unseen_photos

RUN = Path("runs/open/last.safetensors")

ages = st.one_of(
    st.integers(8, 24).map(lambda age: (float(age), float(age))),
    st.sampled_from([(10.0, 19.0), (13.0, 17.0), (20.0, 29.0)]),
)


def people(known: list[tuple[float, float]], seed: int = 0) -> Pictures:
    """Different people of these ages on different photos."""
    random = np.random.default_rng(seed)
    pictures = pictures_of(random.integers(1, 2**63, (len(known), 4), dtype=np.uint64), known)
    pictures.picture_hashes[:] = random.integers(1, 2**63, (len(known), 4), dtype=np.uint64)
    return pictures


def names(pictures: Pictures) -> set[str]:
    return {path.name for path in pictures.paths}


@given(st.lists(ages, min_size=30, max_size=60), st.data())
def test_photos_that_set_limits_are_unseen_and_of_people_who_count(
    known: list[tuple[float, float]], data: st.DataObject
) -> None:
    pictures = people(known)
    learning, validation = validation_split(pictures)
    learned = learning & np.array(data.draw(st.lists(st.booleans(), min_size=len(known), max_size=len(known))))
    unseen = unseen_photos(RUN, TrainedPhotos.of(pictures[learned]), pictures)
    assert names(unseen.validation) == names(pictures[validation])
    assert names(unseen.further) == names(pictures[~learned & ~validation & counts_for_limits(pictures.ages)])
    assert len(unseen.for_limits) == len(unseen.validation) + len(unseen.further)


def test_people_up_to_five_years_under_a_legal_age_count() -> None:
    known = [(age, age) for age in range(8, 24)] + [(13, 17), (10, 19), (16, 18), (18, 24)]
    counted = counts_for_limits(np.array(known, np.float32))
    assert LEGAL_AGES == (16, 18, 21)
    assert [pair for pair, counts in zip(known, counted, strict=True) if counts] == [
        *((age, age) for age in range(11, 21)), (13, 17), (16, 18),
    ]  # fmt: skip


def test_the_photos_that_a_run_spares_are_a_share_of_those_who_count_in_every_part() -> None:
    pictures = people([(15, 15)] * 2000 + [(30, 30)] * 100 + [(10, 19)] * 100)
    left_out, validation = spared(pictures, 0.3), validation_split(pictures)[1]
    assert not left_out[2000:].any()
    assert left_out[:2000].mean() == pytest.approx(0.3, abs=0.04)
    assert left_out[validation & (pictures.ages[:, 0] == 15)].mean() == pytest.approx(0.3, abs=0.12)
    assert not spared(pictures, 0).any()
    assert (spared(pictures, 0.1) <= left_out).all()  # a larger share keeps what a smaller one spared


def test_near_copies_of_photos_that_were_trained_on_set_no_limit() -> None:
    pictures = people([(15, 15)] * 40)
    learning, _ = validation_split(pictures)
    trained, copy = np.flatnonzero(learning)[:2]
    pictures.picture_hashes[copy] = pictures.picture_hashes[trained] ^ np.uint64(1)
    unseen = unseen_photos(RUN, TrainedPhotos.of(pictures[np.array([trained])]), pictures)
    assert not names(unseen.for_limits) & names(pictures[np.array([trained, copy])])


@pytest.mark.parametrize("trained", [None, UNKNOWN_PHOTOS, UNKNOWN_PHOTOS.joined(NO_PHOTOS)])
def test_without_a_complete_list_only_validation_photos_are_known_to_be_unseen(trained: TrainedPhotos | None) -> None:
    unseen = unseen_photos(RUN, trained, people([(15, 15)] * 40))
    assert len(unseen.validation)
    assert not len(unseen.further)


def test_photos_whose_digest_is_unknown_set_no_limit() -> None:
    pictures = people([(15, 15)] * 40)
    pictures.picture_hashes[:] = 0
    assert not len(unseen_photos(RUN, NO_PHOTOS, pictures).further)


def test_a_model_that_was_trained_on_validation_photos_is_refused() -> None:
    pictures = people([(15, 15)] * 40)
    with pytest.raises(UsageError, match=r"was trained on \d+ of the \d+ validation photos"):
        unseen_photos(RUN, TrainedPhotos.of(pictures), pictures)


def test_with_more_photos_of_underage_people_the_same_risk_has_a_higher_limit() -> None:
    random = np.random.default_rng(0)
    probs = random.dirichlet(np.ones(101), 1000) * 0.2
    probs[:, 14] += 0.8 * random.beta(2, 0.5, 1000)
    probs[:, 30] += 1 - probs.sum(axis=1)
    known = np.full((1000, 2), 15.0)
    few, many = (
        next(each for each in thresholds(probs[:count], known[:count]) if (each.legal_age, each.risk) == (18, 0.05))
        for count in (80, 1000)
    )
    assert few.max_p_under_legal < many.max_p_under_legal
