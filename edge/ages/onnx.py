"""The age model on ONNX Runtime: on the CPU, or on a GPU through one of its execution providers."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime

from edge.errors import EdgeError, UsageError
from edge.language.words import words
from edge.vision.crop import CROP_PX
from edge.vision.faces import AGES
from edge.vision.onnx_session import CPU, Provider, model_source, session_options

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_PROVIDER_OPTIONS: dict[Provider, dict[str, Any]] = {
    # Otherwise the provider computes a half-precision graph in single precision.
    "TensorrtExecutionProvider": {"trt_fp16_enable": True},
}
_DISABLED_ON_CPU = ["QDQPropagationTransformer"]
"""This optimisation makes the first layers, which are float, pool eight-bit numbers: 12 % slower on an AVX-512 CPU."""

_PLUGIN_PACKAGES: dict[Provider, str] = {"NvTensorRTRTXExecutionProvider": "onnxruntime_ep_nv_tensorrt_rtx"}
"""Execution providers that are plug-ins, and the Python packages that contain them."""


class OnnxAgeModel:
    """An `AgeModel` that runs an ONNX file with input `images` and output `age_probs`."""

    def __init__(self, file: Path, threads: int = 0, provider: Provider = CPU) -> None:
        """threads: CPU threads, 0 for all cores. provider: ONNX Runtime's execution provider.

        Raises UsageError when the file cannot be loaded or has other inputs or outputs, or when the provider is
        missing: ONNX Runtime's silent fallback to the CPU is rejected.
        """
        options = session_options(threads)
        try:
            self._session = _session(file, options, provider)
        except EdgeError:
            raise
        except Exception as problem:  # ONNX Runtime's errors have no common base class but Exception
            # What a GPU's libraries say is needed to install them; a file that the CPU cannot load is damaged.
            why = words("get the bundle again") if provider == CPU else _first_line(problem)
            raise UsageError(
                words("{file} is not a model that ONNX Runtime can load: {why}", file=file, why=why)
            ) from None
        if (got := self._session.get_providers()[0]) != provider:
            raise UsageError(
                words(
                    "ONNX Runtime chose {got} instead of {provider}, whose libraries do not load here",
                    got=got,
                    provider=provider,
                )
            )
        self._session.disable_fallback()
        inputs = {value.name: (value.type, value.shape[1:]) for value in self._session.get_inputs()}
        outputs = {value.name: (value.type, value.shape[1:]) for value in self._session.get_outputs()}
        if inputs != {"images": ("tensor(uint8)", [CROP_PX, CROP_PX, 3])} or outputs != {
            "age_probs": ("tensor(float)", [AGES])
        }:
            raise UsageError(
                words(
                    "{file} takes {inputs} and gives {outputs}, not uint8 images (N, {crop_px}, {crop_px}, 3) "
                    "and float age_probs (N, {ages}): export it with edge-export",
                    file=file,
                    inputs=inputs,
                    outputs=outputs,
                    crop_px=CROP_PX,
                    ages=AGES,
                )
            )
        name = provider.removesuffix("ExecutionProvider")
        self.backend = f"ONNX Runtime {onnxruntime.__version__}, {name}, {file.name}"

    def predict(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        if not len(crops):
            return np.empty((0, AGES), np.float32)
        return np.asarray(self._session.run(["age_probs"], {"images": crops})[0], np.float32)


def _session(file: Path, options: onnxruntime.SessionOptions, provider: Provider) -> onnxruntime.InferenceSession:
    if package := _PLUGIN_PACKAGES.get(provider):
        options.add_provider_for_devices([_device_of(package, provider)], {})
        return onnxruntime.InferenceSession(model_source(file), options)
    if provider not in onnxruntime.get_available_providers():
        raise UsageError(
            words(
                "this ONNX Runtime has no {provider}: pip install onnxruntime-gpu instead of onnxruntime",
                provider=provider,
            )
        )
    disabled = _DISABLED_ON_CPU if provider == CPU else []
    wanted: list[Any] = [(provider, _PROVIDER_OPTIONS.get(provider, {}))]
    return onnxruntime.InferenceSession(model_source(file), options, providers=wanted, disabled_optimizers=disabled)


def _device_of(package: str, provider: Provider) -> Any:
    """The first device of a plug-in provider, which is registered if necessary. Raises UsageError if there is none."""
    try:
        plugin = importlib.import_module(package)
    except ImportError:
        raise UsageError(
            words("{provider} is not installed: pip install 'edge-agent[rtx]'", provider=provider)
        ) from None
    if not any(device.ep_name == provider for device in onnxruntime.get_ep_devices()):
        try:
            onnxruntime.register_execution_provider_library(provider, plugin.get_library_path())
        except Exception as problem:  # as above
            raise UsageError(
                words("{provider} does not load: {why}", provider=provider, why=_first_line(problem))
            ) from None
    for device in onnxruntime.get_ep_devices():
        if device.ep_name == provider:
            return device
    raise UsageError(words("{provider} finds no GPU", provider=provider))


def _first_line(problem: Exception) -> str:
    return str(problem).splitlines()[0] if str(problem) else type(problem).__name__
