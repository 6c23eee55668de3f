"""No photo that a model was trained on calibrates it, sets its limits or evaluates it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

import train.data
from edge.ages import BUNDLED
from edge.errors import UsageError
from tests.train.builders import pictures_of
from train.checkpoint import save_average, save_run
from train.data import validation_split
from train.pack import read_pack, write_pack
from train.pictures import Pictures
from train.trained import (
    BUNDLE_FILE,
    NO_PHOTOS,
    UNKNOWN_PHOTOS,
    TrainedPhotos,
    photo_digests,
    require_unseen,
    trained_by,
    write_trained,
)


def photos(count: int, seed: int = 0) -> Pictures:
    """Different people on different photos."""
    random = np.random.default_rng(seed)
    pictures = pictures_of(hashes=random.integers(1, 2**63, (count, 4), dtype=np.uint64))
    pictures.picture_hashes[:] = random.integers(1, 2**63, (count, 4), dtype=np.uint64)
    return pictures


PHOTOS = photos(60)

percents = st.tuples(st.integers(0, 50), st.integers(1, 50))
"""Where the validation photos of a run begin, and how many they are."""


def split_with(patched: pytest.MonkeyPatch, percent: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    patched.setattr(train.data, "TEST_PERCENT", percent[0])
    patched.setattr(train.data, "VALIDATION_PERCENT", percent[1])
    return validation_split(PHOTOS)


@given(st.lists(percents, min_size=1, max_size=4), percents)
def test_a_run_and_every_run_started_from_it_never_calibrate_on_a_trained_photo(
    runs: list[tuple[int, int]], calibration: tuple[int, int]
) -> None:
    recorded, seen = NO_PHOTOS, np.zeros(len(PHOTOS), bool)
    with pytest.MonkeyPatch.context() as patched:
        for percent in runs:
            learning, validation = split_with(patched, percent)
            if (seen & validation).any():
                with pytest.raises(UsageError):  # the run is refused before it starts
                    require_unseen(Path("run"), recorded, PHOTOS[validation], "validation")
                continue
            require_unseen(Path("run"), recorded, PHOTOS[validation], "validation")
            recorded, seen = TrainedPhotos.of(PHOTOS[learning]).joined(recorded), seen | learning
            assert recorded.among(PHOTOS).tolist() == seen.tolist()
            require_unseen(Path("run"), recorded, PHOTOS[validation], "validation")  # the run's own
        _, validation = split_with(patched, calibration)
        if (seen & validation).any():
            with pytest.raises(UsageError):
                require_unseen(Path("run"), recorded, PHOTOS[validation], "validation")
        else:
            require_unseen(Path("run"), recorded, PHOTOS[validation], "validation")


def test_the_error_names_the_model_the_photos_and_the_fix() -> None:
    with pytest.raises(UsageError) as refusal:
        require_unseen(Path("runs/first"), TrainedPhotos.of(PHOTOS[np.arange(2)]), PHOTOS[np.arange(1, 4)], "test")
    assert str(refusal.value) == (
        "runs/first was trained on 1 of the 3 test photos, such as 1.jpg: give photos that it was not trained on, or "
        "the photos with the official_val.csv that they had then"
    )


def test_a_model_without_a_list_is_not_refused() -> None:
    require_unseen(BUNDLED, None, PHOTOS, "test")


def test_the_same_photo_has_the_same_digest_whatever_its_name_and_its_face() -> None:
    other = pictures_of(hashes=PHOTOS.hashes + np.uint64(1))
    other.picture_hashes[:] = PHOTOS.picture_hashes
    assert (photo_digests(other) == photo_digests(PHOTOS)).all()
    assert len(set(photo_digests(PHOTOS).tolist())) == len(PHOTOS)


def test_photos_without_a_known_hash_are_in_no_list() -> None:
    unknown = pictures_of(hashes=PHOTOS.hashes)
    assert len(TrainedPhotos.of(unknown).digests) == 0
    assert not TrainedPhotos.of(PHOTOS).among(unknown).any()


@pytest.mark.parametrize(
    "trained", [TrainedPhotos.of(PHOTOS), TrainedPhotos.of(PHOTOS).joined(UNKNOWN_PHOTOS), NO_PHOTOS]
)
def test_a_checkpoint_and_a_bundles_file_keep_the_list(trained: TrainedPhotos, tmp_path: Path) -> None:
    network, average = nn.Linear(2, 2), nn.Linear(2, 2)
    save_average(tmp_path / "best.safetensors", average, {"step": 1}, trained)
    save_run(tmp_path / "last.safetensors", network, average, torch.optim.AdamW(network.parameters()), {}, trained)
    write_trained(trained, tmp_path)
    for name in ("best.safetensors", "last.safetensors", BUNDLE_FILE):
        found = trained_by(tmp_path / name)
        assert found is not None
        assert found.digests.dtype == np.uint64
        assert (found.digests == trained.digests).all()
        assert found.complete is trained.complete


def test_the_list_takes_8_bytes_for_each_photo(tmp_path: Path) -> None:
    few, many = (write_trained(TrainedPhotos.of(photos(count)), tmp_path).stat().st_size for count in (100, 1100))
    assert many - few == pytest.approx(8000, abs=16)


def test_an_older_checkpoint_has_no_list(tmp_path: Path) -> None:
    save_average(tmp_path / "old.safetensors", nn.Linear(2, 2), {"step": 1})
    assert trained_by(tmp_path / "old.safetensors") is None


def test_the_list_of_the_bundled_model_lacks_the_photos_of_its_first_runs() -> None:
    trained = trained_by(BUNDLED)
    assert trained is not None
    assert len(trained.digests) > 50_000
    assert not trained.complete


def test_a_damaged_list_is_a_usage_error(tmp_path: Path) -> None:
    file = write_trained(TrainedPhotos.of(PHOTOS), tmp_path)
    file.write_bytes(file.read_bytes()[:-3])
    with pytest.raises(UsageError, match="is not a checkpoint of edge-train, or it is damaged"):
        trained_by(file)


def test_a_photo_in_a_pack_has_the_digest_of_its_file(faces: Pictures, tmp_path: Path) -> None:
    write_pack(faces[np.arange(8)], faces[np.arange(8, 11)], tmp_path / "photos.pack")
    learned, tested = read_pack(tmp_path / "photos.pack")
    assert photo_digests(learned).tolist() == photo_digests(faces[np.arange(8)]).tolist()
    assert photo_digests(tested).tolist() == photo_digests(faces[np.arange(8, 11)]).tolist()
