"""A GPU that fails while a lane runs: ages come from the CPU, and the tills receive a health message."""

from __future__ import annotations

import threading
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from edge.agent.agent import Agent
from edge.ages import BUNDLED, CalibratedAgeModel
from edge.ages.choice import Choice
from edge.ages.fallback import FallbackAgeModel
from edge.ages.onnx import OnnxAgeModel
from edge.settings.load import load_settings
from edge.till.messages import Alert
from tests.tills import TillDriver

pytestmark = pytest.mark.slow


class FailingGpu:
    """A GPU that fails after a number of calls."""

    backend = "a GPU"

    def __init__(self, model: OnnxAgeModel, calls: int) -> None:
        self._model, self._calls_left, self.failed = model, calls, False

    def predict(self, crops: np.ndarray) -> np.ndarray:
        self._calls_left -= 1
        if self._calls_left < 0:
            self.failed = True
            raise RuntimeError("CUDA_ERROR_ILLEGAL_ADDRESS")
        return self._model.predict(crops)


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> FailingGpu:
    cpu = OnnxAgeModel(BUNDLED / "age.int8.onnx")
    gpu = FailingGpu(cpu, calls=3)
    model = CalibratedAgeModel(FallbackAgeModel(gpu, cpu, lambda: gpu), 1.0)
    monkeypatch.setattr("edge.ages.worker.make_age_model", lambda *_: (model, Choice("tensorrt", gpu, {})))
    return gpu


PROBLEM = "the GPU failed (CUDA_ERROR_ILLEGAL_ADDRESS): ages are estimated on the CPU meanwhile"


def sell(address: str, agent: Agent, received: list[Alert]) -> None:
    """A till that scans a restricted item when the lane has reported the failure, and receives until the age is
    known."""
    try:
        with closing(TillDriver("till-1", address)) as till:
            till.greet()
            sale_id = till.open()
            till.health_when(lambda health: PROBLEM in health.problems)
            till.scan(sale_id)
            received.append(till.answer_with_age())
            till.finish(sale_id)
    finally:
        agent.stop()


def test_the_current_sale_gets_an_age_and_the_tills_receive_the_problem(
    gpu: FailingGpu, long_clip: Path, tmp_path: Path
) -> None:
    reliable, received = f"ipc://{tmp_path}/reliable", list[Alert]()
    sockets = ["--till.reliable", reliable, "--till.live", f"ipc://{tmp_path}/live", "--state-dir", str(tmp_path)]
    agent = Agent(load_settings(["--video", str(long_clip), *sockets]))
    till = threading.Thread(target=sell, args=(reliable, agent, received))
    till.start()
    agent.run()
    till.join()
    assert gpu.failed, "no face was ever measured"
    assert received, "no age was estimated on the CPU"
