"""While the GPU fails, ages are estimated on the CPU."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from edge.ages.fallback import FIRST_RETRY_S, LONGEST_RETRY_S, FallbackAgeModel

CROP = np.zeros((1, 224, 224, 3), np.uint8)


class Backend:
    """Always estimates the same age, unless `fails` is set."""

    def __init__(self, name: str, age: int) -> None:
        self.backend, self._age, self.fails, self.closed = name, age, False, False

    def predict(self, crops: np.ndarray) -> np.ndarray:
        if self.fails:
            raise RuntimeError("cudaErrorIllegalAddress\nand a long story")
        return np.repeat(np.eye(101, dtype=np.float32)[None, self._age], len(crops), axis=0)

    def close(self) -> None:
        self.closed = True
        raise RuntimeError("the context is gone")


class Box:
    """A box with a GPU that estimates 30, a CPU that estimates 31, and a clock."""

    def __init__(self) -> None:
        self.gpu, self.now_s, self.loads = Backend("GPU", 30), 1000.0, 0
        self.model = FallbackAgeModel(self.gpu, Backend("CPU", 31), self.load_gpu, lambda: self.now_s)

    def load_gpu(self) -> Backend:
        self.loads += 1
        if self.gpu.fails:
            raise RuntimeError("no device")
        return self.gpu

    def age(self) -> int:
        return int(self.model.predict(CROP)[0].argmax())

    def pass_time(self, seconds: float) -> None:
        """Calls `retry` every second, as the agent does."""
        for _ in range(round(seconds)):
            self.now_s += 1
            self.model.retry()


@pytest.fixture
def box() -> Box:
    return Box()


def test_the_gpu_is_used_while_it_works(box: Box) -> None:
    assert (box.age(), box.model.backend, box.model.problem) == (30, "GPU", "")
    box.pass_time(3600)
    assert box.loads == 0


def test_a_failing_call_is_answered_by_the_cpu_and_reported_to_the_tills(box: Box) -> None:
    box.gpu.fails = True
    assert (box.age(), box.model.backend) == (31, "CPU")
    assert box.model.problem == "the GPU failed (cudaErrorIllegalAddress): ages are estimated on the CPU meanwhile"
    assert box.gpu.closed


def test_the_gpu_is_used_again_when_it_works_again(box: Box) -> None:
    box.gpu.fails = True
    box.age()
    box.gpu.fails = False
    box.pass_time(FIRST_RETRY_S - 1)
    assert (box.age(), box.loads) == (31, 0)
    box.pass_time(1)
    assert (box.age(), box.loads, box.model.problem, box.model.backend) == (30, 1, "", "GPU")


def test_a_broken_gpu_is_retried_less_and_less_often(box: Box) -> None:
    box.gpu.fails = True
    box.age()
    tried_at = []
    for second in range(3600):
        before = box.loads
        box.pass_time(1)
        if box.loads > before:
            tried_at.append(second + 1)
    gaps = np.diff(tried_at)
    assert tried_at[0] == FIRST_RETRY_S
    assert gaps.tolist() == [60, 120, 240, 480, *[LONGEST_RETRY_S] * (len(gaps) - 4)]
    assert box.age() == 31


def test_a_gpu_that_fails_again_falls_back_again(box: Box, flip: Callable[[Box], None]) -> None:
    for _ in range(3):
        flip(box)
        assert box.age() == 31
        flip(box)
        box.pass_time(FIRST_RETRY_S)
        assert box.age() == 30


@pytest.fixture
def flip() -> Callable[[Box], None]:
    def toggle(box: Box) -> None:
        box.gpu.fails = not box.gpu.fails

    return toggle
