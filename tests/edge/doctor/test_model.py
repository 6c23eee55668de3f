"""Checks of the models: unchanged, right on this box, and fast enough."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from edge.ages import BUNDLED
from edge.ages.bundle import Bundle
from edge.ages.choice import GPU_NODES, Choice
from edge.ages.onnx import OnnxAgeModel
from edge.ages.tensorrt.cache import EngineCache
from edge.doctor.checks import BOX_CHECKS
from edge.doctor.examine import examine
from edge.doctor.model import backend, engine, gpu, limits, model, speed
from edge.doctor.targets import BoxTarget
from edge.settings.sections import PolicySettings
from tests.edge.doctor.builders import MakeBox, found

no_gpu = pytest.mark.skipif(any(node.exists() for node in GPU_NODES), reason="this machine has a GPU")


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A copy of the bundled model that a test may change."""
    return Path(shutil.copytree(BUNDLED, tmp_path / "model"))


def change_manifest(bundle: Path, **changes: object) -> None:
    file = bundle / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def test_the_bundled_model_is_unchanged_but_for_evaluation_only(box: MakeBox) -> None:
    line = found(model, box())
    assert "files unchanged" in line.seen
    assert (line.verdict, "evaluation only" in line.seen) == ("warning", True)


def test_an_own_model_is_ok(box: MakeBox, bundle: Path) -> None:
    change_manifest(bundle, use="As the terms of the photos it was trained on allow.")
    line = found(model, box({"model": bundle}))
    assert line.verdict == "ok"


def test_the_limits_of_the_model_are_named(box: MakeBox) -> None:
    line = found(limits, box())
    limit = Bundle(BUNDLED).thresholds(PolicySettings().risk)[18]
    assert f"from 18: above {100 * limit.max_p_under_legal:.2g} % of being younger, which is" in line.seen
    assert all(f"from {age}: " in line.seen for age in (18, 21))
    assert line.verdict == "ok"


def test_lanes_with_other_limits_are_named_apart(box: MakeBox) -> None:
    line = found(limits, box({"policy": {"challenge_age": 50}}, {}))
    assert line.seen.count("from 18: ") == 2
    assert "about below 50" in line.seen


def test_a_legal_age_without_a_limit_is_a_problem_with_its_fix(box: MakeBox) -> None:
    line = found(limits, box({"policy": {"legal_age": 20}}))
    assert line.seen.startswith("policy.legal_age = 20: the model research has limits for 18, 21; set ")
    assert (line.verdict, "[policy]" in line.fix) == ("problem", True)


def test_a_model_without_limits_is_a_problem(box: MakeBox, bundle: Path) -> None:
    change_manifest(bundle, thresholds=[])
    line = found(limits, box({"model": bundle}))
    assert line.seen.startswith("policy.legal_age = 18: the model research has no limits; set ")
    assert line.verdict == "problem"


def test_a_changed_model_is_a_problem_and_is_not_loaded(box: MakeBox, bundle: Path) -> None:
    with (bundle / "age.int8.onnx").open("r+b") as file:
        file.seek(1000)
        file.write(b"\0\1\2\3")
    lines = {line.name: line for line in examine(BOX_CHECKS, box({"model": bundle}))}
    assert lines["model"].verdict == "problem"
    assert lines["model"].seen == f"{bundle}/age.int8.onnx is not the file the manifest names: get the bundle again"
    assert {lines[name].seen for name in ("backend", "gpu", "engine", "speed")} == {"not checked: see model"}


@no_gpu
def test_a_backend_that_passes_its_self_test_is_ok(box: MakeBox) -> None:
    line = found(backend, box())
    assert (line.verdict, line.seen.startswith("cpu: ONNX Runtime")) == ("ok", True)
    assert "self-test passed" in line.seen


def test_a_backend_with_wrong_ages_is_a_problem(box: MakeBox, bundle: Path) -> None:
    change_manifest(bundle, self_test={"age.int8.onnx": [99.0] * 8, "age.onnx": [99.0] * 8})
    line = found(backend, box({"model": bundle, "ages": {"backend": "cpu"}}))
    assert (line.verdict, "its self-test failed" in line.seen) == ("problem", True)


