"""A network camera, and somebody who looks at it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from edge.frames import open_camera
from tests.cameras.rtsp import RtspCamera
from tests.cameras.viewer import Viewer, in_background


@pytest.fixture
def camera() -> Iterator[RtspCamera]:
    camera = RtspCamera()
    yield camera
    camera.stop()


@pytest.fixture
def viewer(camera: RtspCamera) -> Iterator[Viewer]:
    """It has seen the lane already."""
    viewer = Viewer(open_camera(camera.url, "lane-1", in_background))
    viewer.wait_for(lambda: viewer.frames, 10)
    yield viewer
    viewer.close()
