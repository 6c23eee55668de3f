"""Learning from a face-recognition network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from edge.errors import UsageError
from train.batches import crops_of
from train.pictures import Pictures
from train.teacher import learn_from

MEANS_BGR = (103.939, 116.779, 123.68)


def write_teacher(file: Path, year: int = 40, names: tuple[str, str] = ("emb", "age100")) -> Path:
    """A network whose embedding begins with the mean of every channel it is given, and that is sure of a year."""
    embed, age = np.eye(3, 1024, dtype=np.float32), np.full((3, 100), 0, np.float32)
    bias = np.where(np.arange(100) == year, 0, -50).astype(np.float32)
    nodes = [
        helper.make_node("ReduceMean", ["data", "sides"], ["means"], keepdims=0),
        helper.make_node("MatMul", ["means", "embed"], [names[0]]),
        helper.make_node("Gemm", ["means", "age", "bias"], ["logits"]),
        helper.make_node("Softmax", ["logits"], [names[1]]),
    ]
    constants = {"sides": np.array([2, 3], np.int64), "embed": embed, "age": age, "bias": bias}
    graph = helper.make_graph(
        nodes,
        "teacher",
        [helper.make_tensor_value_info("data", TensorProto.FLOAT, ["batch", 3, 224, 224])],
        [
            helper.make_tensor_value_info(names[0], TensorProto.FLOAT, ["batch", 1024]),
            helper.make_tensor_value_info(names[1], TensorProto.FLOAT, ["batch", 100]),
        ],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), file)
    return file


def test_a_teacher_sees_the_lanes_crops_as_bgr_less_its_means(faces: Pictures, tmp_path: Path) -> None:
    lessons = learn_from(write_teacher(tmp_path / "teacher.onnx"), faces, tmp_path)
    expected = crops_of(faces)[..., ::-1].astype(np.float32).mean(axis=(1, 2)) - MEANS_BGR
    assert lessons.embeddings.shape == (11, 1024)
    assert lessons.embeddings[:, :3] == pytest.approx(expected, abs=0.01)


def test_a_teachers_100_ages_become_the_years_0_to_99(faces: Pictures, tmp_path: Path) -> None:
    lessons = learn_from(write_teacher(tmp_path / "teacher.onnx", year=40), faces, tmp_path)
    assert (lessons.age_probs.shape, lessons.age_probs.dtype) == ((11, 101), np.float32)
    assert lessons.age_probs.argmax(axis=1).tolist() == [40] * 11
    assert lessons.age_probs.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert not lessons.age_probs[:, 100].any()


def test_photos_are_asked_about_in_batches_and_answered_in_order(faces: Pictures, tmp_path: Path) -> None:
    rows = np.arange(40) % 11
    teacher = write_teacher(tmp_path / "teacher.onnx")
    once, often = learn_from(teacher, faces, tmp_path / "once"), learn_from(teacher, faces[rows], tmp_path / "often")
    assert often.embeddings == pytest.approx(once.embeddings[rows], abs=1e-4)


def test_a_teacher_is_asked_once_and_then_remembered(faces: Pictures, tmp_path: Path) -> None:
    teacher = write_teacher(tmp_path / "teacher.onnx")
    first = learn_from(teacher, faces, tmp_path / "cache")
    (kept,) = (tmp_path / "cache").iterdir()
    written = kept.stat().st_mtime_ns
    again = learn_from(teacher, faces, tmp_path / "cache")
    assert kept.stat().st_mtime_ns == written
    assert np.array_equal(again.embeddings, first.embeddings)


def test_another_teacher_under_the_same_name_is_asked_anew(faces: Pictures, tmp_path: Path) -> None:
    learn_from(write_teacher(tmp_path / "teacher.onnx", year=40), faces, tmp_path / "cache")
    lessons = learn_from(write_teacher(tmp_path / "teacher.onnx", year=60), faces, tmp_path / "cache")
    assert lessons.age_probs.argmax(axis=1).tolist() == [60] * 11


def test_a_missing_teacher_is_a_usage_error(faces: Pictures, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no teacher model at .*: give an ONNX file, or leave --teacher out"):
        learn_from(tmp_path / "gone.onnx", faces, tmp_path)


def test_a_model_without_the_two_outputs_cannot_teach(faces: Pictures, tmp_path: Path) -> None:
    teacher = write_teacher(tmp_path / "teacher.onnx", names=("feature", "age100"))
    with pytest.raises(UsageError, match="has no outputs `emb` and `age100`"):
        learn_from(teacher, faces, tmp_path / "cache")
    assert not list((tmp_path / "cache").glob("*.npz"))


def test_a_file_that_is_no_onnx_model_is_a_usage_error(faces: Pictures, tmp_path: Path) -> None:
    (tmp_path / "teacher.onnx").write_bytes(b"not a model")
    with pytest.raises(UsageError, match=r"teacher\.onnx"):
        learn_from(tmp_path / "teacher.onnx", faces, tmp_path / "cache")
