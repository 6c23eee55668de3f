"""Where a run may start: a checkpoint, a bundle, a file of pretrained weights."""

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


def test_a_run_starts_as_good_as_the_bundle(started: AgeNetwork, faces: Pictures) -> None:
    crops = crops_of(faces[np.arange(8)])
    with torch.inference_mode():
        mine = started.eval()(torch.from_numpy(crops)).numpy() @ YEARS
    theirs = OnnxAgeModel(BUNDLED / "age.int8.onnx").predict(crops) @ YEARS
    assert np.abs(mine - theirs).mean() < 1.5


def test_what_it_says_while_it_trains_is_what_it_said_before(started: AgeNetwork, faces: Pictures) -> None:
    images = torch.from_numpy(np.ascontiguousarray(crops_of(faces[np.arange(8)])[:, ::2, ::2]))
    with torch.inference_mode():
        still, *_ = started.eval().lesson(images)
        started.train().dropout.eval()
        moving, *_ = started.lesson(images)
    years = torch.from_numpy(YEARS)
    assert ((still.softmax(1) - moving.softmax(1)) @ years).abs().mean() < 3


def test_eight_bits_are_read_as_the_numbers_they_stand_for() -> None:
    file = BUNDLED / "age.int8.onnx"
    graph = onnx.load(file).graph
    stored = {each.name: onnx.numpy_helper.to_array(each) for each in graph.initializer}
    weights = read_weights(file)
    name = "backbone.layer4.2.conv3.weight"
    counts, scale = (stored[f"{name}_{part}"] for part in ("quantized", "scale"))
    np.testing.assert_allclose(weights[name], counts * scale.reshape(-1, 1, 1, 1), rtol=1e-6)
    assert len([name for name in weights if name.endswith(".weight")]) == 54  # 53 convolutions and the head


def test_a_checkpoint_is_a_start_too(tmp_path: Path, started: AgeNetwork, faces: Pictures) -> None:
    save_average(tmp_path / "run.safetensors", started, {"step": 3})
    model = AgeNetwork()
    start_from(tmp_path / "run.safetensors", model, faces)
    assert torch.equal(model.age.weight, started.age.weight)


def test_a_run_from_nothing_goes_on_with_its_features_normalised_and_says_the_same(
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


def test_the_baseline_goes_on_as_its_authors_had_it(tmp_path: Path, faces: Pictures) -> None:
    save_average(tmp_path / "run.safetensors", BaselineModel(), {"step": 3})
    model = BaselineModel()
    start_from(tmp_path / "run.safetensors", model, faces)
    assert not model.normalises


@pytest.mark.parametrize("kind", ["pth", "wrapped.pth", "safetensors"])
def test_a_pretrained_resnet50_is_taken_but_for_its_classes(tmp_path: Path, kind: str) -> None:
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
        return (pytest.fail, ("a pickle was run",))


def test_a_backbone_that_is_none_is_named_and_nothing_in_it_is_run(tmp_path: Path) -> None:
    (tmp_path / "harmful.pth").write_bytes(pickle.dumps(Harmful(), protocol=2))
    (tmp_path / "text.pth").write_text("weights")
    (tmp_path / "text.safetensors").write_text("weights")
    torch.save({"conv1.weight": torch.zeros(3)}, tmp_path / "other.pth")
    for name in ("harmful.pth", "text.pth", "text.safetensors", "gone.pth"):
        with pytest.raises(UsageError, match=f"cannot read the backbone .*{name}"):
            load_backbone(tmp_path / name, AgeNetwork())
    with pytest.raises(UsageError, match=r"no ResNet50 with torchvision's names: conv1\.weight is missing"):
        load_backbone(tmp_path / "other.pth", AgeNetwork())
