"""Batches of augmented crops."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from edge.errors import RunError
from edge.vision.crop import align
from tests.train.builders import HANGS_AFTER_S, RunScript, StuckPhoto
from train.batches import NEW_CROP, Batch, Batches, EveryCrop, crops_of, drawn_shares, stage_picture
from train.pictures import Pictures
from train.reader import folds_of
from train.recipe import Recipe, Stage
from train.targets import soft_labels
from train.team import Team


def equal(first: Batch, second: Batch) -> bool:
    return all(torch.equal(*parts) for parts in zip(first, second, strict=True))


def test_a_batch_has_pictures_labels_ages_folds_and_crops(faces: Pictures, tiny_recipe: Recipe) -> None:
    batch = Batches(faces, tiny_recipe, 4, 6)[0]
    assert [(tuple(part.shape), part.dtype) for part in batch] == [
        ((4, 32, 32, 3), torch.uint8),
        ((4, 101), torch.float32),
        ((4, 2), torch.float32),
        ((4,), torch.int64),
        ((4,), torch.int64),
    ]
    order = [int(np.flatnonzero(faces.ages[:, 0] == age)[0]) for age in batch.ages[:, 0]]
    assert batch.folds.tolist() == folds_of(faces.hashes)[order].tolist()
    assert batch.crops.tolist() == [NEW_CROP] * 4


def test_pictures_grow_with_the_stages(faces: Pictures, tiny_recipe: Recipe) -> None:
    batches = Batches(faces, tiny_recipe, 2, 4)
    assert [batches[step].images.shape[1] for step in range(4)] == [32, 32, 48, 48]


def test_batch_k_is_always_the_same(faces: Pictures, tiny_recipe: Recipe) -> None:
    first, second = Batches(faces, tiny_recipe, 3, 9), Batches(faces, tiny_recipe, 3, 9)
    backwards = {step: second[step] for step in reversed(range(9))}
    assert all(equal(first[step], backwards[step]) for step in range(9))


def test_a_loader_that_starts_at_step_k_begins_with_batch_k(faces: Pictures, tiny_recipe: Recipe) -> None:
    batches = Batches(faces, tiny_recipe, 3, 6)
    late = list(batches.loader(4))
    assert len(late) == 2
    assert equal(late[0], batches[4])
    assert equal(late[1], batches[5])


def test_worker_processes_make_the_same_batches_in_the_same_order(faces: Pictures, tiny_recipe: Recipe) -> None:
    here = Batches(faces, tiny_recipe, 3, 5)
    there = Batches(faces, tiny_recipe.model_copy(update={"workers": 2}), 3, 5)
    assert [equal(here[step], made) for step, made in enumerate(there.loader(0))] == [True] * 5


TRAINER = """
import sys
import time
from pathlib import Path

import cv2
import numpy as np

from train.batches import Batches
from train.index import find_faces
from train.pictures import read_labels
from train.recipe import Recipe

if __name__ == "__main__":
    faces = find_faces(read_labels(Path(sys.argv[1]))[0], Path("cache"))
    cv2.setNumThreads(2)
    cv2.GaussianBlur(np.zeros((2000, 2000, 3), np.uint8), (0, 0), 5)  # starts OpenCV's threads
    time.sleep(1)  # until they wait for more work
    batches = Batches(faces, Recipe(workers=1), 2, 200).loader(0)
    next(batches)
    print("a batch came", flush=True)
    for _ in batches:
        time.sleep(float(sys.argv[2]))
