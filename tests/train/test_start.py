"""Initial weights: from a checkpoint, a bundle, or a file of pretrained weights."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from safetensors.torch import save_file
from torchvision.models import resnet50

from edge.ages import BUNDLED
from edge.ages.onnx import OnnxAgeModel
from edge.errors import UsageError
from train.baseline import BaselineModel
from train.batches import crops_of
from train.checkpoint import save_average
from train.model import AgeNetwork
from train.pictures import Pictures
from train.start import load_backbone, read_weights, start_from
from train.targets import YEARS


@pytest.fixture(scope="module")
def started(faces: Pictures) -> AgeNetwork:
    model = AgeNetwork()
    start_from(BUNDLED, model, faces[np.arange(8)])
    return model


def test_a_run_from_a_bundle_starts_with_its_predictions(started: AgeNetwork, faces: Pictures) -> None:
    crops = crops_of(faces[np.arange(8)])
    with torch.inference_mode():
        mine = started.eval()(torch.from_numpy(crops)).numpy() @ YEARS
    theirs = OnnxAgeModel(BUNDLED / "age.int8.onnx").predict(crops) @ YEARS
    assert np.abs(mine - theirs).mean() < 1.5


def test_training_mode_predicts_like_evaluation_mode_after_a_start_from_a_bundle(
    started: AgeNetwork, faces: Pictures
) -> None:
    images = torch.from_numpy(np.ascontiguousarray(crops_of(faces[np.arange(8)])[:, ::2, ::2]))
    with torch.inference_mode():
        evaluating, *_ = started.eval().training_outputs(images)
        started.train().dropout.eval()
        training, *_ = started.training_outputs(images)
    years = torch.from_numpy(YEARS)
    assert ((evaluating.softmax(1) - training.softmax(1)) @ years).abs().mean() < 3


def test_int8_weights_are_dequantised() -> None:
    file = BUNDLED / "age.int8.onnx"
    graph = onnx.load(file).graph
    stored = {each.name: onnx.numpy_helper.to_array(each) for each in graph.initializer}
    weights = read_weights(file)
    name = "backbone.layer4.2.conv3.weight"
    counts, scale = (stored[f"{name}_{part}"] for part in ("quantized", "scale"))
    np.testing.assert_allclose(weights[name], counts * scale.reshape(-1, 1, 1, 1), rtol=1e-6)
    assert len([name for name in weights if name.endswith(".weight")]) == 54  # 53 convolutions and the head


def test_a_run_can_start_from_a_checkpoint(tmp_path: Path, started: AgeNetwork, faces: Pictures) -> None:
    save_average(tmp_path / "run.safetensors", started, {"step": 3})
    model = AgeNetwork()
    start_from(tmp_path / "run.safetensors", model, faces)
    assert torch.equal(model.age.weight, started.age.weight)


def test_starting_from_a_run_from_scratch_normalises_its_features_and_keeps_its_predictions(
    tmp_path: Path, faces: Pictures
) -> None:
    torch.manual_seed(0)
    before, after = AgeNetwork().eval(), AgeNetwork()
    save_average(tmp_path / "run.safetensors", before, {"step": 3})
    start_from(tmp_path / "run.safetensors", after, faces)
    assert (before.normalises, after.normalises) == (False, True)
    crops = torch.from_numpy(crops_of(faces[np.arange(4)]))
    with torch.inference_mode():
        torch.testing.assert_close(after.eval()(crops), before(crops), rtol=1e-3, atol=1e-5)


def test_the_baseline_stays_without_feature_normalisation(tmp_path: Path, faces: Pictures) -> None:
    save_average(tmp_path / "run.safetensors", BaselineModel(), {"step": 3})
    model = BaselineModel()
    start_from(tmp_path / "run.safetensors", model, faces)
    assert not model.normalises


@pytest.mark.parametrize("kind", ["pth", "wrapped.pth", "safetensors"])
def test_a_pretrained_resnet50_is_loaded_without_its_classifier(tmp_path: Path, kind: str) -> None:
    weights, file = resnet50(weights=None).state_dict(), tmp_path / f"resnet50.{kind}"
    if kind == "safetensors":
        save_file(weights, file)
    else:
        torch.save({"state_dict": weights} if "wrapped" in kind else weights, file)
    model = AgeNetwork()
    load_backbone(file, model)
    assert torch.equal(model.backbone.layer4[2].conv3.weight, weights["layer4.2.conv3.weight"])


class Harmful:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (pytest.fail, ("a pickle was executed",))


def test_an_invalid_backbone_is_reported_and_no_pickle_in_it_is_executed(tmp_path: Path) -> None:
    (tmp_path / "harmful.pth").write_bytes(pickle.dumps(Harmful(), protocol=2))
    (tmp_path / "text.pth").write_text("weights")
    (tmp_path / "text.safetensors").write_text("weights")
    torch.save({"conv1.weight": torch.zeros(3)}, tmp_path / "other.pth")
    for name in ("harmful.pth", "text.pth", "text.safetensors", "gone.pth"):
        with pytest.raises(UsageError, match=f"cannot read the backbone .*{name}"):
            load_backbone(tmp_path / name, AgeNetwork())
    with pytest.raises(UsageError, match=r"not a ResNet50 with torchvision's names: conv1\.weight is missing"):
        load_backbone(tmp_path / "other.pth", AgeNetwork())
