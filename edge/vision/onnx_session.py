"""Session options that all ONNX Runtime models of the agent share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import onnxruntime

from edge.commands import is_utf8

if TYPE_CHECKING:
    from pathlib import Path

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


def model_source(file: Path) -> str | bytes:
    """What ONNX Runtime loads a model from: its path, or its content where the path is not UTF-8. Raises OSError."""
    return str(file) if is_utf8(str(file)) else file.read_bytes()
