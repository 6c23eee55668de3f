"""Frame sources (cameras, recordings, a test pattern) and the one-slot buffer between threads."""

from edge.frames.background import start_in_background
from edge.frames.camera import Camera
from edge.frames.frame import Frame, FrameSource
from edge.frames.latest import LatestFrame, capture
from edge.frames.recording import MovingPattern, RealTime, VideoFile
from edge.frames.source import camera_kind, open_camera, open_source

__all__ = [
    "Camera",
    "Frame",
    "FrameSource",
    "LatestFrame",
    "MovingPattern",
    "RealTime",
    "VideoFile",
    "camera_kind",
    "capture",
    "open_camera",
    "open_source",
    "start_in_background",
]
