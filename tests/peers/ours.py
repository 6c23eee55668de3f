"""Our side of the comparison: the lane's own pipeline, and the still-picture path of `edge-agent predict`."""

from __future__ import annotations

import json
import sys
import time

import numpy as np
from numpy.typing import NDArray

from edge.ages import BUNDLED
from edge.ages.bundle import Bundle
from edge.ages.choice import make_age_model
from edge.decision.customer import CustomerZone
from edge.frames import Frame
from edge.frames.cadence import Cadence
from edge.lane.pipeline import Pipeline
from edge.settings.config import Settings
from edge.settings.load import load_settings
from edge.vision.crop import align_all
from edge.vision.faces import AGES, Faces
from edge.vision.stills import StillFaceFinder

YEARS = np.arange(AGES, dtype=np.float32)


def main() -> None:
    settings = load_settings([])
    age_model, _ = make_age_model(Bundle(BUNDLED), settings.ages, settings.cache_dir)
    finder = StillFaceFinder()
    for line in sys.stdin:
        asked = json.loads(line)
        stored = np.load(asked["pictures"])
        pictures = [stored[name] for name in stored] if hasattr(stored, "files") else list(stored)
        pipeline = Pipeline(settings, age_model)
        start_s = time.perf_counter()
        ages: list[float | None] = []
        if asked["kind"] == "photos":
            for picture in pictures:
                faces = finder.find(picture)
                probs = age_model.predict(align_all(picture, faces.keypoints[:1]))
                ages.append(float(probs[0] @ YEARS) if len(probs) else None)
        else:
            every = asked["kind"] == "every frame"
            ages = watched(pictures, pipeline, settings, every=every)
        seconds = time.perf_counter() - start_s
        pipeline.close()
        print(json.dumps({"seconds": seconds, "ages": ages}), flush=True)


def watched(pictures: list[np.ndarray], pipeline: Pipeline, settings: Settings, *, every: bool) -> list[float | None]:
    """As a lane watches a camera of 30 frames/s; or the age of everybody in every frame."""
    ages: list[float | None] = []
    cadence, zone = Cadence(settings.detector.rate), CustomerZone(settings)

    def due(found: Faces, frame: Frame) -> NDArray[np.bool_]:
        return np.ones(len(found), bool) if every else zone.should_sample(found, frame.pixels.shape, frame.grab_s)

    for number, picture in enumerate(pictures):
        frame = Frame(picture, number / 30, number, settings.lane)
        if not (every or cadence.accept(frame.grab_s)):
            continue
        faces = pipeline.process(frame, due, estimate_ages=True)
        zone.observe(faces, picture.shape, frame.grab_s)
        told = faces.age_probs[np.isfinite(faces.age_probs[:, 0])]
        ages.append(float(told[0] @ YEARS) if len(told) else None)
    return ages


if __name__ == "__main__":
    main()
