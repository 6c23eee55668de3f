"""edge-agent: watches a checkout lane and tells the till when to ask for ID. It advises, it never approves."""

import os

__version__ = "0.1.0"

# The C++ libraries below us write to stderr whenever they like; what matters reaches our own log. They read these when
# they are first imported, so this is the one place that is early enough.
for _name, _value in {
    "OPENCV_LOG_LEVEL": "SILENT",
    "OPENCV_FFMPEG_LOGLEVEL": "-8",
    "GLOG_minloglevel": "3",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}.items():
    os.environ.setdefault(_name, _value)

# ONNX Runtime 1.32 looks up its maker's telemetry host as soon as a model is loaded. Nothing leaves the store: this is
# read when its library is loaded, so it must be said before anything imports it.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
