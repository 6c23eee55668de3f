"""Finds the TensorRT of this box: TensorRT itself, else TensorRT for RTX. Both speak the same Python interface."""

from __future__ import annotations

import ctypes
import functools
import importlib
import importlib.util
import logging
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.errors import RunError, UsageError

log = logging.getLogger(__name__)

TENSORRT = "tensorrt"
RTX = ("tensorrt_rtx", "tensorrt_rtx_bindings")
"""Modules of TensorRT for RTX: NVIDIA's own package, and the bindings alone, which come without shared libraries."""

OLDEST_RELEASE = {False: (10, 3), True: (1, 2)}
"""Oldest release of TensorRT, and of TensorRT for RTX: that of JetPack 6, and the first that can be captured."""

ERRORS = ("INTERNAL_ERROR", "ERROR")


@dataclass(frozen=True)
class Library:
    """A TensorRT that is loaded."""

    trt: Any
    """The module, under the name that NVIDIA's own examples give it."""

    rtx: bool
    """Whether it is TensorRT for RTX."""

    version: str
    logger: Any
    """An `ILogger` for every object that is made."""

    @property
    def name(self) -> str:
        """For people: "TensorRT 10.3.0"."""
        return f"{'TensorRT for RTX' if self.rtx else 'TensorRT'} {self.version}"

    @property
    def last_error(self) -> str:
        """The first line of what TensorRT said when something last failed."""
        return self.logger.last_error or "it does not say why"

    def make(self, kind: str) -> Any:
        """A "Builder" or "Runtime". Raises RunError when there can be none on this machine."""
        try:
            return getattr(self.trt, kind)(self.logger)
        except TypeError:  # so the bindings say that they were given nothing, as with a driver that is too old
            raise RunError(f"{self.name} cannot work on this machine: {self.last_error}") from None

    @property
    def capabilities(self) -> dict[str, Any]:
        """The compute capabilities that engines can be built for without the GPU: "8.9" and TensorRT's value for it."""
        if not self.rtx:
            return {}
        members = self.trt.ComputeCapability.__members__
        numbers = {found[1]: value for name, value in members.items() if (found := re.fullmatch(r"SM(\d+)", name))}
        return {f"{number[:-1]}.{number[-1]}": numbers[number] for number in sorted(numbers, key=int)}


def find_library() -> Library:
    """The TensorRT of this box. Raises UsageError, with the command that installs one, when there is none."""
    return _first_of(
        (TENSORRT, *RTX), "TensorRT", "pip install 'edge-agent[gpu]', or 'edge-agent[rtx]' for an RTX card"
    )


def find_rtx() -> Library:
    """TensorRT for RTX, which can build with no GPU. Raises UsageError as above."""
    return _first_of(RTX, "TensorRT for RTX", "pip install 'edge-agent[rtx]'")


def _first_of(names: tuple[str, ...], what: str, mend: str) -> Library:
    broken = ""
    for name in names:
        try:
            if name == "tensorrt_rtx_bindings":
                _preload()
            return _loaded(importlib.import_module(name), rtx=name in RTX)
        except ModuleNotFoundError as problem:
            if problem.name != name:
                broken = f"{name} does not load: {problem}"
        except (ImportError, OSError) as problem:
            broken = f"{name} does not load: {str(problem).splitlines()[0]}"
    raise UsageError(f"{broken or f'{what} is not installed'}: {mend}")


def _preload() -> None:
    """Load the shared libraries that the bindings alone lack from ONNX Runtime's plug-in, which carries them: under
    names that the dynamic loader does not look for, but a library that is loaded already is not looked for at all."""
    found = importlib.util.find_spec("onnxruntime_ep_nv_tensorrt_rtx")
    for folder in (found and found.submodule_search_locations) or ():
        for name in ("libcudart", "libtensorrt_rtx", "libtensorrt_onnxparser_rtx"):
            for file in sorted(Path(folder).glob(f"{name}.so.*"))[:1]:
                ctypes.CDLL(str(file))


def _loaded(trt: Any, *, rtx: bool) -> Library:
    library = Library(trt, rtx, trt.__version__, _logger(trt))
    oldest = OLDEST_RELEASE[rtx]
    if tuple(int(part) for part in re.findall(r"\d+", library.version)[:2]) < oldest:
        raise UsageError(f"{library.name} is too old: install {'.'.join(map(str, oldest))} or newer")
    return library


@functools.cache
def _logger(trt: Any) -> Any:
    """One for the whole process: TensorRT keeps to the first logger that it is given."""

    class PythonLogger(trt.ILogger):  # type: ignore[misc]  # known only once the module is loaded
        """Hands TensorRT's messages to `logging`. Its errors are no more than information there: what comes of them is
        raised, with their text, by whoever asked. What it calls information is for those who debug."""

        def __init__(self) -> None:
            trt.ILogger.__init__(self)
            self.last_error = ""

        def log(self, severity: Any, message: str) -> None:
            if severity.name in ERRORS:
                self.last_error = message.strip().splitlines()[0]
            log.log(logging.INFO if severity.name in (*ERRORS, "WARNING") else logging.DEBUG, "%s", message)

    return PythonLogger()
