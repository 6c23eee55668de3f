"""Makes pictures without files and teachers, and has the types of the fixtures that write files and run scripts."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import NoReturn, Protocol

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from train.pack import PackedPhoto
from train.pictures import HASH_WORDS, Pictures
from train.teacher import MAPS

HANGS_AFTER_S = 180
"""A program of a test that runs longer hangs."""


class StuckPhoto(PackedPhoto):
    """A photo on a disk that does not answer."""

    def read(self) -> NoReturn:
        while True:
            signal.pause()


class LayOut(Protocol):
    """Writes photos and labels: lay_out(folder, {"plain": "30"}, held_out=["plain"]) returns the folder."""

    def __call__(self, folder: Path, ages: dict[str, str], held_out: tuple[str, ...] = ()) -> Path: ...


class WithHashes(Protocol):
    """Makes a folder of labelled files whose faces are already in the cache, with given hashes: (data, cache)."""

    def __call__(self, name: str, hashes: np.ndarray, held_out: tuple[int, ...] = ()) -> tuple[Path, Path]: ...


class RunScript(Protocol):
    """Runs Python code in its own process: run_script(code, *arguments) returns its exit code, None if it hangs."""

    def __call__(self, code: str, *arguments: object) -> int | None: ...


def pictures_of(
    hashes: np.ndarray | None = None, ages: list[tuple[float, float]] | None = None, sources: str = ""
) -> Pictures:
    """Pictures without files: pictures_of(hashes=..., ages=..., sources=...)."""
    count = max(len(part) for part in (hashes, ages) if part is not None)
    return Pictures(
        np.array([Path(f"{row}.jpg") for row in range(count)], object),
        np.array(list(sources or "s" * count)),
        np.array(ages or [(30, 30)] * count, np.float32),
        np.zeros(count, bool),
        np.zeros((count, 4, 2), np.float32),
        np.zeros((count, HASH_WORDS), np.uint64) if hashes is None else hashes,
        np.zeros((count, HASH_WORDS), np.uint64),
        np.full(count, ""),
        np.full(count, ""),
    )


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
