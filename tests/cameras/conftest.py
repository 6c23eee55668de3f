"""A simulated network camera, and a viewer that reads it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from edge.frames import open_camera, start_in_background
from tests.cameras.rtsp import RtspCamera
from tests.cameras.viewer import Viewer


@pytest.fixture
def camera() -> Iterator[RtspCamera]:
    camera = RtspCamera()
    yield camera
    camera.stop()


@pytest.fixture
def viewer(camera: RtspCamera) -> Iterator[Viewer]:
    """A viewer that has received its first frame."""
    viewer = Viewer(open_camera(camera.url, "lane-1", start_in_background))
    viewer.wait_for(lambda: viewer.frames)
    yield viewer
    viewer.close()
