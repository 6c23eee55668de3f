"""`edge-agent bench CLIP`: time of each stage, and time until the till has its answer."""

from __future__ import annotations

import math
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from edge.ages import BUNDLED
from edge.ages.bundle import Bundle
from edge.ages.choice import make_age_model
from edge.bench.figures import FIGURE_COLUMNS, cells, described, figures_table, output, percentiles
from edge.bench.places import within
from edge.bench.real_time import real_time
from edge.bench.scene import RATE, Scene
from edge.bench.till import SALE_S
from edge.decision.customer import CustomerZone
from edge.errors import RunError
from edge.frames import VideoFile
from edge.lane.pipeline import MOST_AGES, Pipeline
from edge.language.words import words
from edge.progress import Steps
from edge.settings.load import load_settings
from edge.vision.crop import CROP_PX
from edge.vision.detectors import make_detector

if TYPE_CHECKING:
    from edge.frames import Frame
    from edge.settings.config import Settings

_FASTEST_FRAMES, _PASSES, _TURN_FRAMES = 300, 5, 10


def bench_lane(
    clip: Path, seconds: float, model: Path | None = None, *, lanes: int = 1, faces: int = 1, rate: float = RATE,
    as_json: bool,
) -> None:  # fmt: skip
    """Measure and print.

    seconds: how long to play the clip, looped, in real time. model: a model bundle; the bundled one by default. lanes:
    number of lanes that run at once. faces: number of copies of the clip in each frame. rate: frames per second of each
    lane. Raises as `VideoFile` and `Bundle`.
    """
    flags = ["--video", str(clip), *(["--model", str(model)] if model else [])]
    settings = load_settings(flags)
    VideoFile(clip, settings.lane).close()
    with Steps(3, still=True) as steps:
        steps.step("starting the agent in a separate process")
        figures: dict[str, Any] = {"clip": clip.name, "start_to_first_event_s": _first_event_s(flags)}
        steps.step("every frame, as fast as possible")
        figures["fastest"] = _fastest(settings, faces, rate)
        steps.step(f"{seconds:.0f} s in real time, with tills that scan every {SALE_S:.0f} s")
        figures["real_time"] = real_time(flags, clip, seconds, lanes, faces, rate)
    figures["memory_mb"] = {"now": _memory_mb("VmRSS"), "most": _memory_mb("VmHWM")}
    output(figures, as_words, as_json=as_json)