"""
"""Takes 200 batches from a worker process. Arguments: the photos, and the seconds between two batches."""


@pytest.mark.slow
def test_worker_processes_work_after_the_caller_has_worked_with_opencv(shop: Path, run_script: RunScript) -> None:
    assert run_script(TRAINER, shop, 0) == 0


@pytest.mark.slow
def test_worker_processes_end_when_the_trainer_is_killed(tmp_path: Path, shop: Path) -> None:
    (tmp_path / "trainer.py").write_text(TRAINER)
    command = [sys.executable, "trainer.py", str(shop), "600"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True, start_new_session=True) as trainer:
        assert trainer.stdout is not None
        try:
            assert trainer.stdout.readline() == "a batch came\n"
            trainer.kill()
            # Its processes have the same output, which ends with the last of them.
            assert trainer.communicate(timeout=HANGS_AFTER_S) == ("", None)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(trainer.pid, signal.SIGKILL)


@pytest.mark.slow
def test_a_photo_whose_disk_does_not_answer_is_an_error_and_not_a_silent_wait(
    faces: Pictures, tiny_recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = np.empty(len(faces), object)
    paths[:] = [StuckPhoto(Path("stuck.pack"), 0, 0, "stuck")] * len(faces)
    monkeypatch.setattr("train.batches._LONGEST_BATCH_S", 5.0)
    with pytest.raises(RunError, match=r"^a batch was not prepared \(DataLoader timed out after 5"):
        next(Batches(replace(faces, paths=paths), tiny_recipe.model_copy(update={"workers": 1}), 2, 2).loader(0))


def test_a_different_seed_gives_different_batches(faces: Pictures, tiny_recipe: Recipe) -> None:
    other = tiny_recipe.model_copy(update={"seed": 8})
    assert not equal(Batches(faces, tiny_recipe, 3, 3)[0], Batches(faces, other, 3, 3)[0])


def test_an_epoch_has_every_photo_once_and_the_next_epoch_another_order(faces: Pictures, tiny_recipe: Recipe) -> None:
    four = faces[np.arange(8)]
    batches = Batches(four, tiny_recipe, 2, 8)
    seen = [[age for step in epoch for age in batches[step].ages[:, 0].tolist()] for epoch in (range(4), range(4, 8))]
    assert sorted(seen[0]) == sorted(seen[1]) == four.ages[:, 0].tolist()
    assert seen[0] != seen[1]


def test_with_two_views_the_crops_of_each_photo_return_after_two_epochs(faces: Pictures, tiny_recipe: Recipe) -> None:
    one_size = tiny_recipe.model_copy(update={"views": 2, "stages": (Stage(picture_px=32, share=1),)})
    batches = Batches(faces, one_size, 11, 4)
    epochs = [
        dict(zip(batch.crops.tolist(), batch.images, strict=True)) for batch in map(batches.__getitem__, range(4))
    ]
    assert [sorted(epoch) for epoch in epochs] == [list(range(11)), list(range(11, 22))] * 2
    assert all(torch.equal(epochs[0][crop], epochs[2][crop]) for crop in range(11))
    assert not any(torch.equal(epochs[0][crop], epochs[1][crop + 11]) for crop in range(11))


@pytest.mark.parametrize("view", [0, 1])
def test_every_crop_of_a_view_is_the_one_that_the_run_sees(view: int, faces: Pictures, tiny_recipe: Recipe) -> None:
    one_size = tiny_recipe.model_copy(update={"views": 2, "stages": (Stage(picture_px=32, share=1),)})
    seen = Batches(faces, one_size, 11, 2)[view]
    every = list(EveryCrop(faces, one_size, 4, view).loader(0))
    assert [len(batch.crops) for batch in every] == [4, 4, 3]
    whole = Batch(*(torch.cat(parts) for parts in zip(*every, strict=True)))
    assert whole.crops.tolist() == list(range(11 * view, 11 * view + 11))
    assert equal(Batch(*(part[seen.crops - 11 * view] for part in whole)), seen)


def many_young_and_few_old() -> np.ndarray:
    """float32 (1000, 2): ages of 900 people in their twenties and of 100 over 60."""
    return np.array([(25, 25)] * 600 + [(20, 29)] * 300 + [(60, 69)] * 75 + [(64, 64)] * 25, np.float32)


@pytest.mark.parametrize(("balance", "old"), [(0, 0.1), (0.5, 0.25), (1, 0.5)])
def test_balance_draws_rare_ages_more_often(balance: float, old: float) -> None:
    shares = drawn_shares(many_young_and_few_old(), balance)
    assert shares.mean() == pytest.approx(1)
    assert shares[900:].sum() / shares.sum() == pytest.approx(old)
    assert len(set(shares[900:].round(9))) == 1  # a band counts as its middle


def test_people_of_70_and_older_are_drawn_together() -> None:
    ages = np.array([(30, 30)] * 8 + [(70, 79), (95, 95)], np.float32)
    assert drawn_shares(ages, 1)[8:].tolist() == pytest.approx([2.5, 2.5])


def test_a_balanced_epoch_has_each_photo_as_often_as_its_share(faces: Pictures, tiny_recipe: Recipe) -> None:
    ages = np.array([(25, 25)] * 9 + [(65, 65), (66, 66)], np.float32)
    pictures = replace(faces, ages=ages + np.arange(11, dtype=np.float32)[:, None] / 100)
    balanced = tiny_recipe.model_copy(update={"balance": 1.0})
    counts = np.zeros(11)
    for epoch in range(4):
        drawn = Batches(pictures, balanced, 11, 4)[epoch].ages[:, 0].numpy()
        again = Batches(pictures, balanced, 11, 4)[epoch].ages[:, 0].numpy()
        assert np.array_equal(drawn, again)
        counts += [(np.abs(drawn - age) < 1e-4).sum() for age in pictures.ages[:, 0]]
        # Each of the two has share 11 / 4, each of the nine 11 / 18.
        assert 2 <= (np.abs(drawn - pictures.ages[9, 0]) < 1e-4).sum() <= 3
    assert counts.sum() == 44
    assert counts[9:].sum() == pytest.approx(22, abs=1)


def test_a_photo_is_augmented_differently_every_time(faces: Pictures, tiny_recipe: Recipe) -> None:
    batches = Batches(faces[np.arange(1)], tiny_recipe, 1, 6)
    assert len({batches[step].images.numpy().tobytes() for step in range(3)}) == 3


def test_labels_and_ages_belong_to_the_photos_of_the_batch(faces: Pictures, tiny_recipe: Recipe) -> None:
    batch = Batches(faces, tiny_recipe, 4, 4)[1]
    assert np.array_equal(batch.labels.numpy(), soft_labels(batch.ages.numpy()))


def test_a_batch_is_never_larger_than_the_data(faces: Pictures, tiny_recipe: Recipe) -> None:
    batches = Batches(faces[np.arange(3)], tiny_recipe, 32, 5)
    assert len(batches) == 5
    assert [len(batches[step].images) for step in range(5)] == [3] * 5


def test_a_team_splits_every_batch_without_gaps_or_repetitions(faces: Pictures, tiny_recipe: Recipe) -> None:
    alone = Batches(faces, tiny_recipe, 4, 3)[1]
    parts = [Batches(faces, tiny_recipe, 4, 3, Team(rank, 2, torch.device("cpu")))[1] for rank in (0, 1)]
    assert torch.equal(torch.stack([part.images for part in parts], dim=1).flatten(0, 1), alone.images)


def test_crops_of_photos_are_the_lanes_crops(faces: Pictures) -> None:
    crops = crops_of(faces[np.array([0, 8])])
    assert (crops.dtype, crops.shape) == (np.uint8, (2, 224, 224, 3))
    assert np.array_equal(crops[1], align(cv2.imread(str(faces.paths[8])), faces.keypoints[8]))


def test_a_stage_with_the_whole_crop_at_full_size_changes_nothing(faces: Pictures) -> None:
    crop = crops_of(faces[np.arange(1)])[0]
    assert np.array_equal(stage_picture(crop, Stage(picture_px=224, share=1)), crop)


def test_a_narrow_view_is_centred_on_the_middle_of_the_face() -> None:
    crop = np.zeros((224, 224, 3), np.uint8)
    crop[125, 112] = 255
    part = stage_picture(crop, Stage(picture_px=112, share=1, view=0.5))
    assert part.shape == (112, 112, 3)
    assert part[56, 56].tolist() == [255] * 3
