"""edge-agent: watches a checkout lane and tells the till when to ask for ID. It advises; it never approves."""

import os

__version__ = "0.2.0"

# C++ libraries write to stderr on their own; everything important reaches our log. They read these variables when they
# are first imported, so the variables must be set here.
for _name, _value in {
    "OPENCV_LOG_LEVEL": "SILENT",
    "OPENCV_FFMPEG_LOGLEVEL": "-8",
    "GLOG_minloglevel": "3",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}.items():
    os.environ.setdefault(_name, _value)

# ONNX Runtime 1.32 contacts its maker's telemetry host as soon as a model is loaded. Nothing may leave the store. The
# variable is read when the library loads, so it must be set before any import of it.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
