"""This project's side of the comparison: the lane's pipeline, and the path of `edge-agent predict` for photos."""

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
        request = json.loads(line)
        stored = np.load(request["pictures"])
        pictures = [stored[name] for name in stored] if hasattr(stored, "files") else list(stored)
        pipeline = Pipeline(settings, age_model)
        start_s = time.perf_counter()
        ages: list[float | None] = []
        if request["kind"] == "photos":
            for picture in pictures:
                faces = finder.find(picture)
                probs = age_model.predict(align_all(picture, faces.keypoints[:1]))
                ages.append(float(probs[0] @ YEARS) if len(probs) else None)
        else:
            ages = video_ages(pictures, pipeline, settings, every_face=request["kind"] == "every frame")
        seconds = time.perf_counter() - start_s
        pipeline.close()
        print(json.dumps({"seconds": seconds, "ages": ages}), flush=True)


def video_ages(
    pictures: list[np.ndarray], pipeline: Pipeline, settings: Settings, *, every_face: bool
) -> list[float | None]:
    """The ages of a camera with 30 frames/s as a lane measures them; with `every_face`, of all faces in every frame."""
    ages: list[float | None] = []
    cadence, zone = Cadence(settings.detector.rate), CustomerZone(settings)

    def due(found: Faces, frame: Frame) -> NDArray[np.bool_]:
        if every_face:
            return np.ones(len(found), bool)
        return zone.should_sample(found, frame.pixels.shape, frame.grab_s)

    for number, picture in enumerate(pictures):
        frame = Frame(picture, number / 30, number, settings.lane)
        if not (every_face or cadence.accept(frame.grab_s)):
            continue
        faces = pipeline.process(frame, due, estimate_ages=True)
        zone.observe(faces, picture.shape, frame.grab_s)
        measured = faces.age_probs[np.isfinite(faces.age_probs[:, 0])]
        ages.append(float(measured[0] @ YEARS) if len(measured) else None)
    return ages


if __name__ == "__main__":
    main()
