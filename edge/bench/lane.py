"""`edge-agent bench CLIP`: how fast this machine is, stage by stage, and how soon the till has its answer."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from edge.agent import Agent
from edge.ages import BUNDLED
from edge.ages.bundle import Bundle
from edge.ages.choice import make_age_model
from edge.bench.figures import COLUMNS, cells, output, percentiles, progress, summary
from edge.bench.till import SALE_S, sell
from edge.config import load_settings
from edge.crop import CROP_PX
from edge.customer import CustomerZone
from edge.detectors import make_detector
from edge.errors import RunError
from edge.frames import Frame, RealTime, VideoFile
from edge.pipeline import Pipeline
from edge.report.tables import Table, as_text

if TYPE_CHECKING:
    from edge.config import Settings

_FASTEST_FRAMES = 300


def bench_lane(clip: Path, seconds: float, model: Path | None = None, *, as_json: bool) -> None:
    """Measure and print. seconds: how long to play the clip, looped, in real time. model: a bundle instead of the
    bundled one. Raises as `VideoFile` and `Bundle`."""
    flags = ["--video", str(clip), *(["--model", str(model)] if model else [])]
    settings = load_settings(flags)
    VideoFile(clip, settings.lane).close()
    progress("starting the agent in a process of its own")
    figures: dict[str, Any] = {"clip": clip.name, "start_to_first_event_s": _first_event_s(flags)}
    progress("every frame, as fast as it goes")
    figures["fastest"] = _fastest(settings)
    progress(f"{seconds:.0f} s in real time, with a till that scans every {SALE_S:.0f} s")
    figures["real_time"] = _real_time(flags, clip, seconds)
    figures["memory_mb"] = {"now": _memory_mb("VmRSS"), "most": _memory_mb("VmHWM")}
    output(figures, _in_words, as_json=as_json)


def _all_within(folder: str) -> list[str]:
    """Flags that keep sockets and state in a folder of the measurement's own."""
    places = {"--till.reliable": "ipc://{}/reliable", "--till.live": "ipc://{}/live", "--state-dir": "{}"}
    return [word for flag, place in places.items() for word in (flag, place.format(folder))]


