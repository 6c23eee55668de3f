"""Small networks that read an age from the teacher's embedding."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from train.reader import FOLDS, READER_WIDTH, Readers, fitted_readers, folds_of
from train.targets import YEARS


def told_by_the_first_number(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings (count, 16) whose first number is the age, standardised, and the ages (count, 2)."""
    random = np.random.default_rng(seed)
    ages = random.uniform(5, 80, count).astype(np.float32).round()
    embeddings = random.normal(size=(count, 16)).astype(np.float32)
    embeddings[:, 0] = (ages - 42) / 22
    return embeddings, np.stack([ages, ages], axis=1)


@pytest.fixture(scope="module")
def readers() -> Readers:
    """Fitted to photos whose embedding says the age, but for fold 3, whose labels say the opposite."""
    embeddings, ages = told_by_the_first_number(1500, 0)
    folds = np.arange(1500) % FOLDS
    ages[folds == 3] = 85 - ages[folds == 3]
    return fitted_readers(embeddings, ages, folds)


def mean_ages(readers: Readers, embeddings: np.ndarray, fold: int) -> np.ndarray:
    folds = torch.full((len(embeddings),), fold)
    return readers(torch.from_numpy(embeddings), folds)[1].numpy() @ YEARS


def test_a_reader_reads_ages_of_photos_that_it_has_not_seen(readers: Readers) -> None:
    embeddings, ages = told_by_the_first_number(200, 1)
    assert np.abs(mean_ages(readers, embeddings, 3) - ages[:, 0]).mean() < 5


def test_a_reader_has_not_seen_the_labels_of_its_own_fold(readers: Readers) -> None:
    embeddings, ages = told_by_the_first_number(200, 1)
    own = np.abs(mean_ages(readers, embeddings, 3) - ages[:, 0]).mean()
    others = [np.abs(mean_ages(readers, embeddings, fold) - ages[:, 0]).mean() for fold in (0, 1, 2, 4)]
    assert own < min(others) - 2  # the wrong labels of fold 3 misled all readers but that of fold 3


def test_hidden_layers_are_standardised_and_belong_to_the_photos_own_reader(readers: Readers) -> None:
    embeddings, _ = told_by_the_first_number(1000, 2)
    folds = torch.arange(1000) % FOLDS
    hidden, years = readers(torch.from_numpy(embeddings), folds)
    assert (tuple(hidden.shape), tuple(years.shape)) == ((1000, READER_WIDTH), (1000, 101))
    assert hidden.mean(dim=0).abs().mean() < 0.2
    assert hidden.std(dim=0).mean().item() == pytest.approx(1, abs=0.2)
    for row in (0, 1, 7):
        alone, _ = readers(torch.from_numpy(embeddings[row : row + 1]), folds[row : row + 1])
        assert torch.allclose(alone[0], hidden[row], atol=1e-3)


def test_the_same_photos_give_the_same_readers_and_leave_the_random_numbers_alone() -> None:
    embeddings, ages = told_by_the_first_number(60, 3)
    state = torch.random.get_rng_state()
    first, second = (fitted_readers(embeddings, ages, np.arange(60) % FOLDS) for _ in range(2))
    assert all(
        torch.equal(*pair) for pair in zip(first.state_dict().values(), second.state_dict().values(), strict=True)
    )
    assert torch.equal(torch.random.get_rng_state(), state)


def test_folds_follow_from_the_face_and_are_about_equally_large() -> None:
    hashes = np.random.default_rng(0).integers(0, 2**64, (2000, 4), np.uint64)
    folds = folds_of(hashes)
    assert np.array_equal(folds_of(hashes[::-1]), folds[::-1])
    assert np.bincount(folds, minlength=FOLDS) == pytest.approx(400, abs=70)
