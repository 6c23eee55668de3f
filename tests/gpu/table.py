"""Prints a table of the age model's speed and accuracy on this machine's GPU, compared with the GPU's limits.

python -m tests.gpu.table [BUNDLE]
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from edge.ages import BUNDLED
from edge.ages.bundle import Bundle
from edge.ages.onnx import OnnxAgeModel
from edge.ages.tensorrt.cuda import Cuda
from edge.ages.tensorrt.engine import PROFILE_BATCHES
from edge.ages.tensorrt.library import Library, find_library
from edge.ages.tensorrt.model import TensorRtAgeModel
from edge.ages.tensorrt.network import parse_network
from edge.commands import run_command
from tests.gpu.faces import YEARS, faces

MEASURE_S = 2.0
COPY_BYTES = 64 << 20
MATRIX = 8192
FACE_BYTES = 224 * 224 * 3


class Tensor(Protocol):
    shape: tuple[int, ...]


class Convolution(Protocol):
    """A layer of a TensorRT network, as far as counting its operations needs."""

    num_groups: int
    kernel_size_nd: tuple[int, ...]

    def get_input(self, index: int) -> Tensor: ...

    def get_output(self, index: int) -> Tensor: ...


@dataclass(frozen=True)
class Row:
    """One batch size. milliseconds: duration of every call, with crops and results in ordinary memory."""

    batch: int
    milliseconds: NDArray[np.float64]

    @property
    def faces_per_s(self) -> float:
        return float(1000 * self.batch / self.milliseconds.mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle", type=Path, nargs="?", default=BUNDLED)
    bundle = Bundle(parser.parse_args().bundle)
    copy_limit = copy_bytes_per_s()  # first, because it needs only a GPU
    library = find_library()
    flops = flops_per_face(library, bundle.gpu_model)
    matrix_limit = matrix_flops_per_s()
    crops = faces(max(PROFILE_BATCHES))
    with TemporaryDirectory() as cache:
        model = TensorRtAgeModel(bundle.gpu_model, Path(cache))
        rows = [Row(batch, _timed(lambda batch=batch: model.predict(crops[:batch]))) for batch in PROFILE_BATCHES]
        difference = np.abs((model.predict(crops) - OnnxAgeModel(bundle.gpu_model).predict(crops)) @ YEARS)
        model.close()
    limits = f"Limits measured here: copies to the GPU {copy_limit / 1e9:.1f} GB/s; FP16 matrix products " + (
        f"{matrix_limit / 1e12:.1f} TFLOP/s" if matrix_limit else "not measured, because there is no PyTorch with CUDA"
    )
    parity = (
        f"Against ONNX Runtime on the CPU, the same file, {len(crops)} faces: {difference.mean():.3f} years off on "
        f"average, {difference.max():.3f} at worst"
    )
    Console().print(table_of(rows, model.backend, flops, matrix_limit, copy_limit, f"{limits}.\n{parity}."))


def table_of(
    rows: list[Row], title: str, flops: float, matrix_limit: float | None, copy_limit: float, caption: str
) -> Table:
    """flops: for one face. matrix_limit: FLOP/s, None if it was not measured. copy_limit: bytes/s."""
    table = Table(title=title, caption=caption, caption_justify="left")
    for heading in ("batch", "faces/s", "p50 ms", "p99 ms", "of matrix limit", "of copy limit"):
        table.add_column(heading, justify="right")
    for row in rows:
        p50, p99 = np.percentile(row.milliseconds, [50, 99])
        table.add_row(
            str(row.batch),
            f"{row.faces_per_s:.0f}",
            f"{p50:.2f}",
            f"{p99:.2f}",
            f"{row.faces_per_s * flops / matrix_limit:.1%}" if matrix_limit else "-",
            f"{row.faces_per_s * FACE_BYTES / copy_limit:.1%}",
        )
    return table


def copy_bytes_per_s() -> float:
    """Speed of copying large blocks of pinned memory to the GPU, bytes/s. Raises UsageError when there is no GPU."""
    cuda = Cuda()
    host, device = cuda.host_memory((COPY_BYTES,), np.uint8), cuda.device_memory(COPY_BYTES)

    def copy() -> None:
        cuda.upload(host, device)
        cuda.wait()

    milliseconds = _timed(copy)
    cuda.close()
    return float(COPY_BYTES / np.median(milliseconds) * 1000)


def matrix_flops_per_s() -> float | None:
    """FLOP/s of a large FP16 matrix product; None if there is no PyTorch that can use the GPU."""
    try:
        import torch
    except ModuleNotFoundError:
        return None
    if not torch.cuda.is_available():
        return None
    left, right = torch.rand((2, MATRIX, MATRIX), device="cuda", dtype=torch.float16)

    def multiply() -> None:
        for _ in range(10):
            left @ right
        torch.cuda.synchronize()

    return float(10 * 2 * MATRIX**3 / np.median(_timed(multiply)) * 1000)


def flops_per_face(library: Library, file: Path) -> float:
    """Multiplications and additions in the convolutions of a network, which are almost all of its work."""
    trt = library.trt
    parsed = parse_network(library, file.read_bytes(), file.name)
    parsed.network.get_input(0).shape = (1, *parsed.network.get_input(0).shape[1:])
    return float(sum(_flops(trt, layer) for layer in parsed.layers if layer.type == trt.LayerType.CONVOLUTION))


def _flops(trt: ModuleType, layer: Convolution) -> int:
    layer.__class__ = trt.IConvolutionLayer  # the bindings return every layer as its base class
    inputs = layer.get_input(0).shape[1] // layer.num_groups
    return 2 * math.prod(layer.get_output(0).shape) * inputs * math.prod(layer.kernel_size_nd)


def _timed(work: Callable[[], object]) -> NDArray[np.float64]:
    """The duration of each call in milliseconds, during MEASURE_S after a warm-up."""
    for _ in range(3):
        work()
    durations_s: list[float] = []
    while sum(durations_s) < MEASURE_S:
        start_s = time.perf_counter()
        work()
        durations_s.append(time.perf_counter() - start_s)
    return np.asarray(durations_s) * 1000


if __name__ == "__main__":
    run_command(main)