def _first_event_s(flags: list[str]) -> float:
    """From starting the command to its first event, which the first frame brings."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "edge", "run", *flags, "--events", "-", *_all_within(folder)]
        start_s = time.monotonic()
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
            assert running.stdout
            line = running.stdout.readline()
            took_s = time.monotonic() - start_s
            running.terminate()
            _, complaint = running.communicate()
    if not line:
        raise RunError(f"the agent ended without an event: {complaint.decode(errors='replace').strip()}")
    return round(took_s, 2)


def _fastest(settings: Settings) -> dict[str, Any]:
    """The whole pipeline, and next to it the bare detector and age model doing the same work on the same frames."""
    frames = _frames(settings)
    age_model, _ = make_age_model(Bundle(settings.model or BUNDLED), settings.ages, settings.cache_dir)
    pipeline, zone = Pipeline(settings, age_model), CustomerZone(settings)
    age_model.predict(np.zeros((1, CROP_PX, CROP_PX, 3), np.uint8))
    batches: list[int] = []
    start_s = time.perf_counter()
    for frame in frames:
        faces = pipeline.process(
            frame, lambda faces, frame: zone.due(faces, frame.pixels.shape, frame.grab_s), estimate_ages=True
        )
        zone.see(faces, frame.pixels.shape, frame.grab_s)
        batches.append(int(np.isfinite(faces.age_probs[:, 0]).sum()))
    whole_s = time.perf_counter() - start_s
    pipeline.close()

    detector = make_detector(settings.detector.name, settings.detector.min_score / 2)
    crops = np.zeros((max(batches), CROP_PX, CROP_PX, 3), np.uint8)
    start_s = time.perf_counter()
    for frame, batch in zip(frames, batches, strict=True):
        detector.detect(frame.pixels)
        if batch:
            age_model.predict(crops[:batch])
    bare_s = time.perf_counter() - start_s
    detector.close()
    return {
        "frames": len(frames),
        "ages": sum(batches),
        "frames_per_second": round(len(frames) / whole_s, 1),
        "share_of_bare_detector_and_age_model": round(bare_s / whole_s, 3),
        "stages_ms": {name: percentiles(*stage) for name, stage in pipeline.timings.percentiles().items()},
    }


def _frames(settings: Settings) -> list[Frame]:
    """Frames of the clip in memory, so that decoding is not what is measured."""
    assert settings.video
    source = VideoFile(settings.video, settings.lane)
    frames: list[Frame] = []
    while len(frames) < _FASTEST_FRAMES and (frame := source.read()) is not None:
        frames.append(frame)
    source.close()
    return frames


def _real_time(flags: list[str], clip: Path, seconds: float) -> dict[str, Any]:
    """The running agent with real sockets: does it keep up, and how long does an answer take?"""
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings([*flags, *_all_within(folder)])
        source = _Looped(clip, settings.lane, seconds)
        agent = Agent(settings, source=RealTime(source))
        answers: list[tuple[float, float]] = []
        till = threading.Thread(
            target=sell, args=(settings.till.reliable, seconds, answers), name="till", daemon=True
        )  # fmt: skip
        till.start()
        start_s = time.monotonic()
        agent.run()
        took_s = time.monotonic() - start_s
        till.join(5)
    if not answers:
        raise RunError(f"no alert came in {seconds:.0f} s: is the clip long enough for a sale of {SALE_S:.0f} s?")
    after_first_second = answers[1:] or answers
    return {
        "seconds": round(took_s, 1),
        "source_frames_per_second": round(source.given / took_s, 1),
        "analysed_frames_per_second": round(agent.lanes[0].frames / took_s, 1),
        "dropped_frames": agent.lanes[0].slot.dropped,
        "grab_to_event_ms": percentiles(*agent.lanes[0].timings.percentiles()["grab to event"]),
        "alerts": len(answers),
        "grab_to_alert_ms": summary([grab for grab, _ in after_first_second]),
        "scan_to_alert_ms": summary([scan for _, scan in after_first_second]),
    }


class _Looped:
    """A clip again and again, for some seconds of its own time."""

    def __init__(self, clip: Path, lane: str, seconds: float) -> None:
        self._clip, self._lane, self._seconds = clip, lane, seconds
        self._file = VideoFile(clip, lane)
        self._offset_s = self._last_s = 0.0
        self.given = 0

    def read(self) -> Frame | None:
        frame = self._file.read()
        if frame is None:
            self.close()
            self._file = VideoFile(self._clip, self._lane)
            self._offset_s = self._last_s + 1 / 30
            frame = self._file.read()
        if frame is None or self._offset_s + frame.grab_s > self._seconds:
            return None
        self._last_s = self._offset_s + frame.grab_s
        self.given += 1
        return Frame(frame.pixels, self._last_s, self.given - 1, self._lane)

    def close(self) -> None:
        self._file.close()


def _memory_mb(field: str) -> float:
    """Resident memory of this process: VmRSS now, VmHWM at most."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(field):
            return round(int(line.split()[1]) / 1024, 1)
    return float("nan")


def _in_words(figures: dict[str, Any]) -> str:
    fastest, live, memory = figures["fastest"], figures["real_time"], figures["memory_mb"]
    rows = fastest["stages_ms"] | {
        "grab to event": live["grab_to_event_ms"],
        "grab to alert": live["grab_to_alert_ms"],
        "scan to alert": live["scan_to_alert_ms"],
    }
    table = Table(
        ("milliseconds", *COLUMNS), tuple((name, *cells(row)) for name, row in rows.items()), frozenset(COLUMNS)
    )
    return f"""\
clip                  {figures["clip"]}
first event after     {figures["start_to_first_event_s"]} s from the start of the process
as fast as it goes    {fastest["frames_per_second"]} frames/s, {fastest["ages"]} ages
                      {fastest["share_of_bare_detector_and_age_model"]} of the bare detector and age model
in real time          {live["analysed_frames_per_second"]} of {live["source_frames_per_second"]} frames/s analysed, \
{live["dropped_frames"]} dropped
memory                {memory["now"]} MB resident, {memory["most"]} MB at most

{as_text(table)}"""
