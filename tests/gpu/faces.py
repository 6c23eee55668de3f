"""Many different crops of one real face, for measurements."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.data import astronaut

YEARS = np.arange(101, dtype=np.float32)


def faces(count: int) -> NDArray[np.uint8]:
    """Crops of a portrait, each randomly shifted, rotated, scaled and lit. uint8 (count, 224, 224, 3)."""
    random = np.random.default_rng(0)
    portrait = astronaut()
    made = []
    for _ in range(count):
        to_crop = cv2.getRotationMatrix2D((220, 130), random.uniform(-20, 20), random.uniform(0.8, 1.8))
        to_crop[:, 2] += np.array([112, 112]) - (220, 130) + random.uniform(-15, 15, 2)
        crop = cv2.warpAffine(portrait, to_crop, (224, 224), borderMode=cv2.BORDER_REPLICATE)
        made.append(np.clip(crop * random.uniform(0.5, 1.4) + random.uniform(-20, 20), 0, 255))
    return np.asarray(made).astype(np.uint8)