@no_gpu
def test_a_cpu_that_needs_the_slower_model_is_a_warning(box: MakeBox, bundle: Path) -> None:
    change_manifest(bundle, self_test={"age.int8.onnx": [99.0] * 8})
    line = found(backend, box({"model": bundle}))
    assert (line.verdict, line.seen.startswith("cpu-half: ")) == ("warning", True)


@no_gpu
def test_a_box_without_a_gpu_is_ok(box: MakeBox) -> None:
    target = box()
    assert found(gpu, target).seen == "not used: no NVIDIA GPU on this box"
    assert found(engine, target).seen == "not used: the age model runs on cpu"


@no_gpu
def test_a_gpu_that_cannot_be_used_is_a_warning_with_the_reason(box: MakeBox, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with a broken driver: the device exists."""
    for module in ("edge.ages.choice", "edge.doctor.model"):
        monkeypatch.setattr(f"{module}.GPU_NODES", (Path("/dev/null"),))
    line = found(gpu, box())
    assert (line.verdict, "the CPU runs the age model" in line.seen) == ("warning", True)
    assert "no NVIDIA GPU can be used here" in line.seen
    assert line.fix.startswith("run nvidia-smi")


@pytest.fixture
def on_a_gpu(box: MakeBox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BoxTarget:
    """A box on which TensorRT seems to run the age model: the CPU's model under that name."""
    monkeypatch.setattr("edge.doctor.model.GPU_NODES", (Path("/dev/null"),))
    target = box({"cache_dir": tmp_path / "cache"})
    target.choice = Choice("tensorrt", OnnxAgeModel(target.bundle.cpu_model), {})
    return target


def test_a_gpu_that_runs_the_age_model_is_ok(on_a_gpu: BoxTarget) -> None:
    line = found(gpu, on_a_gpu)
    assert (line.verdict, line.seen) == ("ok", on_a_gpu.choice.model.backend)


def test_a_cached_engine_is_ok(on_a_gpu: BoxTarget, tmp_path: Path) -> None:
    EngineCache(tmp_path / "cache").write("0123456789ab_tensorrt-10.3.0_orin_8.7.engine", bytes(3_000_000))
    line = found(engine, on_a_gpu)
    assert (line.verdict, line.seen) == ("ok", "0123456789ab_tensorrt-10.3.0_orin_8.7.engine (3 MB)")


def test_a_cache_without_an_engine_is_a_warning(on_a_gpu: BoxTarget, tmp_path: Path) -> None:
    line = found(engine, on_a_gpu)
    assert (line.verdict, "every start builds it again" in line.seen) == ("warning", True)
    assert line.fix.startswith(f"sudo mkdir -p {tmp_path}/cache; sudo chown -R ")


def test_a_gpu_switched_off_in_the_config_is_ok(box: MakeBox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.doctor.model.GPU_NODES", (Path("/dev/null"),))
    line = found(gpu, box({"ages": {"backend": "cpu"}}))
    assert (line.verdict, line.seen) == ("ok", 'not used: the config sets ages.backend = "cpu"')


def test_a_box_fast_enough_for_its_lanes_is_ok(box: MakeBox) -> None:
    lazy = {"tracking": {"look_every_s": 5}, "policy": {"min_looks": 1, "answer_within_s": 1}}
    line = found(speed, box(lazy))
    assert (line.verdict, line.fix) == ("ok", "")
    assert line.seen.endswith("1 lane: minimum 1 of each, recommended 0")


def test_a_box_too_slow_for_its_lanes_is_a_problem(box: MakeBox) -> None:
    hasty = {"policy": {"min_looks": 100, "answer_within_s": 0.01}}
    line = found(speed, box(hasty, hasty | {"lane": "lane-2"}))
    assert (line.verdict, line.seen.endswith("2 lanes: minimum 20000 of each, recommended 20")) == ("problem", True)
