"""Settings that show faces mark the log, and no password is shown."""

from __future__ import annotations

import pytest

from edge.agent.privacy import exposures
from edge.errors import EdgeError
from edge.frames import open_camera, start_in_background
from edge.settings.load import load_settings
from edge.settings.passwords import without_password


@pytest.mark.parametrize(
    ("flags", "marks"),
    [
        ([], []),
        (["--web", "127.0.0.1:8080"], []),
        (["--web-unblurred"], ["FACES SHOWN"]),
        (["--debug-pictures", "kept"], ["PICTURES KEPT"]),
        (["--debug-pictures", "kept", "--web-unblurred"], ["FACES SHOWN", "PICTURES KEPT"]),
    ],
)
def test_each_setting_that_shows_faces_has_its_mark(flags: list[str], marks: list[str]) -> None:
    assert [exposure.mark for exposure in exposures(load_settings(["--camera", "test:", *flags]))] == marks


@pytest.mark.parametrize(
    ("camera", "shown"),
    [
        ("0", "0"),
        ("rtsp://10.0.0.7/lane", "rtsp://10.0.0.7/lane"),
        ("rtsp://anna:secret@10.0.0.7/lane", "rtsp://10.0.0.7/lane"),
        ("rtsp://anna:s@cret@10.0.0.7/lane", "rtsp://10.0.0.7/lane"),
        ("rtsp://anna:sec/ret@10.0.0.7/lane", "rtsp://10.0.0.7/lane"),
        ("rtsp:/anna:secret@10.0.0.7", "rtsp:/10.0.0.7"),
        ("gst:rtspsrc location=rtsp://anna:secret@10.0.0.7 ! appsink", "gst:10.0.0.7 ! appsink"),
        ("gst:rtspsrc user-pw='sec ret' latency=0", "gst:rtspsrc user-pw=... latency=0"),
        (
            "http://10.0.0.7/snap.cgi?usr=anna&pwd=sec/ret&channel=1",
            "http://10.0.0.7/snap.cgi?usr=...&pwd=...&channel=1",
        ),
        ("rtsp://10.0.0.7/user=anna_password=secret_channel=1", "rtsp://10.0.0.7/user=..."),
        ("rtsp://10.0.0.7/h264?channel=1&subtype=0", "rtsp://10.0.0.7/h264?channel=1&subtype=0"),
    ],
)
def test_without_password_removes_user_and_password(camera: str, shown: str) -> None:
    assert without_password(camera) == shown


@pytest.mark.parametrize("camera", ["rtsp://anna:sec/ret@127.0.0.1:9/x", "rtsp:/anna:secret@x", "gst:x secret@y"])
def test_no_error_about_a_camera_shows_a_password(camera: str) -> None:
    with pytest.raises(EdgeError) as rejected:
        open_camera(camera, "lane-1", start_in_background)
    assert "ret@" not in str(rejected.value)
