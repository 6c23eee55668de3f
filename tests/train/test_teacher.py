"""Distillation targets from a face-recognition network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from edge.errors import UsageError
from train.batches import crops_of
from train.pictures import Pictures
from train.teacher import MAP_STEP, MAPS, distillation_targets

MEANS_BGR = (103.939, 116.779, 123.68)


def write_teacher(file: Path, shift: float = 0, name: str = "emb", inside: str = MAPS[0]) -> Path:
    """A network whose embedding starts with the mean of every input channel, plus a shift, and whose map `inside` is
    the input averaged over blocks of 16x16 pixels, divided by ten and clipped to 0..6."""
    nodes = [
        helper.make_node("AveragePool", ["data"], ["pooled"], kernel_shape=[16, 16], strides=[16, 16]),
        helper.make_node("Mul", ["pooled", "tenth"], ["scaled"]),
        helper.make_node("Clip", ["scaled", "nothing", "six"], [inside]),
        helper.make_node("ReduceMean", ["data", "sides"], ["means"], keepdims=0),
        helper.make_node("MatMul", ["means", "embed"], ["unmoved"]),
        helper.make_node("Add", ["unmoved", "shift"], [name]),
    ]
    constants = {
        "sides": np.array([2, 3], np.int64),
        "embed": np.eye(3, 1024, dtype=np.float32),
        "shift": np.float32(shift),
        "tenth": np.float32(0.1),
        "nothing": np.float32(0),
        "six": np.float32(6),
    }
    graph = helper.make_graph(
        nodes,
        "teacher",
        [helper.make_tensor_value_info("data", TensorProto.FLOAT, ["batch", 3, 224, 224])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", 1024])],
        [numpy_helper.from_array(np.asarray(value), key) for key, value in constants.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), file)
    return file


def test_the_teachers_input_is_the_lanes_crop_and_its_mirror_image_as_bgr_minus_the_means(
    faces: Pictures, tmp_path: Path
) -> None:
    distillation = distillation_targets(write_teacher(tmp_path / "teacher.onnx"), faces, tmp_path)
    expected = crops_of(faces)[..., ::-1].astype(np.float32).mean(axis=(1, 2)) - MEANS_BGR
    assert distillation.embeddings.shape == (11, 2, 1024)
    assert distillation.embeddings[:, 0, :3] == pytest.approx(expected, abs=0.01)
    assert distillation.embeddings[:, 1, :3] == pytest.approx(expected, abs=0.01)


def test_the_teachers_maps_are_stored_for_the_crop_and_its_mirror_image(faces: Pictures, tmp_path: Path) -> None:
    (maps,) = distillation_targets(write_teacher(tmp_path / "teacher.onnx"), faces, tmp_path).maps
    crops = crops_of(faces)[..., ::-1].astype(np.float32) - np.array(MEANS_BGR, np.float32)
    expected = (crops.reshape(11, 14, 16, 14, 16, 3).mean(axis=(2, 4)) / 10).clip(0, 6)
    rows, plain, mirrored = np.array([2, 9]), np.array([False, False]), np.array([False, True])
    assert maps.channels == 3
    assert maps.rows(rows, plain) * MAP_STEP == pytest.approx(expected[rows], abs=MAP_STEP)
    assert maps.rows(rows, mirrored)[1] * MAP_STEP == pytest.approx(expected[9, :, ::-1], abs=MAP_STEP)


def test_targets_are_selected_by_photo(faces: Pictures, tmp_path: Path) -> None:
    distillation = distillation_targets(write_teacher(tmp_path / "teacher.onnx"), faces, tmp_path)
    part = distillation[np.arange(11) >= 4]
    assert np.array_equal(part.embeddings, distillation.embeddings[4:])
    assert np.array_equal(part.age_probs, distillation.age_probs[4:])
    row_in_part, row = (np.array([number]) for number in (1, 5))
    plain = np.array([False])
    assert np.array_equal(part.maps[0].rows(row_in_part, plain), distillation.maps[0].rows(row, plain))


def test_from_an_unknown_teacher_only_the_embedding_is_used(faces: Pictures, tmp_path: Path) -> None:
    distillation = distillation_targets(write_teacher(tmp_path / "teacher.onnx", inside="elsewhere"), faces, tmp_path)
    assert distillation.maps == ()
    assert distillation.embeddings.shape == (11, 2, 1024)


def test_the_pseudo_labels_are_distributions(faces: Pictures, tmp_path: Path) -> None:
    distillation = distillation_targets(write_teacher(tmp_path / "teacher.onnx"), faces, tmp_path)
    assert (distillation.age_probs.shape, distillation.age_probs.dtype) == ((11, 101), np.float32)
    assert distillation.age_probs.sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_the_outputs_of_many_batches_are_in_the_order_of_the_photos(faces: Pictures, tmp_path: Path) -> None:
    rows = np.arange(40) % 11
    teacher = write_teacher(tmp_path / "teacher.onnx")
    once, often = (
        distillation_targets(teacher, faces, tmp_path / "once"),
        distillation_targets(teacher, faces[rows], tmp_path / "often"),
    )
    assert often.embeddings == pytest.approx(once.embeddings[rows], abs=1e-4)


def test_the_teacher_runs_once_and_its_outputs_are_cached(faces: Pictures, tmp_path: Path) -> None:
    teacher = write_teacher(tmp_path / "teacher.onnx")
    first = distillation_targets(teacher, faces, tmp_path / "cache")
    kept = {file: file.stat().st_mtime_ns for file in (tmp_path / "cache").rglob("*.npy")}
    again = distillation_targets(teacher, faces, tmp_path / "cache")
    assert len(kept) == 3
    assert {file: file.stat().st_mtime_ns for file in kept} == kept
    assert np.array_equal(again.embeddings, first.embeddings)


def test_another_teacher_with_the_same_name_is_run_again(faces: Pictures, tmp_path: Path) -> None:
    before = distillation_targets(write_teacher(tmp_path / "teacher.onnx"), faces, tmp_path / "cache")
    after = distillation_targets(write_teacher(tmp_path / "teacher.onnx", shift=1), faces, tmp_path / "cache")
    assert after.embeddings - before.embeddings == pytest.approx(1, abs=1e-3)


def test_a_missing_teacher_is_a_usage_error(faces: Pictures, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no teacher model at .*: give an ONNX file, or leave --teacher out"):
        distillation_targets(tmp_path / "gone.onnx", faces, tmp_path)


def test_a_model_without_an_embedding_is_a_usage_error(faces: Pictures, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no output `emb`"):
        distillation_targets(write_teacher(tmp_path / "teacher.onnx", name="feature"), faces, tmp_path / "cache")
    assert not list((tmp_path / "cache").rglob("*.npy"))


def test_a_file_that_is_no_onnx_model_is_a_usage_error(faces: Pictures, tmp_path: Path) -> None:
    (tmp_path / "teacher.onnx").write_bytes(b"not a model")
    with pytest.raises(UsageError, match=r"teacher\.onnx"):
        distillation_targets(tmp_path / "teacher.onnx", faces, tmp_path / "cache")
