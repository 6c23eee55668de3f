"""A GPU that fails while a lane runs: ages come from the CPU, and the tills receive a health message."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest

from edge.agent.agent import Agent
from edge.ages import BUNDLED, CalibratedAgeModel
from edge.ages.choice import Choice
from edge.ages.fallback import FallbackAgeModel
from edge.ages.onnx import OnnxAgeModel
from edge.settings.load import load_settings
from edge.till.messages import Alert, Data, Health, Hello, RestrictedItem, SaleOpened
from edge.till.reference.dealer import Till

pytestmark = pytest.mark.slow


class FailingGpu:
    """A GPU that fails after a number of calls."""

    backend = "a GPU"

    def __init__(self, model: OnnxAgeModel, calls: int) -> None:
        self._model, self._calls_left, self.failed_s = model, calls, 0.0

    def predict(self, crops: np.ndarray) -> np.ndarray:
        self._calls_left -= 1
        if self._calls_left < 0:
            self.failed_s = self.failed_s or time.monotonic()
            raise RuntimeError("CUDA_ERROR_ILLEGAL_ADDRESS")
        return self._model.predict(crops)


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> FailingGpu:
    cpu = OnnxAgeModel(BUNDLED / "age.int8.onnx")
    gpu = FailingGpu(cpu, calls=3)
    model = CalibratedAgeModel(FallbackAgeModel(gpu, cpu, lambda: gpu), 1.0)
    monkeypatch.setattr("edge.ages.worker.make_age_model", lambda *_: (model, Choice("tensorrt", gpu, {})))
    return gpu


def sell(address: str, gpu: FailingGpu, agent: Agent, received: list[Data]) -> None:
    """A till that opens a sale, waits until the GPU has failed, scans a restricted item, and receives for 3 seconds."""
    till = Till("till-1", address)
    till.send(Hello(till="till-1"))
    till.send(SaleOpened(sale_id="s-1"))
    end_s = time.monotonic() + 60
    while not gpu.failed_s and time.monotonic() < end_s:
        till.receive(0.1)
    till.send(RestrictedItem(sale_id="s-1"))
    until_s = time.monotonic() + 3
    while (left_s := until_s - time.monotonic()) > 0:
        if message := till.receive(left_s):
            received.append(message)
    till.close()
    agent.stop()


def test_the_current_sale_gets_an_age_and_the_tills_receive_the_problem(
    gpu: FailingGpu, demo_clip: Path, tmp_path: Path
) -> None:
    reliable, received = f"ipc://{tmp_path}/reliable", list[Data]()
    sockets = ["--till.reliable", reliable, "--till.live", f"ipc://{tmp_path}/live", "--state-dir", str(tmp_path)]
    agent = Agent(load_settings(["--video", str(demo_clip), *sockets]))
    till = threading.Thread(target=sell, args=(reliable, gpu, agent, received))
    till.start()
    agent.run()
    till.join(10)
    assert gpu.failed_s, "no face was ever measured"
    assert any(message.age for message in received if isinstance(message, Alert))
    assert {message.problems for message in received if isinstance(message, Health)} == {
        ("the GPU failed (CUDA_ERROR_ILLEGAL_ADDRESS): ages are estimated on the CPU meanwhile",)
    }
