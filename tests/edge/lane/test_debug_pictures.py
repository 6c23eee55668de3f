"""Debug pictures: which frame is saved, how many are kept, and who can read them."""

from __future__ import annotations

import logging
import os
import stat
from datetime import datetime, timezone
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.decision.policy import Decision, Reason
from edge.errors import UsageError
from edge.frames import Frame
from edge.lane.debug_pictures import KEPT, DebugPictures
from edge.till.messages import Alert, Text

NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


def alert(number: int = 1, reason: Reason = Reason.NO_FACE) -> Alert:
    return Alert(
        alert_id=f"a-{number}", sale_id="s-1", lane="lane-1", decision=Decision.UNKNOWN, reasons=(reason,), age=None,
        p_under_legal=None, threshold=25, samples=0, model="m", text=Text(ru="Спросите", en="Ask"), issued_at=NOON,
        expires_at=NOON, grab_to_alert_ms=None,
    )  # fmt: skip


def frame(grey: int) -> Frame:
    return Frame(np.full((8, 8, 3), grey, np.uint8), 1.0, 0, "lane-1")


def test_the_last_frame_is_saved_readable_by_its_owner_only(tmp_path: Path) -> None:
    pictures = DebugPictures(tmp_path / "debug" / "lane-1")
    pictures.set_frame(frame(50))
    pictures.set_frame(frame(200))
    pictures.save(alert())
    (file,) = (tmp_path / "debug" / "lane-1").iterdir()
    assert file.name == "20260301T120000-UNKNOWN-a-1.jpg"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    picture = cv2.imread(str(file))
    assert picture is not None
    assert abs(int(picture.mean()) - 200) < 3


def test_only_the_newest_pictures_are_kept(tmp_path: Path) -> None:
    pictures = DebugPictures(tmp_path)
    pictures.set_frame(frame(1))
    for number in range(KEPT + 5):
        pictures.save(alert(number))
    left = {file.stem.rpartition("-")[2] for file in tmp_path.iterdir()}
    assert len(left) == KEPT
    assert str(KEPT + 4) in left


def test_a_new_picture_is_kept_although_the_clock_was_set_back(tmp_path: Path) -> None:
    pictures = DebugPictures(tmp_path)
    pictures.set_frame(frame(1))
    for number in range(KEPT):
        pictures.save(alert(number))
    [newest] = tmp_path.glob(f"*-{KEPT - 1}.jpg")
    os.utime(newest, (0, 0))
    pictures.save(alert(KEPT))
    assert newest.exists()
    assert len(list(tmp_path.iterdir())) == KEPT


def test_no_picture_is_saved_without_a_frame_or_when_the_camera_was_lost(tmp_path: Path) -> None:
    pictures = DebugPictures(tmp_path)
    pictures.save(alert())
    pictures.set_frame(frame(1))
    pictures.save(alert(reason=Reason.CAMERA_LOST))
    assert list(tmp_path.iterdir()) == []


def test_a_failing_folder_is_logged_once_until_it_works_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    folder = tmp_path / "gone"
    pictures = DebugPictures(folder)
    folder.rmdir()
    folder.touch()
    pictures.set_frame(frame(1))
    for number in range(3):
        pictures.save(alert(number))
    problem = f"the folder {folder} of debug pictures cannot be written: File exists: make room on its disk"
    assert pictures.problem == problem
    folder.unlink()
    pictures.save(alert())
    assert (pictures.problem, len(list(folder.iterdir()))) == ("", 1)
    assert [record.getMessage() for record in caplog.records] == [
        f"{problem}; the lane goes on",
        f"the folder {folder} of debug pictures can be written again; 3 lost",
    ]


def test_a_folder_that_cannot_be_created_is_rejected_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="file/lane-1: Not a directory: name a folder that can be written"):
        DebugPictures(tmp_path / "file" / "lane-1")
