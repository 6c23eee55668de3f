"""Checks of the models: their files, what runs them on this box, and how fast."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from edge.ages.choice import CPU_BACKENDS, GPU_BACKENDS, GPU_NODES
from edge.ages.self_test import patterns
from edge.doctor.finding import Finding, check, ok, problem, warning
from edge.doctor.targets import this_user
from edge.frames import MovingPattern
from edge.vision.detectors import DETECTORS, FASTEST, make_detector

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge.doctor.targets import Box

_GET_MODEL = "copy the model's folder to this box again, whole; for the bundled model install edge-agent again"
_NOT_FOR_SHOPS = "train a model on photos that you have the right to use, and write model = its folder into the config"
_REINSTALL = (
    "install edge-agent again; if this line stays, send it to support: this CPU computes otherwise than it should"
)
_DRIVER = (
    "run nvidia-smi: if it shows no GPU, install NVIDIA's current driver and restart the box; if it shows one, "
    "{python} -m pip install 'edge-agent[gpu]'"
)
_CACHE = "sudo mkdir -p {folder}; sudo chown -R '{user}': {folder}"
_FASTER = (
    f'stop other programs on this box (top shows them); write name = "{FASTEST}" below [detector] in the config for '
    f"faces nearer than {DETECTORS[FASTEST].reach_m:g} m; or take a faster box, or one with a GPU"
)

_MEASURE_S = 0.7


@check("model", "Are the model's files those that its maker vouched for, and may a shop use them?",
       _GET_MODEL, _NOT_FOR_SHOPS)  # fmt: skip
def model(box: Box) -> Finding:
    bundle = box.bundle
    manifest = bundle.manifest
    ask_below = [lane.policy.challenge_age or bundle.challenge_age(lane.policy.risk) for lane in box.lanes]
    threshold = " or ".join(str(age) for age in sorted(set(ask_below)))
    what = (
        f"{manifest.name} {manifest.version} ({bundle.hash}), hashes right, asks whoever looks younger than {threshold}"
    )
    if manifest.use.startswith("Evaluation only"):
        return warning(f"{what}; for evaluation only, not for a shop", _NOT_FOR_SHOPS)
    return ok(what)


@check("backend", "Does the age model load here, and say what it says elsewhere (self-test)?", _REINSTALL,
       after=("model",))  # fmt: skip
def backend(box: Box) -> Finding:
    choice = box.choice
    what = f"{choice.name}: {choice.model.backend}, passes its self-test"
    if choice.name in CPU_BACKENDS and (refused := [name for name in choice.refused if name in CPU_BACKENDS]):
        return warning(f"{what}; {', '.join(f'{name}: {choice.refused[name]}' for name in refused)}", _REINSTALL)
    return ok(what)


@check("gpu", "If there is an NVIDIA GPU, does the age model run on it?", _DRIVER, after=("backend",))
def gpu(box: Box) -> Finding:
    if not any(node.exists() for node in GPU_NODES):
        return ok("not used: no NVIDIA GPU on this box")
    if box.first.ages.backend in CPU_BACKENDS:
        return ok(f'not used: the config says ages.backend = "{box.first.ages.backend}"')
    choice = box.choice
    if choice.name in GPU_BACKENDS:
        return ok(choice.model.backend)
    return warning(f"there is one, and the CPU does its work: {choice.reason}", _DRIVER, python=sys.executable)


@check("engine", "Is the engine for this GPU kept, so that the next start is quick?", _CACHE, after=("backend",))
def engine(box: Box) -> Finding:
    if box.choice.name != "tensorrt":
        return ok(f"not used: the age model runs on {box.choice.name}")
    folder = box.first.cache_dir
    kept = sorted(folder.glob("*.engine"))
    if not kept:
        return warning(f"{folder} keeps none: every start builds it anew, for up to minutes", _CACHE, folder=folder,
                       user=this_user())  # fmt: skip
    return ok(", ".join(f"{file.name} ({file.stat().st_size / 1e6:.0f} MB)" for file in kept))


@check("speed", "Is the box fast enough for its lanes?", _FASTER, after=("backend",))
def speed(box: Box) -> Finding:
    """A lane with a customer wants a look at a face every `look_every_s`; it cannot do with fewer than `min_looks`
    until it must answer. Every look needs a picture in which faces were found."""
    ages = box.choice.model
    crops = patterns()
    ages_rate = rate_of(lambda: ages.predict(crops)) * len(crops)
    detector = make_detector(box.first.detector.name)
    picture = MovingPattern("doctor").read()
    pictures_rate = rate_of(lambda: detector.detect(picture.pixels)) if picture else 0.0
    detector.close()
    wanted = sum(1 / max(lane.tracking.look_every_s, 1 / 30) for lane in box.lanes)
    least = sum(lane.policy.min_looks / lane.policy.answer_within_s for lane in box.lanes)
    slowest = min(ages_rate, pictures_rate)
    what = (
        f"ages of {ages_rate:.0f} faces/s, faces found in {pictures_rate:.0f} pictures/s; "
        f"{_lanes(len(box.lanes))} {wanted:.0f} of each, at least {least:.0f}"
    )
    if slowest < least:
        return problem(what, _FASTER)
    return warning(what, _FASTER) if slowest < wanted else ok(what)


def rate_of(work: Callable[[], object], seconds: float = _MEASURE_S) -> float:
    """How often a second something can be done, after a first time that does not count."""
    work()
    began_s, times = time.perf_counter(), 0
    while (passed_s := time.perf_counter() - began_s) < seconds:
        work()
        times += 1
    return times / passed_s


def _lanes(count: int) -> str:
    return "1 lane wants" if count == 1 else f"{count} lanes want"
