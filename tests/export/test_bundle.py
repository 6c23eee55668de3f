"""A bundle from a checkpoint, in one command."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

import train.data
from edge.ages import AgeModel
from edge.ages.bundle import CPU_MODEL, GPU_MODEL, MANIFEST, Bundle, Manifest, sha256_of
from edge.ages.choice import make_age_model
from edge.errors import UsageError
from edge.settings.sections import AgeSettings
from edge.vision.crop import CROP_CONTRACT
from export.bundle import OWN_USE, write_bundle
from export.card import CARD
from export.limits import measure_limits
from tests.export.conftest import TRAINED
from train.checkpoint import save_average, save_run
from train.index import find_faces
from train.model import AgeNetwork, create_model
from train.pictures import read_labels
from train.trained import BUNDLE_FILE, TrainedPhotos, trained_by, write_trained

pytestmark = pytest.mark.slow

YEARS = np.arange(101)


@pytest.fixture
def copy(bundle: Path, tmp_path: Path) -> Path:
    """A copy of the bundle, to be damaged."""
    return Path(shutil.copytree(bundle, tmp_path / "copy"))


def on_cpu(bundle: Path) -> AgeModel:
    """The INT8 model, which the figures in the manifest were measured with."""
    return make_age_model(Bundle(bundle), AgeSettings(backend="cpu"), bundle.parent)[0]


def test_a_bundle_has_models_manifest_card_and_list_of_photos_and_replaces_the_older_bundle(
    bundle: Path,
) -> None:
    assert sorted(path.name for path in bundle.iterdir()) == [CARD, CPU_MODEL, GPU_MODEL, MANIFEST, BUNDLE_FILE]


def test_no_other_file_remains_after_the_export(bundle: Path, checkpoint: Path) -> None:
    left = {path.name for path in bundle.parent.iterdir()}
    assert left <= {"bundle", "shop", "cache", ".cache", checkpoint.name, "float.onnx", "half.onnx", "int8.onnx"}


def test_a_lane_can_predict_with_the_bundle(bundle: Path, crops: np.ndarray, model: AgeNetwork) -> None:
    ages = on_cpu(bundle).predict(crops) @ YEARS
    with torch.inference_mode():
        expected = model(torch.from_numpy(crops)).numpy() @ YEARS
    assert np.abs(ages - expected).max() < 3


def test_the_manifest_describes_the_model_and_its_sources(bundle: Path) -> None:
    manifest = Bundle(bundle).manifest
    assert manifest.name == "corner-shop"
    assert manifest.crop_contract == CROP_CONTRACT
    assert manifest.use == OWN_USE
    assert [(source.name, source.pictures, source.terms) for source in manifest.sources] == [
        ("shop", 6, "the user's own")
    ]
    assert set(manifest.made_with) == {"torch", "torchvision", "onnx", "onnxruntime"}


def test_the_error_in_the_manifest_is_that_of_the_shipped_model_on_the_test_photos(
    bundle: Path, crops: np.ndarray
) -> None:
    ages = on_cpu(bundle).predict(crops[6:]) @ YEARS
    expected = np.abs(ages - 34).mean()
    assert Bundle(bundle).manifest.test_error_years == {"shop": pytest.approx(expected, abs=0.01)}


def test_without_teenagers_among_the_photos_the_bundle_has_no_thresholds(bundle: Path) -> None:
    assert Bundle(bundle).manifest.thresholds == ()
    assert Bundle(bundle).thresholds(0.05) == {}


def test_a_bundle_with_a_changed_byte_in_a_model_is_rejected(copy: Path) -> None:
    data = bytearray((copy / CPU_MODEL).read_bytes())
    data[len(data) // 2] ^= 1
    (copy / CPU_MODEL).write_bytes(data)
    with pytest.raises(UsageError, match=r"age\.int8\.onnx is not the file the manifest names: get the bundle again"):
        Bundle(copy)


def test_a_truncated_manifest_is_rejected(copy: Path) -> None:
    (copy / MANIFEST).write_text((copy / MANIFEST).read_text()[:-20])
    with pytest.raises(UsageError, match=r"manifest\.json is damaged"):
        Bundle(copy)


def test_a_bundle_for_another_crop_contract_is_rejected(copy: Path) -> None:
    manifest = json.loads((copy / MANIFEST).read_text()) | {"crop_contract": "eyes-mouth-0.43/1"}
    (copy / MANIFEST).write_text(Manifest(**manifest).model_dump_json())
    with pytest.raises(UsageError, match=r"crops of contract 'eyes-mouth-0\.43/1'"):
        Bundle(copy)


def test_a_bundle_contains_no_path_of_the_exporting_machine(bundle: Path) -> None:
    for file in bundle.iterdir():
        data = file.read_bytes()
        for trace in (str(Path.cwd()), str(bundle.parent), "site-packages"):
            assert trace.encode() not in data


def test_a_checkpoint_for_another_crop_contract_is_a_usage_error_and_keeps_the_older_bundle(
    shop: Path, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(made)
    other, file = create_model(), made / "other-crop" / "last.safetensors"
    facts = {"crop_contract": "eyes-mouth-0.43/1", "step": 1}
    save_run(file, other, create_model(), torch.optim.AdamW(other.parameters()), facts)
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / "old.onnx").write_text("an older model")
    try:
        with pytest.raises(UsageError, match=r"eyes-mouth-0\.43/1"):
            write_bundle(file, shop, tmp_path / "bundle", "other")
    finally:
        shutil.rmtree(file.parent)
    assert [path.name for path in tmp_path.rglob("*")] == ["bundle", "old.onnx"]


def test_a_bundle_carries_the_list_of_photos_that_the_model_was_trained_on(bundle: Path) -> None:
    found = trained_by(bundle)
    assert found is not None
    assert found.digests.tolist() == TRAINED.digests.tolist()
    assert not found.complete


@pytest.mark.parametrize(("photos", "part"), [("mirrored-plain.jpg", "test"), ("all", "validation")])
def test_photos_that_the_model_was_trained_on_are_rejected_and_nothing_is_written(
    photos: str, part: str, shop: Path, made: Path, model: AgeNetwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(made)
    monkeypatch.setattr(train.data, "VALIDATION_PERCENT", 92)
    pictures = find_faces(read_labels(shop)[0], made / "cache")
    named = np.array([photos in (path.name, "all") for path in pictures.paths])
    file = tmp_path / "run" / "last.safetensors"
    save_average(file, model, {"crop_contract": CROP_CONTRACT}, TrainedPhotos.of(pictures[named]))
    try:
        with pytest.raises(UsageError, match=rf"was trained on \d of the \d {part} photos"):
            write_bundle(file, shop, tmp_path / "bundle", "other")
    finally:
        shutil.rmtree(file.parent)
    assert list(tmp_path.iterdir()) == []


def test_limits_are_not_measured_on_photos_that_the_model_was_trained_on(
    copy: Path, shop: Path, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(made)
    monkeypatch.setattr(train.data, "VALIDATION_PERCENT", 92)
    pictures = find_faces(read_labels(shop)[0], made / "cache")
    file = write_trained(TrainedPhotos.of(pictures), copy)
    manifest = json.loads((copy / MANIFEST).read_text())
    manifest["files"][file.name] = sha256_of(file)
    (copy / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(UsageError, match=r"was trained on \d of the \d validation photos, such as .*: give photos"):
        measure_limits(copy, shop)
    assert json.loads((copy / MANIFEST).read_text()) == manifest
