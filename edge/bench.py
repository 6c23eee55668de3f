"""`edge-agent bench CLIP`: how fast this machine is, stage by stage, and how soon the till has its answer."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from edge.agent import Agent
from edge.ages import BUNDLED, make_age_model
from edge.ages.bundle import Bundle
from edge.config import load_settings
from edge.crop import CROP_PX
from edge.detectors import make_detector
from edge.errors import RunError
from edge.frames import Frame, RealTime, VideoFile
from edge.pipeline import Pipeline
from edge.till.messages import Alert, Hello, RestrictedItem, SaleClosed, SaleOpened
from edge.till.reference.dealer import Till

if TYPE_CHECKING:
    from edge.config import Settings

_FASTEST_FRAMES = 300
_SALE_S = 2.0
_SETTLED_S = 1.0


def bench(clip: Path, seconds: float, *, as_json: bool) -> None:
    """Measure and print. seconds: how long to play the clip, looped, in real time. Raises as `VideoFile`."""
    settings = load_settings(["--video", str(clip)])
    VideoFile(clip, settings.lane).close()
    print("bench: starting the agent in a process of its own", file=sys.stderr)
    figures: dict[str, Any] = {"clip": clip.name, "start_to_first_event_s": _first_event_s(clip)}
    print("bench: every frame, as fast as it goes", file=sys.stderr)
    figures["fastest"] = _fastest(settings)
    print(f"bench: {seconds:.0f} s in real time, with a till that scans every {_SALE_S:.0f} s", file=sys.stderr)
    figures["real_time"] = _real_time(clip, seconds)
    figures["memory_mb"] = {"now": _memory_mb("VmRSS"), "most": _memory_mb("VmHWM")}
    if as_json:
        print(json.dumps(figures, indent=2))
    else:
        _print_table(figures)


def _first_event_s(clip: Path) -> float:
    """From starting the command to its first event, which the first frame brings."""
    with tempfile.TemporaryDirectory() as folder:
        sockets = ["--till.reliable", f"ipc://{folder}/reliable", "--till.live", f"ipc://{folder}/live"]
        kept = ["--state-dir", folder]
        command = [sys.executable, "-m", "edge", "run", "--video", str(clip), "--events", "-", *sockets, *kept]
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
    age_model = make_age_model(Bundle(settings.model or BUNDLED), settings.threads)
    pipeline = Pipeline(settings, age_model)
    age_model.predict(np.zeros((1, CROP_PX, CROP_PX, 3), np.uint8))
    batches: list[int] = []
    start_s = time.perf_counter()
    for frame in frames:
        faces = pipeline.process(frame, estimate_ages=True)
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
        "stages_ms": _rounded(pipeline.timings.percentiles()),
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


def _real_time(clip: Path, seconds: float) -> dict[str, Any]:
    """The running agent with real sockets: does it keep up, and how long does an answer take?"""
    with tempfile.TemporaryDirectory() as folder:
        reliable = f"ipc://{folder}/reliable"
        settings = load_settings(
            [
                "--video",
                str(clip),
                "--till.reliable",
                reliable,
                "--till.live",
                f"ipc://{folder}/live",
                "--state-dir",
                folder,
            ]
        )
        source = _Looped(clip, settings.lane, seconds)
        agent = Agent(settings, RealTime(source))
        answers: list[tuple[float, float]] = []
        till = threading.Thread(target=_sell, args=(reliable, seconds, answers), name="till", daemon=True)
        till.start()
        start_s = time.monotonic()
        agent.run()
        took_s = time.monotonic() - start_s
        till.join(5)
    if not answers:
        raise RunError(f"no alert came in {seconds:.0f} s: is the clip long enough for a sale of {_SALE_S:.0f} s?")
    percentiles = agent.timings.percentiles()
    after_first_second = answers[1:] or answers
    return {
        "seconds": round(took_s, 1),
        "source_frames_per_second": round(source.given / took_s, 1),
        "analysed_frames_per_second": round(agent.frames / took_s, 1),
        "dropped_frames": agent.slot.dropped,
        "grab_to_event_ms": _rounded(percentiles)["grab to event"],
        "alerts": len(answers),
        "grab_to_alert_ms": _summary([grab for grab, _ in after_first_second]),
        "scan_to_alert_ms": _summary([scan for _, scan in after_first_second]),
    }


def _sell(address: str, seconds: float, answers: list[tuple[float, float]]) -> None:
    """A till that opens a sale, lets the customer stand, scans, and notes grab-to-alert and scan-to-alert times."""
    till = Till("bench", address)
    till.send(Hello(till="bench"))
    till.receive(20)
    end_s, number = time.monotonic() + seconds, 0
    while time.monotonic() + _SALE_S < end_s:
        number += 1
        till.send(SaleOpened(sale_id=str(number)))
        _wait_for_alert(till, _SETTLED_S)
        scanned_s = time.monotonic()
        till.send(RestrictedItem(sale_id=str(number)))
        alert = _wait_for_alert(till, _SALE_S - _SETTLED_S)
        if alert and alert.grab_to_alert_ms is not None:
            answers.append((alert.grab_to_alert_ms, (time.monotonic() - scanned_s) * 1000))
        till.send(SaleClosed(sale_id=str(number)))
    till.close()


def _wait_for_alert(till: Till, seconds: float) -> Alert | None:
    end_s = time.monotonic() + seconds
    while (left_s := end_s - time.monotonic()) > 0:
        message = till.receive(left_s)
        if isinstance(message, Alert):
            return message
    return None


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


def _summary(values: list[float]) -> dict[str, float]:
    middle, slow, slowest = np.percentile(values, (50, 95, 99))
    return {"p50": round(float(middle), 1), "p95": round(float(slow), 1), "p99": round(float(slowest), 1)}


def _rounded(percentiles: dict[str, tuple[int, float, float, float]]) -> dict[str, dict[str, float]]:
    return {
        name: {"count": count, "p50": round(p50, 2), "p95": round(p95, 2), "p99": round(p99, 2)}
        for name, (count, p50, p95, p99) in percentiles.items()
    }


def _memory_mb(field: str) -> float:
    """Resident memory of this process: VmRSS now, VmHWM at most."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(field):
            return round(int(line.split()[1]) / 1024, 1)
    return float("nan")


def _print_table(figures: dict[str, Any]) -> None:
    fastest, live, memory = figures["fastest"], figures["real_time"], figures["memory_mb"]
    print(f"clip                  {figures['clip']}")
    print(f"first event after     {figures['start_to_first_event_s']} s from the start of the process")
    print(f"as fast as it goes    {fastest['frames_per_second']} frames/s, {fastest['ages']} ages")
    print(f"                      {fastest['share_of_bare_detector_and_age_model']} of the bare detector and age model")
    print(
        f"in real time          {live['analysed_frames_per_second']} of {live['source_frames_per_second']} frames/s "
        f"analysed, {live['dropped_frames']} dropped"
    )
    print(f"memory                {memory['now']} MB resident, {memory['most']} MB at most")
    print(f"\n{'milliseconds':<20}{'count':>8}{'p50':>9}{'p95':>9}{'p99':>9}")
    rows = dict(fastest["stages_ms"])
    rows["grab to event"] = live["grab_to_event_ms"]
    rows["grab to alert"] = {"count": live["alerts"], **live["grab_to_alert_ms"]}
    rows["scan to alert"] = {"count": live["alerts"], **live["scan_to_alert_ms"]}
    for name, row in rows.items():
        print(f"{name:<20}{row['count']:>8}{row['p50']:>9.1f}{row['p95']:>9.1f}{row['p99']:>9.1f}")