def _first_event_s(flags: list[str]) -> float:
    """Seconds from the start of the command to its first event, that of the first frame."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "edge", "run", *flags, "--events", "-", *within(f"{folder}/lane")]
        start_s = time.monotonic()
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
            assert running.stdout
            line = running.stdout.readline()
            took_s = time.monotonic() - start_s
            running.terminate()
            _, errors = running.communicate()
    if not line:
        said = errors.decode(errors="replace").strip()
        raise RunError(words("the agent ended without an event: {problem}", problem=said))
    return round(took_s, 2)


def _fastest(settings: Settings, faces: int, rate: float) -> dict[str, Any]:
    """The speed of the whole pipeline, and of the bare detector and age model on the same frames.

    They run in turn, a few frames at a time, several times. The fastest pass of each few frames counts, as with
    `timeit`, because slower ones include other load on the machine.
    """
    frames = frames_of(settings, faces, rate)
    age_model, _ = make_age_model(Bundle(settings.model or BUNDLED), settings.ages, settings.cache_dir)
    detector = make_detector(settings.detector.name, settings.detector.min_score / 2)
    pipeline = Pipeline(settings, age_model)
    crops = np.zeros((MOST_AGES, CROP_PX, CROP_PX, 3), np.uint8)
    age_model.predict(crops[:1])
    turns = [frames[first : first + _TURN_FRAMES] for first in range(0, len(frames), _TURN_FRAMES)]
    whole_s, bare_s = (np.zeros((_PASSES, len(turns))) for _ in range(2))
    ages = 0
    for number in range(_PASSES):
        pipeline.change(settings, age_model)
        zone = CustomerZone(settings)
        for turn, shown in enumerate(turns):
            start_s = time.perf_counter()
            batches = watch(pipeline, zone, shown)
            middle_s = time.perf_counter()
            for frame, batch in zip(shown, batches, strict=True):
                detector.detect(frame.pixels)
                if batch:
                    age_model.predict(crops[:batch])
            whole_s[number, turn], bare_s[number, turn] = middle_s - start_s, time.perf_counter() - middle_s
            ages += sum(batches)
    pipeline.close()
    detector.close()
    return {
        "frames": _PASSES * len(frames),
        "ages": ages,
        "frames_per_second": round(len(frames) / whole_s.min(axis=0).sum(), 1),
        "share_of_bare_detector_and_age_model": round(bare_s.min(axis=0).sum() / whole_s.min(axis=0).sum(), 3),
        "stages_ms": {name: percentiles(*stage) for name, stage in pipeline.timings.percentiles().items()},
    }


def watch(pipeline: Pipeline, zone: CustomerZone, frames: list[Frame]) -> list[int]:
    """Process every frame as a lane with an open sale does; returns the number of ages estimated in each."""
    batches = []
    for frame in frames:
        found = pipeline.process(
            frame, lambda found, frame: zone.should_sample(found, frame.pixels.shape, frame.grab_s), estimate_ages=True
        )
        zone.observe(found, frame.pixels.shape, frame.grab_s)
        batches.append(int(np.isfinite(found.age_probs[:, 0]).sum()))
    return batches


def frames_of(settings: Settings, faces: int, rate: float) -> list[Frame]:
    """Frames in memory, so that decoding is not measured. faces, rate: as for `Scene`."""
    assert settings.video
    scene = Scene(settings.video, settings.lane, math.inf, faces, rate)
    frames = [frame for _ in range(_FASTEST_FRAMES) if (frame := scene.read()) is not None]
    scene.close()
    return frames


def _memory_mb(field: str) -> float:
    """Resident memory of this process in MB. field: VmRSS for the present value, VmHWM for the peak."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(field):
            return round(int(line.split()[1]) / 1024, 1)
    return float("nan")


_LANE_COLUMNS = (
    "lane",
    "frames/s",
    "of",
    "dropped",
    "grab to start p99",
    "grab to event p50",
    "p99",
    "scan to alert p50",
    "p99",
)


def as_words(figures: dict[str, Any]) -> str:
    """The figures as text for people."""
    fastest, live, memory = figures["fastest"], figures["real_time"], figures["memory_mb"]
    speed, share = fastest["frames_per_second"], fastest["share_of_bare_detector_and_age_model"]
    about = described(
        {
            "clip": figures["clip"],
            "first event after": f"{figures['start_to_first_event_s']} s from the start of the process",
            "as fast as possible": f"{speed} frames/s, {fastest['ages']} ages; {share} of the bare detector "
            "and age model",
            "memory": f"{memory['now']} MB resident, {memory['most']} MB peak",
        }
    )
    stages = figures_table(
        ("milliseconds", *FIGURE_COLUMNS), ((name, *cells(row)) for name, row in fastest["stages_ms"].items()), names=1
    )
    lanes = figures_table(_LANE_COLUMNS, map(_lane_row, live), names=1)
    return f"""\
{about}

{stages}
In real time, {live[0]["seconds"]} s, in milliseconds:

{lanes}"""


def _lane_row(lane: dict[str, Any]) -> tuple[str, ...]:
    event, scan = lane["grab_to_event_ms"], lane["scan_to_alert_ms"]
    return (
        lane["lane"], f"{lane['analysed_frames_per_second']}", f"{lane['source_frames_per_second']}",
        f"{lane['dropped_frames']}", f"{lane['grab_to_start_ms']['p99']:.1f}", f"{event['p50']:.1f}",
        f"{event['p99']:.1f}", f"{scan['p50']:.1f}", f"{scan['p99']:.1f}",
    )  # fmt: skip
