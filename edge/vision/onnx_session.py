"""Session options that all ONNX Runtime models of the agent share."""

from __future__ import annotations

from typing import Literal

import onnxruntime

Provider = Literal[
    "CPUExecutionProvider", "CUDAExecutionProvider", "TensorrtExecutionProvider", "NvTensorRTRTXExecutionProvider"
]
CPU: Provider = "CPUExecutionProvider"


def session_options(threads: int = 0) -> onnxruntime.SessionOptions:
    """Quiet, and without spinning threads. threads: CPU threads, 0 for all cores."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4
    # Spinning threads would take CPU time from the detector while they wait for the next frame.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options
