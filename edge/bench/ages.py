"""`edge-agent bench --ages`: faces per second of the age model, by batch size and by number of lanes."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import onnxruntime

from edge.ages import BUNDLED
from edge.ages.batcher import Batcher
from edge.ages.bundle import Bundle
from edge.ages.choice import make_age_model
from edge.bench.figures import FIGURE_COLUMNS, cells, described, figures_table, output, summary
from edge.frames import start_in_background
from edge.progress import Steps
from edge.settings.load import load_settings
from edge.vision.crop import CROP_PX
from edge.vision.onnx_session import CPU, model_source, session_options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from edge.ages import AgeModel

    Crops = NDArray[np.uint8]
    Predict = Callable[[Crops], Any]

_BATCHES = (1, 2, 4, 8, 16, 32)
_LANE_COUNTS = (1, 2, 4, 8)


def bench_ages(seconds_per_row: float, bundle_folder: Path | None = None, *, as_json: bool) -> None:
    """Measure and print.

    seconds_per_row: time for each batch size and each number of lanes. bundle_folder: a model bundle; default: the
    bundled one. Raises as `Bundle` and `make_age_model`.
    """
    settings = load_settings(["--model", str(bundle_folder)] if bundle_folder else [])
    bundle = Bundle(settings.model or BUNDLED)
    model, choice = make_age_model(bundle, settings.ages, settings.cache_dir)
    files = {"cpu": lambda: bundle.cpu_model, "cpu-half": lambda: bundle.gpu_model}
    bare = _bare_session(files[choice.name](), settings.ages.threads) if choice.name in files else None
    crops = _smooth_images(max(_BATCHES))
    figures: dict[str, Any] = {
        "bundle": f"{bundle.manifest.name} {bundle.hash}",
        "backend": model.backend,
        "batches": [],
        "lanes": [],
    }
    collect_s = settings.ages.collect_ms / 1000
    with Steps(len(_BATCHES) + len(_LANE_COUNTS) + 1, still=True) as steps:
        for batch in _BATCHES:
            steps.step(f"batches of {batch}")
            figures["batches"].append(_batch_row(model, bare, crops[:batch], seconds_per_row))
        for lanes in _LANE_COUNTS:
            steps.step(f"lanes, one face each: {lanes}")
            figures["lanes"].append(_lanes_row(model, collect_s, lanes, crops[:1], seconds_per_row))
        steps.step("latency of the batcher")
        with _running(Batcher(model, deadline_s=collect_s)) as batcher:
            direct_ms, batched_ms = _interleaved_ms((model.predict, batcher.predict), crops[:1], seconds_per_row)
    figures["batcher_adds_ms"] = summary(batched_ms - direct_ms)
    output(figures, as_words, as_json=as_json)


def _bare_session(file: Path, threads: int) -> Predict:
    """The same ONNX file as the backend, with the same options, called without the backend's code."""
    session = onnxruntime.InferenceSession(model_source(file), session_options(threads), providers=[CPU])
    return lambda crops: session.run(["age_probs"], {"images": crops})


def _smooth_images(number: int) -> Crops:
    """uint8 (number, 224, 224, 3): random smooth colours. The content does not affect the speed of the network."""
    coarse = np.random.default_rng(0).integers(0, 256, (number, 8, 8, 3), np.uint8)
    return np.stack([np.asarray(cv2.resize(image, (CROP_PX, CROP_PX)), np.uint8) for image in coarse])


def _batch_row(model: AgeModel, bare: Predict | None, crops: Crops, seconds: float) -> dict[str, Any]:
    """The backend and the bare session.

    The ratio is the median over pairs of consecutive calls, so that other load on the machine affects both sides.
    """
    calls = (model.predict, bare) if bare else (model.predict,)
    ours_ms, *bare_ms = _interleaved_ms(calls, crops, seconds)
    return {
        "faces": len(crops),
        "ours": _speed(ours_ms, len(crops)),
        "bare": _speed(bare_ms[0], len(crops)) if bare else None,
        "ours_to_bare": round(float(np.median(bare_ms[0] / ours_ms)), 3) if bare else None,
    }


def _speed(milliseconds: NDArray[np.float64], faces: int) -> dict[str, Any]:
    return {"faces_per_second": round(1000 * faces / float(milliseconds.mean()), 1), "call_ms": summary(milliseconds)}


