"""Fixtures: a network with scaled random weights, its exported files, and photos of one real face to test them on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from skimage.data import astronaut

from edge.vision.crop import CROP_CONTRACT
from export.bundle import write_bundle
from export.onnx import write_onnx
from export.quantize import write_int8
from train.batches import crops_of
from train.checkpoint import save_run
from train.index import find_faces
from train.model import AgeNetwork, create_model
from train.pictures import read_labels
from train.trained import TrainedPhotos

TRAINED = TrainedPhotos(np.array([1, 2, 3], np.uint64), complete=False)
"""Photos that the checkpoint was trained on, none of which is in the shop."""


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """One thread loses least on a busy machine."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for large files; removed afterwards."""
    folder = tmp_path_factory.mktemp("made")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def shop(made: Path) -> Path:
    """A small source: upright photos to train on, and mirrored photos, which are not near-copies, to test on."""
    plain = cv2.cvtColor(astronaut(), cv2.COLOR_RGB2BGR)[:300, 80:380]
    upright = {
        "plain": plain,
        "dark": plain // 2,
        "grey": cv2.merge([cv2.cvtColor(plain, cv2.COLOR_BGR2GRAY)] * 3),
        "blue": plain[..., ::-1],
        "tall": cv2.resize(plain, (300, 390)),
        "wide": cv2.resize(plain, (400, 300)),
    }
    mirrored = {f"mirrored-{name}": picture[:, ::-1] for name, picture in upright.items() if name in ("plain", "dark")}
    (made / "shop" / "final_files").mkdir(parents=True)
    for name, picture in (upright | mirrored).items():
        cv2.imwrite(str(made / "shop" / "final_files" / f"{name}.jpg"), np.ascontiguousarray(picture))
    names = [f"{name}.jpg" for name in upright | mirrored]
    (made / "shop" / "labels.csv").write_text("file_name,real_age\n" + "".join(f"{name},34\n" for name in names))
    (made / "shop" / "official_val.csv").write_text("file_name\n" + "".join(f"{name}.jpg\n" for name in mirrored))
    return made / "shop"


@pytest.fixture(scope="session")
def crops(shop: Path, made: Path) -> np.ndarray:
    """The lane's crops of the photos: uint8 (8, 224, 224, 3) RGB."""
    return crops_of(find_faces(read_labels(shop)[0], made / "cache"))


@pytest.fixture(scope="session")
def model(crops: np.ndarray) -> AgeNetwork:
    """A model with random weights, scaled so that its ages differ between the photos by years, not by hundredths."""
    torch.manual_seed(0)
    model = create_model()
    for name, weight in model.named_parameters():
        if name.endswith("bn3.weight"):
            torch.nn.init.constant_(weight, 0.3)
    model.train()
    with torch.no_grad():
        for _ in range(3):
            model(torch.from_numpy(crops))
        model.age.weight *= 20
    return model.eval()


@pytest.fixture(scope="session")
def checkpoint(model: AgeNetwork, made: Path) -> Path:
    """A checkpoint with the averaged weights of `model`, and with other last weights."""
    other = create_model()
    facts = {"crop_contract": CROP_CONTRACT, "step": 1}
    optimizer = torch.optim.AdamW(other.parameters())
    save_run(made / "last.safetensors", other, model, optimizer, facts, TRAINED)
    return made / "last.safetensors"


@pytest.fixture(scope="session")
def float_onnx(model: AgeNetwork, made: Path) -> Path:
    write_onnx(model, made / "float.onnx")
    return made / "float.onnx"


@pytest.fixture(scope="session")
def half_onnx(model: AgeNetwork, made: Path) -> Path:
    write_onnx(model, made / "half.onnx", half=True)
    return made / "half.onnx"


@pytest.fixture(scope="session")
def int8_onnx(float_onnx: Path, crops: np.ndarray, made: Path) -> Path:
    write_int8(float_onnx, crops, made / "int8.onnx")
    return made / "int8.onnx"


@pytest.fixture(scope="session")
def bundle(checkpoint: Path, shop: Path, made: Path) -> Path:
    """A complete bundle that replaced an older bundle."""
    (made / "bundle").mkdir()
    (made / "bundle" / "old.onnx").write_text("an older model")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(made)
        write_bundle(checkpoint, shop, made / "bundle", "corner-shop")
    return made / "bundle"
