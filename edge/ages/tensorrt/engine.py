"""Builds and loads engines, the same way for TensorRT 10.3 to 11 and TensorRT for RTX: the network has the types."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edge.ages.tensorrt.description import IMAGES, EngineDescription, describe_engine
from edge.ages.tensorrt.network import parse_network
from edge.errors import RunError, UsageError
from edge.language.words import Words, words

if TYPE_CHECKING:
    from edge.ages.tensorrt.library import Library
    from edge.ages.tensorrt.network import ParsedNetwork

log = logging.getLogger(__name__)

PROFILE_BATCHES = (1, 2, 4, 8, 16, 32)
"""Every engine has a profile for exactly each of these batch sizes, so that each runs at its optimum."""


@dataclass(frozen=True)
class BuiltEngine:
    """A serialised engine. timings: TensorRT's measurements for choosing kernels, for the next build; empty for
    TensorRT for RTX, which chooses kernels when an engine first runs."""

    engine: bytes
    timings: bytes


@dataclass(frozen=True)
class LoadedEngine:
    """An engine on the GPU, with the runtime that owns it."""

    engine: Any
    runtime: Any
    description: EngineDescription


def build_engine(
    library: Library, onnx: bytes, name: str, *, capability: str | None = None,
    batches: tuple[int, ...] = PROFILE_BATCHES, timings: bytes = b"",
) -> BuiltEngine:  # fmt: skip
    """Build an engine for this box's GPU, or for GPUs of another compute capability, which needs no GPU.

    onnx, name: as for `parse_network`. capability: such as "8.9". timings: of earlier builds. Raises as `parse_network`
    does, UsageError for a compute capability that the library does not support, RunError when the build fails.
    """
    target = None if capability is None else _target(library, capability)
    parsed = parse_network(library, onnx, name)
    config = parsed.builder.create_builder_config()
    if target is not None:
        config.num_compute_capabilities = 1
        _require(
            config.set_compute_capability(target, 0),
            library,
            words("build for compute capability {capability}", capability=capability),
        )
    if library.rtx:
        # Otherwise an engine allocates memory while it runs, and no CUDA graph can be captured.
        config.set_flag(library.trt.BuilderFlag.REQUIRE_USER_ALLOCATION)
    # Needed to ask the engine for the precision of its layers.
    config.profiling_verbosity = library.trt.ProfilingVerbosity.DETAILED
    _add_profiles(parsed, config, batches)
    if not library.rtx:
        _use_timings(config, timings)
    engine = parsed.builder.build_serialized_network(parsed.network, config)
    _require(engine is not None, library, words("build an engine from {name}", name=name))
    measured = b"" if library.rtx else bytes(memoryview(config.get_timing_cache().serialize()))
    return BuiltEngine(bytes(memoryview(engine)), measured)


def load_engine(library: Library, engine: bytes) -> LoadedEngine | None:
    """Put an engine on the GPU. None if it was built for another GPU or library, or is not an age model.

    Raises RunError when the library does not work on this machine.
    """
    runtime = library.make("Runtime")
    loaded = runtime.deserialize_cuda_engine(engine)
    if loaded is None:
        return None
    description = describe_engine(library.trt, loaded)
    if not description.fulfils_contract() or description.batches != PROFILE_BATCHES:
        log.warning("not an engine of this agent: inputs %s, batch sizes %s", description.inputs, description.batches)
        return None
    return LoadedEngine(loaded, runtime, description)


def _target(library: Library, capability: str) -> Any:
    if not library.rtx:
        raise UsageError(
            words(
                "{library} builds for this box's own GPU only, not for compute capability {capability}: pip install "
                "'edge-agent[rtx]' for TensorRT for RTX, which builds for others",
                library=library.name,
                capability=capability,
            )
        )
    if capability not in library.capabilities:
        raise UsageError(
            words(
                "{library} does not build for compute capability {capability}, only for {others}: TensorRT itself "
                "supports more, pip install 'edge-agent[gpu]'",
                library=library.name,
                capability=capability,
                others=", ".join(library.capabilities),
            )
        )
    return library.capabilities[capability]


def _add_profiles(parsed: ParsedNetwork, config: Any, batches: tuple[int, ...]) -> None:
    for batch in batches:
        shape = (batch, *IMAGES.shape[1:])
        profile = parsed.builder.create_optimization_profile()
        profile.set_shape(IMAGES.name, shape, shape, shape)
        config.add_optimization_profile(profile)


def _use_timings(config: Any, timings: bytes) -> None:
    cache = config.create_timing_cache(timings)
    # TensorRT rejects timings of another release or GPU; then it measures again.
    if cache is None or not config.set_timing_cache(cache, ignore_mismatch=False):
        config.set_timing_cache(config.create_timing_cache(b""), ignore_mismatch=False)


def _require(done: bool, library: Library, what: Words) -> None:
    if not done:
        raise RunError(
            words("{library} could not {action}: {error}", library=library.name, action=what, error=library.last_error)
        )