def _interleaved_ms(calls: Sequence[Predict], crops: Crops, seconds: float) -> NDArray[np.float64]:
    """Call each in turn for some seconds, at least once. Returns float64 (calls, rounds) in milliseconds."""
    order = list(range(len(calls)))
    for call in calls:
        call(crops)
    rounds: list[list[float]] = []
    end_s = time.perf_counter() + seconds
    while not rounds or time.perf_counter() < end_s:
        took = [0.0] * len(calls)
        for number in order:
            took[number] = _took_ms(calls[number], crops)
        rounds.append(took)
        # So that no call always finds the CPU caches as the same other call left them.
        order.reverse()
    return np.array(rounds).T


def _took_ms(call: Predict, crops: Crops) -> float:
    start_s = time.perf_counter()
    call(crops)
    return (time.perf_counter() - start_s) * 1000


def _lanes_row(model: AgeModel, collect_s: float, lanes: int, crop: Crops, seconds: float) -> dict[str, Any]:
    """Several lanes; each sends one face as soon as it has the result of the one before."""
    counting = _CountingModel(model)
    with _running(Batcher(counting, deadline_s=collect_s)) as batcher, ThreadPoolExecutor(lanes) as pool:
        start_s = time.perf_counter()
        running = [pool.submit(_lane_ms, batcher, crop, start_s + seconds) for _ in range(lanes)]
        call_ms = [took_ms for lane in running for took_ms in lane.result()]
        took_s = time.perf_counter() - start_s
    return {
        "lanes": lanes,
        "faces_per_second": round(len(call_ms) / took_s, 1),
        "call_ms": summary(call_ms),
        "batches": len(counting.sizes),
        "mean_batch": round(float(np.mean(counting.sizes)), 2),
    }


def _lane_ms(batcher: Batcher, crop: Crops, end_s: float) -> list[float]:
    took_ms: list[float] = []
    while not took_ms or time.perf_counter() < end_s:
        took_ms.append(_took_ms(batcher.predict, crop))
    return took_ms


class _CountingModel:
    """An age model that records the sizes of its batches."""

    def __init__(self, model: AgeModel) -> None:
        self._model, self.backend = model, model.backend
        self.sizes: list[int] = []

    def predict(self, crops: Crops) -> NDArray[np.float32]:
        self.sizes.append(len(crops))
        return self._model.predict(crops)


@contextmanager
def _running(batcher: Batcher) -> Iterator[Batcher]:
    stopping = threading.Event()
    worker = start_in_background(lambda: batcher.work(stopping), "ages")
    try:
        yield batcher
    finally:
        stopping.set()
        worker.join()


def as_words(figures: dict[str, Any]) -> str:
    """The figures as text for people."""
    adds = figures["batcher_adds_ms"]
    about = described(
        {
            "bundle": figures["bundle"],
            "backend": figures["backend"],
            "batcher latency": f"{adds['p50']:.2f} ms for a single face (p50 of {adds['count']} pairs of calls)",
        }
    )
    batches = figures_table(
        ("faces a call", "faces/s", *FIGURE_COLUMNS),
        (_cells(row["faces"], row["ours"]["faces_per_second"], row["ours"]["call_ms"]) for row in figures["batches"]),
    )
    lanes = figures_table(
        ("lanes", "faces/s", *FIGURE_COLUMNS, "mean batch"),
        (
            (*_cells(row["lanes"], row["faces_per_second"], row["call_ms"]), f"{row['mean_batch']:.2f}")
            for row in figures["lanes"]
        ),
    )
    return f"""\
{about}

Batches, milliseconds a call
{batches}
{_bare_words(figures)}
Lanes through the batcher, one face a call, milliseconds a call
{lanes}"""


def _bare_words(figures: dict[str, Any]) -> str:
    """The comparison with the bare model file."""
    rows = [row for row in figures["batches"] if row["bare"]]
    if not rows:
        return "The ONNX file alone: not measured, this backend does not run one on the CPU\n"
    table = figures_table(
        ("faces a call", "faces/s", *FIGURE_COLUMNS, "ours/bare"),
        (
            (
                *_cells(row["faces"], row["bare"]["faces_per_second"], row["bare"]["call_ms"]),
                f"{row['ours_to_bare']:.2f}",
            )
            for row in rows
        ),
    )
    return f"""\
The ONNX file alone, called in turn with the backend, milliseconds a call;
ours/bare is the p50 of all pairs of calls
{table}"""


def _cells(number: int, faces_per_second: float, call_ms: dict[str, float]) -> tuple[str, ...]:
    return (str(number), f"{faces_per_second:.1f}", *cells(call_ms))
