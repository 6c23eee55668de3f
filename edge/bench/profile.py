"""`edge-agent bench CLIP --profile`: the time of each function call in the pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyinstrument import Profiler
from pyinstrument.renderers import ConsoleRenderer

from edge.ages import BUNDLED
from edge.ages.bundle import Bundle
from edge.ages.choice import make_age_model
from edge.bench.lane import frames_of, watch
from edge.decision.customer import CustomerZone
from edge.lane.pipeline import Pipeline
from edge.settings.load import load_settings

if TYPE_CHECKING:
    from pathlib import Path

_PROFILE_INTERVAL_S = 0.0005
_WARM_UP_FRAMES = 20
"""The first frames are not profiled, because they load models and caches."""


def profile(clip: Path, faces: int, rate: float) -> None:
    """Process frames in memory as fast as possible and print the calls with their shares of the time.

    faces, rate: as for `Scene`. Raises as `VideoFile`.
    """
    settings = load_settings(["--video", str(clip)])
    frames = frames_of(settings, faces, rate)
    age_model, _ = make_age_model(Bundle(BUNDLED), settings.ages, settings.cache_dir)
    pipeline, zone = Pipeline(settings, age_model), CustomerZone(settings)
    watch(pipeline, zone, frames[:_WARM_UP_FRAMES])
    profiler = Profiler(interval=_PROFILE_INTERVAL_S)
    with profiler:
        watch(pipeline, zone, frames[_WARM_UP_FRAMES:])
    pipeline.close()
    print(profiler.output(ConsoleRenderer(unicode=True, time="percent_of_total")))
