"""`edge-agent bench CLIP --profile`: where the time of a frame goes, call by call."""

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

_EVERY_S = 0.0005
_SETTLING = 20
"""The first frames load what the later ones use."""


def profile(clip: Path, faces: int, rate: float) -> None:
    """Print the calls of the pipeline with their shares of the time, on frames in memory, as fast as it goes.

    faces, rate: as for `Scene`. Raises as `VideoFile`.
    """
    settings = load_settings(["--video", str(clip)])
    frames = frames_of(settings, faces, rate)
    age_model, _ = make_age_model(Bundle(BUNDLED), settings.ages, settings.cache_dir)
    pipeline, zone = Pipeline(settings, age_model), CustomerZone(settings)
    watch(pipeline, zone, frames[:_SETTLING])
    profiler = Profiler(interval=_EVERY_S)
    with profiler:
        watch(pipeline, zone, frames[_SETTLING:])
    pipeline.close()
    print(profiler.output(ConsoleRenderer(unicode=True, time="percent_of_total")))
