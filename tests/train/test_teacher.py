"""A face-recognition network that is asked about every augmented crop."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.functional import interpolate

from edge.errors import RunError, UsageError
from tests.train.builders import write_teacher
from train.batches import Batches
from train.pictures import Pictures
from train.reader import READER_WIDTH, folds_of
from train.recipe import Recipe, Stage
from train.teacher import MAPS, Teacher, TeacherAnswers, prepared_teacher

MEANS_BGR = (103.939, 116.779, 123.68)
CPU = torch.device("cpu")
EMBEDDING_ONLY = Recipe(opinion_share=0)


@pytest.fixture(scope="module")
def images(faces: Pictures) -> torch.Tensor:
    """The augmented crops of a batch, as the network sees them: uint8 (11, 112, 112, 3)."""
    return Batches(faces, Recipe(stages=(Stage(picture_px=112, share=1),)), 11, 1)[0].images


def equal(first: TeacherAnswers, second: TeacherAnswers) -> bool:
    pairs = zip((*first._replace(maps=()), *first.maps), (*second._replace(maps=()), *second.maps), strict=True)
    return all(a == b if isinstance(a, tuple) else torch.equal(a, b) for a, b in pairs)


def test_the_teacher_sees_the_same_crop_scaled_up_as_bgr_minus_the_means(images: torch.Tensor, tmp_path: Path) -> None:
    embeddings, map_of_16 = Teacher(write_teacher(tmp_path / "teacher.onnx"), MAPS[:1]).raw_outputs(images)
    scaled = interpolate(images.permute(0, 3, 1, 2).float(), (224, 224), mode="bilinear")
    seen = scaled.flip(1) - torch.tensor(MEANS_BGR).view(3, 1, 1)
    assert embeddings[:, :3].numpy() == pytest.approx(seen.mean(dim=(2, 3)).numpy(), abs=0.01)
    expected = (seen.reshape(11, 3, 14, 16, 14, 16).mean(dim=(3, 5)) / 10).clamp(0, 6)
    assert map_of_16.numpy() == pytest.approx(expected.numpy(), abs=0.01)


def test_the_answers_are_standardised_over_the_photos(faces: Pictures, tmp_path: Path) -> None:
    teacher = prepared_teacher(write_teacher(tmp_path / "teacher.onnx"), faces, Recipe(), CPU, tmp_path)
    plain = Batches(faces, Recipe(stages=(Stage(picture_px=112, share=1),), augment_strength=0), 11, 1)[0]
    answers = teacher(plain.images, plain.folds)
    # Mirrored or not, the mean of a channel is the same.
    assert answers.embeddings[:, :3].mean(dim=0).numpy() == pytest.approx(0, abs=0.01)
    assert answers.embeddings[:, :3].std(dim=0, correction=0).numpy() == pytest.approx(1, abs=0.01)
    assert answers.maps[0].shape == (11, 3, 14, 14)
    assert answers.maps[0].mean().item() == pytest.approx(0, abs=0.01)
    assert answers.hidden.shape == (11, READER_WIDTH)
    assert answers.opinions.sum(dim=1).numpy() == pytest.approx(1, abs=1e-5)


def test_only_what_the_recipe_uses_is_computed(faces: Pictures, images: torch.Tensor, tmp_path: Path) -> None:
    file = write_teacher(tmp_path / "teacher.onnx")
    recipe = Recipe(opinion_share=0, map_weight=0)
    teacher = prepared_teacher(file, faces, recipe, CPU, tmp_path / "cache")
    answers = teacher(images, torch.zeros(11, dtype=torch.int64))
    assert (answers.embeddings.shape, answers.maps) == ((11, 1024), ())
    assert answers.hidden.shape == answers.opinions.shape == (11, 0)
    assert not teacher.reads_ages
    assert not list((tmp_path / "cache").glob("readers-*"))


def test_from_an_unknown_teacher_only_the_embedding_is_used(faces: Pictures, tmp_path: Path) -> None:
    file = write_teacher(tmp_path / "teacher.onnx", inside="elsewhere")
    assert prepared_teacher(file, faces, EMBEDDING_ONLY, CPU, tmp_path).map_channels == ()


def test_statistics_and_readers_are_measured_once(faces: Pictures, images: torch.Tensor, tmp_path: Path) -> None:
    file = write_teacher(tmp_path / "teacher.onnx")
    folds = torch.from_numpy(folds_of(faces.hashes))
    first = prepared_teacher(file, faces, Recipe(), CPU, tmp_path / "cache")(images, folds)
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "cache").iterdir()}
    again = prepared_teacher(file, faces, Recipe(), CPU, tmp_path / "cache")(images, folds)
    assert {path.name.partition("-")[0] for path in kept} == {"teacher", "readers"}
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "cache").iterdir()} == kept
    assert equal(first, again)


def test_about_crops_that_return_the_teacher_is_asked_once(
    faces: Pictures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_teacher(tmp_path / "teacher.onnx")
    recipe = Recipe(stages=(Stage(picture_px=112, share=1),), views=2, map_weight=0)
    teacher = prepared_teacher(file, faces, recipe, CPU, tmp_path / "cache")
    batches = Batches(faces, recipe, 4, 7)  # steps 2 to 3 are the second view, from 4 on the first returns
    asked = [teacher(batches[step].images, batches[step].folds) for step in range(7)]
    monkeypatch.setattr(Teacher, "raw_outputs", None)
    again = prepared_teacher(file, faces, recipe, CPU, tmp_path / "cache")
    for step, answers in enumerate(asked):
        kept = again.about(batches[step])
        for name in ("embeddings", "hidden", "opinions"):
            assert getattr(kept, name).numpy() == pytest.approx(getattr(answers, name).numpy(), abs=0.02), (step, name)


def test_other_crops_have_other_answers(faces: Pictures, tmp_path: Path) -> None:
    file = write_teacher(tmp_path / "teacher.onnx")
    for seed in (1, 2):
        prepared_teacher(file, faces, Recipe(views=1, map_weight=0, seed=seed), CPU, tmp_path)
    assert len(list(tmp_path.glob("answers-*"))) == len(list(tmp_path.glob("readers-*"))) == 2


def test_another_teacher_with_the_same_name_is_measured_again(faces: Pictures, tmp_path: Path) -> None:
    for shift in (0, 1):
        file = write_teacher(tmp_path / "teacher.onnx", shift=shift)
        prepared_teacher(file, faces, EMBEDDING_ONLY, CPU, tmp_path / "cache")
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_a_missing_teacher_is_a_usage_error(faces: Pictures, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no teacher model at .*: give an ONNX file, or leave --teacher out"):
        prepared_teacher(tmp_path / "gone.onnx", faces, Recipe(), CPU, tmp_path)


def test_a_model_without_an_embedding_is_a_usage_error(faces: Pictures, tmp_path: Path) -> None:
    file = write_teacher(tmp_path / "teacher.onnx", name="feature")
    with pytest.raises(UsageError, match="has no output `emb`"):
        prepared_teacher(file, faces, Recipe(), CPU, tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_a_file_that_is_no_onnx_model_is_a_usage_error(faces: Pictures, tmp_path: Path) -> None:
    (tmp_path / "teacher.onnx").write_bytes(b"not a model")
    with pytest.raises(UsageError, match=r"teacher\.onnx is not an ONNX model"):
        prepared_teacher(tmp_path / "teacher.onnx", faces, Recipe(), CPU, tmp_path / "cache")


def test_photos_of_one_fold_are_too_few_for_readers(faces: Pictures, tmp_path: Path) -> None:
    file = write_teacher(tmp_path / "teacher.onnx")
    with pytest.raises(RunError, match="too few for a teacher"):
        prepared_teacher(file, faces[np.array([0, 0])], Recipe(), CPU, tmp_path / "cache")
