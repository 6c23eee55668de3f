"""Checks of the models: their files, the backend that runs the age model, and its speed."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from edge.ages.choice import CPU_BACKENDS, GPU_BACKENDS, GPU_NODES
from edge.ages.self_test import patterns
from edge.doctor.finding import Finding, check, ok, problem, warning
from edge.doctor.targets import this_user
from edge.errors import UsageError
from edge.frames import MovingPattern
from edge.lane.rules import in_words, load_limits
from edge.language.words import Words, counted, joined, verbatim, words
from edge.vision.detectors import DETECTORS, FASTEST, make_detector

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge.doctor.targets import BoxTarget

_GET_MODEL = words("copy the whole model folder to this box again; for the bundled model, reinstall edge-agent")
_NOT_FOR_SHOPS = words(
    "train a model on photos that you have the right to use, and write model = its folder into the config"
)
_SET_LIMIT = words("change [policy] in the config as said, or use a model that has a limit for this legal age")
_REINSTALL = words("reinstall edge-agent; if this line stays, send it to support: this CPU computes wrong results")
_DRIVER = words(
    "run nvidia-smi: if it lists no GPU, install NVIDIA's current driver and restart the box; if "
    "it lists one, run {python} -m pip install 'edge-agent[gpu]'"
)
_CACHE = words("sudo mkdir -p {folder}; sudo chown -R '{user}': {folder}")
_FASTER = words(
    "stop other programs on this box (top lists them); if faces are nearer than {reach_m:g} m, "
    'write name = "{fastest}" below [detector] in the config; or use a faster box, or one with a '
    "GPU",
    reach_m=DETECTORS[FASTEST].reach_m,
    fastest=FASTEST,
)

_MEASURE_S = 0.7


@check("model", "Are the model's files complete and unchanged, and may a shop use the model?",
       _GET_MODEL, _NOT_FOR_SHOPS)  # fmt: skip
def model(box: BoxTarget) -> Finding:
    bundle = box.bundle
    manifest = bundle.manifest
    seen = words(
        "{name} {version} ({hash}), files unchanged", name=manifest.name, version=manifest.version, hash=bundle.hash
    )
    if manifest.use.startswith("Evaluation only"):
        return warning(words("{seen}; for evaluation only, not for a shop", seen=seen), _NOT_FOR_SHOPS)
    return ok(seen)


@check("limits", "Has the model a limit for each lane's legal age?", _SET_LIMIT, after=("model",))
def limits(box: BoxTarget) -> Finding:
    """Everybody who buys goods of another legal age is asked for ID, unless the model has a limit for it."""
    seen: dict[Words, None] = {}
    for lane in box.lanes:
        try:
            seen[in_words(load_limits(lane.policy, box.bundle).values())] = None
        except UsageError as error:
            return problem(verbatim(error), _SET_LIMIT)
    return ok(words("asks for ID {limits}", limits=joined(words(", or "), seen)))


@check("backend", "Does the age model load on this box and pass its self-test?", _REINSTALL, after=("model",))
def backend(box: BoxTarget) -> Finding:
    choice = box.choice
    seen = words("{name}: {backend}, self-test passed", name=choice.name, backend=choice.model.backend)
    if choice.name in CPU_BACKENDS and (rejected := [name for name in choice.rejected if name in CPU_BACKENDS]):
        return warning(
            joined("; ", [seen, *(joined(": ", [name, choice.rejected[name]]) for name in rejected)]),
            _REINSTALL,
        )
    return ok(seen)


@check("gpu", "If there is an NVIDIA GPU, does the age model run on it?", _DRIVER, after=("backend",))
def gpu(box: BoxTarget) -> Finding:
    if not any(node.exists() for node in GPU_NODES):
        return ok(words("not used: no NVIDIA GPU on this box"))
    if box.first.ages.backend in CPU_BACKENDS:
        return ok(words('not used: the config sets ages.backend = "{backend}"', backend=box.first.ages.backend))
    choice = box.choice
    if choice.name in GPU_BACKENDS:
        return ok(verbatim(choice.model.backend))
    return warning(words("this box has a GPU, but the CPU runs the age model: {reason}", reason=choice.reason), _DRIVER,
                   python=sys.executable)  # fmt: skip


@check("engine", "Is the TensorRT engine for this GPU cached, so that the agent starts quickly?", _CACHE,
       after=("backend",))  # fmt: skip
def engine(box: BoxTarget) -> Finding:
    if box.choice.name != "tensorrt":
        return ok(words("not used: the age model runs on {name}", name=box.choice.name))
    folder = box.first.cache_dir
    engines = sorted(folder.glob("*.engine"))
    if not engines:
        seen = words("no engine in {folder}: every start builds it again, which can take minutes", folder=folder)
        return warning(seen, _CACHE, folder=folder, user=this_user())
    sizes = [words("{file} ({size:.0f} MB)", file=file.name, size=file.stat().st_size / 1e6) for file in engines]
    return ok(joined(", ", sizes))


@check("speed", "Is the box fast enough for its lanes?", _FASTER, after=("backend",))
def speed(box: BoxTarget) -> Finding:
    """A lane with a customer samples a face every `look_every_s`; it needs at least `min_looks` samples before it must
    answer. Each sample needs one picture in which faces were detected."""
    ages = box.choice.model
    crops = patterns()
    ages_rate = rate_of(lambda: ages.predict(crops)) * len(crops)
    detector = make_detector(box.first.detector.name)
    picture = MovingPattern("doctor").read()
    pictures_rate = rate_of(lambda: detector.detect(picture.pixels)) if picture else 0.0
    detector.close()
    recommended = sum(1 / max(lane.tracking.look_every_s, 1 / 30) for lane in box.lanes)
    least = sum(lane.policy.min_looks / lane.policy.answer_within_s for lane in box.lanes)
    slowest = min(ages_rate, pictures_rate)
    seen = words(
        "ages of {ages_rate:.0f} faces/s, face detection in {pictures_rate:.0f} pictures/s; {lanes}: "
        "minimum {least:.0f} of each, recommended {recommended:.0f}",
        ages_rate=ages_rate,
        pictures_rate=pictures_rate,
        lanes=counted("{n} lane", "{n} lanes", len(box.lanes)),
        least=least,
        recommended=recommended,
    )
    if slowest < least:
        return problem(seen, _FASTER)
    return warning(seen, _FASTER) if slowest < recommended else ok(seen)


def rate_of(work: Callable[[], object], seconds: float = _MEASURE_S) -> float:
    """Calls per second of `work`, measured for `seconds` after one call to warm up."""
    work()
    began_s, times = time.perf_counter(), 0
    while (passed_s := time.perf_counter() - began_s) < seconds:
        work()
        times += 1
    return times / passed_s
