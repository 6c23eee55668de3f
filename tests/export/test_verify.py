"""Comparison of a bundle's files with the network: different predictions are detected and not shipped."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from edge.ages.bundle import CPU_MODEL, GPU_MODEL, MANIFEST, sha256_of
from edge.ages.calibration import calibrated
from edge.decision.fusion import p_under
from edge.errors import RunError
from export.bundle import write_bundle
from export.card import CARD, write_verdict
from export.cli import main
from export.verify import Parity, Verification, verify
from train.data import load_test
from train.model import AgeNetwork
from train.pictures import Pictures

pytestmark = pytest.mark.slow

Damage = Callable[[onnx.ModelProto], None]


def parity_of(verdict: Verification, file: str) -> Parity:
    """The comparison of a file."""
    return next(parity for parity in verdict.parities if parity.file == file)


@pytest.fixture(scope="module")
def photos(shop: Path, made: Path) -> Pictures:
    return load_test(shop, made / "cache")


@pytest.fixture(scope="module")
def verdict(bundle: Path, photos: Pictures, checkpoint: Path) -> Verification:
    return verify(bundle, photos, checkpoint)


@pytest.fixture
def damaged(bundle: Path, tmp_path: Path) -> Callable[[str, Damage], Path]:
    """A copy of the bundle with one changed file and a matching manifest, as a faulty export would write it."""

    def make(name: str, damage: Damage) -> Path:
        copy = Path(shutil.copytree(bundle, tmp_path / "copy"))
        model = onnx.load(copy / name)
        damage(model)
        onnx.save(model, copy / name)
        manifest = json.loads((copy / MANIFEST).read_text())
        manifest["files"][name] = sha256_of(copy / name)
        manifest["self_test"] = {}
        (copy / MANIFEST).write_text(json.dumps(manifest))
        return copy

    return make


def older(model: onnx.ModelProto) -> None:
    """Shifts the bias so that every predicted age is some years higher."""
    (bias,) = (each for each in model.graph.initializer if each.name == "age.bias")
    values = onnx.numpy_helper.to_array(bias)
    tilted = (values + 0.005 * np.arange(len(values))).astype(values.dtype)
    bias.CopyFrom(onnx.numpy_helper.from_array(tilted, bias.name))


def test_both_files_predict_like_the_network(verdict: Verification) -> None:
    half, int8 = (parity_of(verdict, file) for file in (GPU_MODEL, CPU_MODEL))
    assert (half.backend, int8.backend) == ("cpu-half", "cpu")
    assert half.mean_years <= 0.05
    assert 0 < half.mean_years < int8.mean_years
    assert all(parity.mean_years <= parity.worst_years for parity in verdict.parities)
    assert not [line for line in verdict.failed if GPU_MODEL in line and "faster" not in line]


def test_the_result_names_the_reference_and_the_backends_that_this_machine_lacks(
    verdict: Verification, photos: Pictures
) -> None:
    assert verdict.reference == "PyTorch, float32, weights of last.safetensors"
    assert verdict.photos == len(photos)
    assert "onnx-cuda" in verdict.absent


def test_without_a_checkpoint_the_network_has_the_weights_of_the_half_precision_file(
    bundle: Path, photos: Pictures
) -> None:
    verdict = verify(bundle, photos)
    assert verdict.reference == "PyTorch, float32, weights of age.onnx"
    assert parity_of(verdict, GPU_MODEL).mean_years < 0.05


def test_without_thresholds_flipped_decisions_are_not_counted(verdict: Verification) -> None:
    assert verdict.max_p_under_18 is None
    assert {parity.flips for parity in verdict.parities} == {None}


def test_a_file_with_other_predictions_fails_with_its_name_and_the_difference(
    damaged: Callable[[str, Damage], Path], photos: Pictures, checkpoint: Path
) -> None:
    verdict = verify(damaged(GPU_MODEL, older), photos, checkpoint)
    ages, error = (line for line in verdict.failed if line.startswith(GPU_MODEL))
    assert ages.startswith("age.onnx on cpu-half changes ages by ")
    assert ages.endswith(" years on average, more than 0.05")
    assert "changes the mean error by" in error


def test_flipped_decisions_are_counted_at_the_limit_of_the_default_risk(
    damaged: Callable[[str, Damage], Path], photos: Pictures, checkpoint: Path, verdict: Verification,
    model: AgeNetwork, crops: np.ndarray,
) -> None:  # fmt: skip
    copy = damaged(GPU_MODEL, older)
    manifest = json.loads((copy / MANIFEST).read_text())
    assert parity_of(verdict, GPU_MODEL).flips is None
    with torch.inference_mode():
        probs = model(torch.from_numpy(crops[-len(photos) :])).numpy()
    # The changed file makes everybody years older: a limit just below a probability flips its decision.
    for limit in p_under(calibrated(probs, manifest["temperature"]), 18) - 1e-3:
        manifest["thresholds"] = [
            {"legal_age": 18, "risk": 0.05, "max_p_under_legal": float(max(limit, 0)), "challenge_age": 25,
             "underage": 9, "passed": 0, "ages": [13, 17]}
        ]  # fmt: skip
        (copy / MANIFEST).write_text(json.dumps(manifest))
        found = verify(copy, photos, checkpoint)
        assert found.max_p_under_18 == max(limit, 0)
        if parity_of(found, GPU_MODEL).flips:
            break
    else:
        pytest.fail("changing every age by years flips no decision at any limit")


def test_the_table_replaces_the_older_one_in_the_card(bundle: Path, tmp_path: Path, verdict: Verification) -> None:
    copy = Path(shutil.copytree(bundle, tmp_path / "copy"))
    (copy / CARD).write_text(
        "# Age model\n\nIt estimates.\n\n## Exported files compared with the network\n\nold\n\n## More\n\nmore\n"
    )
    for _ in range(2):
        write_verdict(verdict, copy)
    card = (copy / CARD).read_text()
    assert card.startswith(
        "# Age model\n\nIt estimates.\n\n## More\n\nmore\n\n## Exported files compared with the network\n\n"
        "Predicted ages on "
    )
    assert card.count("## Exported files") == 1
    assert "old" not in card
    assert f", CPU, {GPU_MODEL} | 0.00" in card


def test_the_command_prints_the_table_and_exits_with_1_if_a_file_differs(
    damaged: Callable[[str, Damage], Path], shop: Path, made: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    copy = damaged(GPU_MODEL, older)
    monkeypatch.chdir(made)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys, "argv", ["edge-export", "verify", str(copy), "--data", str(shop)])
    with pytest.raises(SystemExit) as end:
        main()
    printed = capsys.readouterr()
    assert end.value.code == 1
    assert all(text in printed.out for text in ("decisions", "that flip", CPU_MODEL, GPU_MODEL))
    assert printed.err.splitlines()[-1].startswith("edge-export: age.int8.onnx on cpu changes ages by ")
    assert "## Exported files compared with the network" in (copy / CARD).read_text()


def test_a_bundle_with_a_file_that_differs_is_not_written(
    checkpoint: Path, shop: Path, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(made)

    def faulty_export(float_model: Path, _crops: object, file: Path) -> None:
        model = onnx.load(float_model)
        older(model)
        onnx.save(model, file)

    monkeypatch.setattr("export.bundle.write_int8", faulty_export)
    with pytest.raises(RunError, match=r"age\.int8\.onnx on cpu changes ages by "):
        write_bundle(checkpoint, shop, tmp_path / "bundle", "faulty")
    assert not list(tmp_path.iterdir())
