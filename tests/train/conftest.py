"""Fixtures: photos of one real face, made from the public-domain portrait that comes with scikit-image."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from skimage.data import astronaut

import train.data
import train.trained
from tests.train.builders import HANGS_AFTER_S, LayOut, RunScript, WithHashes, write_teacher
from train.index import find_faces, fingerprint
from train.pictures import Pictures, read_labels
from train.recipe import Recipe, Stage
from train.teacher import Teacher, prepared_teacher

UPRIGHT = ("plain", "dark", "big", "small", "grey", "turned", "tall", "wide")
MIRRORED = ("mirrored", "mirrored-turned", "mirrored-dark")
"""A mirrored face is not a near-copy of the upright one."""


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """More threads do not speed up tiny pictures, and slow them down on a busy machine."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)


@pytest.fixture(scope="session")
def portraits() -> dict[str, np.ndarray]:
    """One face in many versions: uint8 BGR."""
    plain = cv2.cvtColor(astronaut(), cv2.COLOR_RGB2BGR)[:300, 80:380]
    turn = cv2.getRotationMatrix2D((150, 150), 8, 1)
    mirrored = np.ascontiguousarray(plain[:, ::-1])
    return {
        "plain": plain,
        "dark": plain // 2,
        "big": cv2.resize(plain, None, fx=1.7, fy=1.7),
        "small": cv2.resize(plain, None, fx=0.6, fy=0.6),
        "grey": cv2.merge([cv2.cvtColor(plain, cv2.COLOR_BGR2GRAY)] * 3),
        "turned": cv2.warpAffine(plain, turn, (300, 300)),
        "tall": cv2.resize(plain, (300, 390)),
        "wide": cv2.resize(plain, (400, 300)),
        "mirrored": mirrored,
        "mirrored-turned": cv2.warpAffine(mirrored, turn, (300, 300)),
        "mirrored-dark": mirrored // 2,
        "nobody": np.full((200, 200, 3), 90, np.uint8),
    }


@pytest.fixture
def lay_out(portraits: dict[str, np.ndarray]) -> LayOut:
    """Writes photos and labels: lay_out(folder, {"plain": "30"}, held_out=["plain"]) returns the folder."""

    def lay_out(folder: Path, ages: dict[str, str], held_out: tuple[str, ...] = ()) -> Path:
        return _lay_out(folder, portraits, ages, held_out)

    return lay_out


def _lay_out(folder: Path, portraits: dict[str, np.ndarray], ages: dict[str, str], held_out: tuple[str, ...]) -> Path:
    (folder / "final_files").mkdir(parents=True)
    for name in ages:
        if name in portraits:
            cv2.imwrite(str(folder / "final_files" / f"{name}.jpg"), portraits[name])
    rows = "".join(f"{name}.jpg,{age}\n" for name, age in ages.items())
    (folder / "labels.csv").write_text("file_name,real_age\n" + rows)
    if held_out:
        (folder / "official_val.csv").write_text("file_name\n" + "".join(f"{name}.jpg\n" for name in held_out))
    return folder


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory, portraits: dict[str, np.ndarray]) -> Path:
    """A small source: 8 upright photos to train on, 3 mirrored ones held out."""
    ages = {name: str(15 + 5 * number) for number, name in enumerate(UPRIGHT + MIRRORED)}
    return _lay_out(tmp_path_factory.mktemp("data") / "shop", portraits, ages, MIRRORED)


@pytest.fixture(scope="session")
def faces(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Pictures:
    """The photos of `shop` with their faces found, in the order of its labels."""
    return find_faces(read_labels(shop)[0], tmp_path_factory.mktemp("cache"))


@pytest.fixture
def with_hashes(tmp_path: Path) -> WithHashes:
    """A folder of labelled files whose faces are already in the cache, with given hashes: (data, cache)."""

    def with_hashes(name: str, hashes: np.ndarray, held_out: tuple[int, ...] = ()) -> tuple[Path, Path]:
        data, cache = tmp_path / name, tmp_path / f"{name}-cache"
        (data / "final_files").mkdir(parents=True)
        cache.mkdir()
        names = [f"{name}-{row:04d}.jpg" for row in range(len(hashes))]
        for file in names:
            (data / "final_files" / file).touch()
        (data / "labels.csv").write_text("file_name,age\n" + "".join(f"{file},30\n" for file in names))
        if held_out:
            (data / "official_val.csv").write_text("file_name\n" + "".join(f"{names[row]}\n" for row in held_out))
        found = np.zeros((len(hashes), 4, 2), np.float32)
        arrays = {"keypoints": found, "hashes": hashes, "picture_hashes": np.zeros_like(hashes)}
        np.savez(cache / f"found-{fingerprint(read_labels(data)[0])}.npz", **arrays)
        return data, cache

    return with_hashes


@pytest.fixture
def run_script(tmp_path: Path) -> RunScript:
    """Runs Python code in its own process: run_script(code, *arguments) returns its exit code, None if it hangs."""

    def run_script(code: str, *arguments: object) -> int | None:
        script = tmp_path / "script.py"
        script.write_text(code)
        command = [sys.executable, str(script), *map(str, arguments)]
        process = subprocess.Popen(command, cwd=tmp_path, start_new_session=True)
        try:
            return process.wait(HANGS_AFTER_S)
        except subprocess.TimeoutExpired:
            return None
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    return run_script


@pytest.fixture
def tiny_recipe() -> Recipe:
    """Small pictures, no worker processes, no checkpoint but the last one."""
    stages = (Stage(picture_px=32, share=0.5, view=0.7), Stage(picture_px=48, share=0.5))
    return Recipe(stages=stages, workers=0)


@pytest.fixture(scope="session")
def teacher(faces: Pictures, tmp_path_factory: pytest.TempPathFactory) -> Teacher:
    """A teacher with one map of 3 channels, and with readers, prepared for the 11 faces."""
    folder = tmp_path_factory.mktemp("teacher")
    return prepared_teacher(write_teacher(folder / "teacher.onnx"), faces, Recipe(), torch.device("cpu"), folder)


@pytest.fixture
def few_photos(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes a few versions of one face splittable: only equal faces count as copies."""
    monkeypatch.setattr(train.data, "NEAR_COPY_BITS", 0)
    monkeypatch.setattr(train.data, "PICTURE_COPY_BITS", -1)
    monkeypatch.setattr(train.data, "VALIDATION_PERCENT", 40)
    monkeypatch.setattr(train.trained, "photo_digests", lambda pictures: pictures.hashes.sum(axis=1, dtype=np.uint64))


@pytest.fixture
def run_dir(tmp_path: Path) -> Iterator[Path]:
    """The folder of a run; removed afterwards, because a checkpoint has 400 MB."""
    yield tmp_path / "run"
    shutil.rmtree(tmp_path / "run", ignore_errors=True)
