"""The cache of engines: an engine is found under its key only; any problem with the cache costs one build at most."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from edge.ages.tensorrt.cache import EngineCache, EngineKey, obtain

KEY = EngineKey.of(b"onnx", "TensorRT 10.3.0", "NVIDIA RTX 2000 Ada", "8.9")


class Box:
    """Builds and counts engines, and loads them, except those in `unloadable`."""

    def __init__(self, folder: Path) -> None:
        self.cache = EngineCache(folder)
        self.built = 0
        self.unloadable: set[bytes] = set()

    def start(self, key: EngineKey = KEY) -> bytes | None:
        return obtain(self.cache, key, lambda engine: None if engine in self.unloadable else engine, self._build)

    def _build(self) -> bytes:
        self.built += 1
        return b"engine %d" % self.built


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path / "engines")


def test_the_file_name_is_the_key() -> None:
    assert KEY.engine == "87e93f89f2be_tensorrt-10.3.0_nvidia-rtx-2000-ada_8.9.engine"


def test_an_engine_is_built_once(box: Box) -> None:
    assert [box.start(), box.start(), box.start()] == [b"engine 1"] * 3
    assert box.built == 1


@pytest.mark.parametrize(
    "other",
    [
        EngineKey.of(b"other onnx", "TensorRT 10.3.0", "NVIDIA RTX 2000 Ada", "8.9"),
        EngineKey.of(b"onnx", "TensorRT 10.4.0", "NVIDIA RTX 2000 Ada", "8.9"),
        EngineKey.of(b"onnx", "TensorRT for RTX 10.3.0", "NVIDIA RTX 2000 Ada", "8.9"),
        EngineKey.of(b"onnx", "TensorRT 10.3.0", "NVIDIA RTX 4000 Ada", "8.9"),
        EngineKey.of(b"onnx", "TensorRT 10.3.0", "NVIDIA RTX 2000 Ada", "8.6"),
    ],
    ids=["model", "release", "library", "GPU", "compute capability"],
)
def test_another_key_gets_another_engine(box: Box, other: EngineKey) -> None:
    box.start()
    assert box.start(other) == b"engine 2"


def test_a_new_engine_replaces_older_ones_for_the_same_gpu(box: Box) -> None:
    newer = EngineKey.of(b"newer onnx", "TensorRT 10.4.0", "NVIDIA RTX 2000 Ada", "8.9")
    elsewhere = EngineKey.of(b"onnx", "TensorRT 10.3.0", "NVIDIA RTX 4000 Ada", "8.9")
    for key in (KEY, elsewhere, newer):
        box.start(key)
    assert {file.name for file in box.cache.folder.iterdir()} == {newer.engine, elsewhere.engine}


@pytest.mark.parametrize("damage", ["corrupt", "cut", "cut short", "empty"])
def test_a_damaged_engine_is_logged_and_built_again(box: Box, damage: str, caplog: pytest.LogCaptureFixture) -> None:
    box.start()
    file = box.cache.folder / KEY.engine
    whole = file.read_bytes()
    file.write_bytes({"corrupt": whole[:-1] + b"?", "cut": whole[:-3], "cut short": whole[:20], "empty": b""}[damage])
    assert box.start() == b"engine 2"
    assert caplog.messages == [f"{file} is damaged: it is ignored"]
    assert box.start() == b"engine 2"


def test_an_unreadable_engine_is_logged_and_built_again(box: Box, caplog: pytest.LogCaptureFixture) -> None:
    (box.cache.folder / KEY.engine).mkdir(parents=True)
    assert box.start() == b"engine 1"
    assert f"cannot read {box.cache.folder / KEY.engine} (Is a directory): it is ignored" in caplog.messages


def test_an_engine_that_does_not_load_is_built_again_once(box: Box, caplog: pytest.LogCaptureFixture) -> None:
    box.start()
    box.unloadable = {b"engine 1"}
    assert [box.start(), box.start()] == [b"engine 2"] * 2
    assert "does not load: a new engine is built" in caplog.text


def test_an_engine_that_never_loads_is_neither_cached_nor_retried(box: Box) -> None:
    box.unloadable = {b"engine 1"}
    assert box.start() is None
    assert box.built == 1
    assert not box.cache.folder.exists()


def test_an_engine_built_in_advance_for_the_compute_capability_is_used(box: Box) -> None:
    box.cache.write(KEY.engine_for_any_gpu, b"built ahead")
    assert box.start() == b"built ahead"
    box.unloadable = {b"built ahead"}
    assert box.start() == b"engine 1"


def test_an_unwritable_folder_costs_a_build_at_every_start(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "engines").write_text("a file, not a folder")
    box = Box(tmp_path / "engines" / "of this box")
    assert [box.start(), box.start()] == [b"engine 1", b"engine 2"]
    assert caplog.messages[-1].startswith(f"cannot write {box.cache.folder / KEY.engine} (Not a directory)")


def test_a_failed_write_leaves_no_file(box: Box) -> None:
    (box.cache.folder / KEY.engine / "in the way").mkdir(parents=True)
    with pytest.raises(OSError, match=r".*"):
        box.cache.write(KEY.engine, b"engine")
    assert [file.name for file in box.cache.folder.iterdir()] == [KEY.engine]


def test_abandoned_partial_files_are_removed_with_the_next_engine(box: Box) -> None:
    box.cache.folder.mkdir()
    old, young = box.cache.folder / ".old.partial", box.cache.folder / ".written by another process.partial"
    for file in (old, young):
        file.write_bytes(b"half an eng")
    os.utime(old, (time.time() - 7200, time.time() - 7200))
    box.start()
    assert (old.exists(), young.exists()) == (False, True)


def test_other_users_can_read_a_cached_engine(box: Box) -> None:
    box.start()
    assert (box.cache.folder / KEY.engine).stat().st_mode & 0o777 == 0o644
