"""Where frames come from: cameras, recordings, a test pattern; and the one-slot latest frame between threads."""

from edge.frames.camera import Camera
from edge.frames.frame import Frame, FrameSource
from edge.frames.latest import LatestFrame, capture
from edge.frames.recording import MovingPattern, RealTime, VideoFile
from edge.frames.source import open_camera, open_source

__all__ = [
    "Camera",
    "Frame",
    "FrameSource",
    "LatestFrame",
    "MovingPattern",
    "RealTime",
    "VideoFile",
    "capture",
    "open_camera",
    "open_source",
]
