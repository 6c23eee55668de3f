"""Finds the TensorRT of this box: TensorRT itself, otherwise TensorRT for RTX. Both have the same Python interface."""

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
from edge.language.words import Words, verbatim, words

log = logging.getLogger(__name__)

TENSORRT = "tensorrt"
RTX = ("tensorrt_rtx", "tensorrt_rtx_bindings")
"""Modules of TensorRT for RTX: NVIDIA's complete package, and the bindings alone, without shared libraries."""

OLDEST_RELEASE = {False: (10, 3), True: (1, 2)}
"""Oldest supported release, by `Library.rtx`: that of JetPack 6, and the first whose engines can be captured."""

ERRORS = ("INTERNAL_ERROR", "ERROR")


@dataclass(frozen=True)
class Library:
    """A loaded TensorRT."""

    trt: Any
    """The module; NVIDIA's examples use the same name."""

    rtx: bool
    """Whether it is TensorRT for RTX."""

    version: str
    logger: Any
    """The `ILogger` for every object."""

    @property
    def name(self) -> str:
        """Name and version, such as "TensorRT 10.3.0"."""
        return f"{'TensorRT for RTX' if self.rtx else 'TensorRT'} {self.version}"

    @property
    def last_error(self) -> str:
        """The first line of TensorRT's last error message."""
        return self.logger.last_error or words("no reason given")

    def make(self, kind: str) -> Any:
        """Make a "Builder" or "Runtime". Raises RunError when TensorRT does not work on this machine."""
        try:
            return getattr(self.trt, kind)(self.logger)
        except TypeError:  # the bindings raise this for a null pointer, for example if the driver is too old
            raise RunError(
                words("{library} cannot work on this machine: {error}", library=self.name, error=self.last_error)
            ) from None

    @property
    def capabilities(self) -> dict[str, Any]:
        """The compute capabilities that need no GPU to build for, such as "8.9", with TensorRT's values for them."""
        if not self.rtx:
            return {}
        members = self.trt.ComputeCapability.__members__
        numbers = {found[1]: value for name, value in members.items() if (found := re.fullmatch(r"SM(\d+)", name))}
        return {f"{number[:-1]}.{number[-1]}": numbers[number] for number in sorted(numbers, key=int)}


def find_library() -> Library:
    """The TensorRT of this box. Raises UsageError, with the command that installs it, when it is missing or too old."""
    return _first_of(
        (TENSORRT, *RTX), "TensorRT", words("pip install 'edge-agent[gpu]', or 'edge-agent[rtx]' for an RTX card")
    )


def find_rtx() -> Library:
    """TensorRT for RTX, which can build without a GPU. Raises as `find_library` does."""
    return _first_of(RTX, "TensorRT for RTX", verbatim("pip install 'edge-agent[rtx]'"))


def _first_of(names: tuple[str, ...], product: str, fix: Words) -> Library:
    wrong = words("{product} is not installed", product=product)
    for name in names:
        try:
            if name == "tensorrt_rtx_bindings":
                _preload()
            return _loaded(importlib.import_module(name), rtx=name in RTX)
        except ModuleNotFoundError as problem:
            if problem.name != name:
                wrong = words("{name} does not load: {problem}", name=name, problem=str(problem))
        except (ImportError, OSError) as problem:
            wrong = words("{name} does not load: {problem}", name=name, problem=str(problem).splitlines()[0])
    raise UsageError(words("{problem}: {fix}", problem=wrong, fix=fix))


def _preload() -> None:
    """Load the shared libraries that the bindings need from ONNX Runtime's plug-in, which contains them.

    They have other file names there, so the dynamic loader would not find them; it does not search for libraries that
    are loaded already.
    """
    found = importlib.util.find_spec("onnxruntime_ep_nv_tensorrt_rtx")
    for folder in (found and found.submodule_search_locations) or ():
        for name in ("libcudart", "libtensorrt_rtx", "libtensorrt_onnxparser_rtx"):
            for file in sorted(Path(folder).glob(f"{name}.so.*"))[:1]:
                ctypes.CDLL(str(file))


def _loaded(trt: Any, *, rtx: bool) -> Library:
    library = Library(trt, rtx, trt.__version__, _logger(trt))
    oldest = OLDEST_RELEASE[rtx]
    if tuple(int(part) for part in re.findall(r"\d+", library.version)[:2]) < oldest:
        version = ".".join(map(str, oldest))
        raise UsageError(
            words("{library} is too old: install {version} or newer", library=library.name, version=version)
        )
    return library


@functools.cache
def _logger(trt: Any) -> Any:
    """One logger for the whole process: TensorRT keeps the first one that it gets."""

    class PythonLogger(trt.ILogger):  # type: ignore[misc]  # the base class is known only after loading
        """Passes TensorRT's messages to `logging`, its information as debug messages.

        Its errors are only logged as information: the caller raises them, with `last_error` as the text.
        """

        def __init__(self) -> None:
            trt.ILogger.__init__(self)
            self.last_error = ""

        def log(self, severity: Any, message: str) -> None:
            if severity.name in ERRORS:
                self.last_error = message.strip().splitlines()[0]
            log.log(logging.INFO if severity.name in (*ERRORS, "WARNING") else logging.DEBUG, "%s", message)

    return PythonLogger()
