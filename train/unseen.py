"""Photos that a model was not trained on: they calibrate it and set its limits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from train.data import hash_percent, near_copies, validation_part
from train.pictures import Pictures
from train.thresholds import counts_for_limits
from train.trained import TrainedPhotos, photo_digests, require_unseen


@dataclass(frozen=True)
class UnseenPhotos:
    """Photos of the training part that the model was not trained on.

    validation: the validation photos, for calibration and for the limits. further: photos of people whose age counts
    for a limit, for the limits only: the more there are, the closer the upper bound of a share is to the share itself.
    """

    validation: Pictures
    further: Pictures

    @property
    def for_limits(self) -> Pictures:
        """All of them."""
        return self.validation.joined(self.further)


def unseen_photos(model: Path, trained: TrainedPhotos | None, train_data: Pictures) -> UnseenPhotos:
    """The photos of `load_train` that may calibrate a model and set its limits.

    model: named in errors. trained: the photos that it was trained on. Without a complete list only the validation
    photos are known to be unseen. Near-copies of photos that were trained on are left out. Raises UsageError if it was
    trained on validation photos.
    """
    validation = validation_part(train_data)
    require_unseen(model, trained, train_data[validation], "validation")
    return UnseenPhotos(train_data[validation], train_data[_further(train_data, trained, validation)])


def spared(pictures: Pictures, share: float) -> NDArray[np.bool_]:
    """bool (N,): the photos that a run leaves out, so that they set its limits, by the hash of the face: this share of
    those of people whose age counts for a limit."""
    # The first two bytes choose the validation photos and the teacher's reader.
    return counts_for_limits(pictures.ages) & (hash_percent(pictures.hashes, byte=2) < 100 * share)


def _further(pictures: Pictures, trained: TrainedPhotos | None, validation: NDArray[np.bool_]) -> NDArray[np.bool_]:
    if trained is None or not trained.complete:
        return np.zeros(len(pictures), bool)
    # A photo without a digest is in no list, so nobody knows.
    learned = trained.among(pictures) | (photo_digests(pictures) == 0)
    further = np.flatnonzero(~validation & ~learned & counts_for_limits(pictures.ages))
    copies = near_copies(pictures[further], pictures[learned | validation])
    return np.isin(np.arange(len(pictures)), further[~copies])
