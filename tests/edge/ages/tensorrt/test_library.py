"""Which TensorRT is found, and the errors when there is none."""

from __future__ import annotations

import logging
import sys
from types import ModuleType, SimpleNamespace
from typing import Protocol

import pytest

from edge.ages.tensorrt import library as library_module
from edge.ages.tensorrt.library import RTX, TENSORRT, find_library, find_rtx
from edge.errors import RunError, UsageError
from tests.edge.ages.tensorrt.host_gpu import HostContext, HostEngine


class Severity(SimpleNamespace):
    name: str


class Logger(Protocol):
    """The part of TensorRT's `ILogger` that reports messages."""

    def log(self, severity: Severity, message: str) -> None: ...


class Install(Protocol):
    """Makes these modules, by name and version, the only installed TensorRT."""

    def __call__(self, **versions: str) -> None: ...


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Install:
    """Makes these modules, by name and version, the only installed TensorRT."""
    for name in (TENSORRT, *RTX):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setattr(library_module, "_preload", lambda: None)

    def install(**versions: str) -> None:
        for name, version in versions.items():
            module = ModuleType(name)
            vars(module).update(__version__=version, ILogger=type("ILogger", (), {}))
            monkeypatch.setitem(sys.modules, name, module)

    return install


@pytest.mark.usefixtures("installed")
def test_the_error_without_tensorrt_names_the_command_that_installs_it() -> None:
    with pytest.raises(UsageError) as rejected:
        find_library()
    assert str(rejected.value) == (
        "TensorRT is not installed: pip install 'edge-agent[gpu]', or 'edge-agent[rtx]' for an RTX card"
    )
    with pytest.raises(UsageError, match=r"^TensorRT for RTX is not installed: pip install 'edge-agent\[rtx\]'$"):
        find_rtx()


def test_tensorrt_is_preferred_to_tensorrt_for_rtx(installed: Install) -> None:
    installed(tensorrt_rtx="1.7.1")
    assert find_library().name == "TensorRT for RTX 1.7.1"
    installed(tensorrt="10.3.0")
    assert find_library().name == "TensorRT 10.3.0"
    assert find_rtx().name == "TensorRT for RTX 1.7.1"


def test_tensorrt_itself_builds_for_this_gpu_only(installed: Install) -> None:
    installed(tensorrt="10.3.0")
    assert find_library().capabilities == {}


@pytest.mark.parametrize(
    ("module", "version", "error"),
    [
        ("tensorrt", "8.6.1", "TensorRT 8.6.1 is too old: install 10.3 or newer"),
        ("tensorrt", "10.2.0", "TensorRT 10.2.0 is too old: install 10.3 or newer"),
        ("tensorrt_rtx", "1.1.1.26", "TensorRT for RTX 1.1.1.26 is too old: install 1.2 or newer"),
    ],
)
def test_an_old_release_is_rejected(installed: Install, module: str, version: str, error: str) -> None:
    installed(**{module: version})
    with pytest.raises(UsageError) as rejected:
        find_library()
    assert str(rejected.value) == error


def test_a_library_that_does_not_load_is_not_reported_as_missing(
    installed: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(name: str) -> ModuleType:
        if name == TENSORRT:
            raise ImportError("libnvinfer.so.10: cannot open shared object file: No such file or directory")
        raise ModuleNotFoundError(name=name)

    monkeypatch.setattr(library_module.importlib, "import_module", load)
    with pytest.raises(
        UsageError, match=r"^tensorrt does not load: libnvinfer\.so\.10: cannot open shared object file"
    ):
        find_library()


def test_messages_of_tensorrt_are_logged(installed: Install, caplog: pytest.LogCaptureFixture) -> None:
    installed(tensorrt="10.3.0")
    library = find_library()
    with caplog.at_level(logging.INFO):
        library.logger.log(Severity(name="VERBOSE"), "Tactic 7 took 0.1 ms")
        library.logger.log(Severity(name="WARNING"), "this card is slow")
        assert library.last_error == "no reason given"
        library.logger.log(Severity(name="ERROR"), "out of memory\nat line 7")
    assert caplog.messages == ["this card is slow", "out of memory\nat line 7"]
    assert library.last_error == "out of memory"


def test_the_error_of_a_library_that_does_not_work_gives_the_reason(installed: Install) -> None:
    installed(tensorrt="10.3.0")
    library = find_library()

    def builder(logger: Logger) -> None:
        logger.log(Severity(name="ERROR"), "CUDA initialization failure with error: 35")
        raise TypeError("pybind11::init(): factory function returned nullptr")

    library.trt.Builder = builder
    with pytest.raises(RunError) as failed:
        library.make("Builder")
    assert str(failed.value) == (
        "TensorRT 10.3.0 cannot work on this machine: CUDA initialization failure with error: 35"
    )


def test_the_installed_tensorrt_for_rtx_loads_and_lists_its_gpus() -> None:
    rtx = (
        pytest.importorskip("onnxruntime_ep_nv_tensorrt_rtx", reason="TensorRT for RTX is not installed") and find_rtx()
    )
    assert rtx.name.startswith("TensorRT for RTX 1.")
    assert list(rtx.capabilities)[:4] == ["7.5", "8.0", "8.6", "8.9"]
    assert "12.0" in rtx.capabilities


def test_the_simulated_engine_has_only_methods_of_a_real_one() -> None:
    pytest.importorskip("onnxruntime_ep_nv_tensorrt_rtx", reason="TensorRT for RTX is not installed")
    trt = find_rtx().trt
    for host, real in ((HostEngine, trt.ICudaEngine), (HostContext, trt.IExecutionContext)):
        for name in (name for name in vars(host) if not name.startswith("_")):
            assert hasattr(real, name), name
