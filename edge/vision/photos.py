"""Reads photos from files: the only place where still pictures are decoded, for the lane's tools and for training.

Any name, size and content of a file ends in a picture or in a reason. `edge.vision.contained` is for what this module
cannot catch: a decoder that crashes.
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np
from PIL import Image, ImageOps

from edge.commands import visible
from edge.errors import RunError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

PHOTO_SUFFIXES = (".avif", ".bmp", ".gif", ".jp2", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
"""How the names of photos end, in small letters. The content decides how a file is read, not its name."""

MOST_PIXELS = 120_000_000
"""Photos with more pixels are not decoded. Decoding takes up to 11 bytes for each pixel. The largest common phone
pictures below it have 108 million."""

PHOTO_READING = "pillow/1"
"""Name of the rules by which files become pixels. What was found on photos that other rules read is outdated."""

UnusableReason = Literal["unreadable", "too-large"]

_FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "BMP", "GIF", "JPEG2000", "PPM", "TIFF")
_BACKGROUND = (128, 128, 128)
"""What shows through transparent pixels. Grey, because black and white are what the quality gate rejects."""

# Pillow checks the size in each header, before it allocates anything.
Image.MAX_IMAGE_PIXELS = MOST_PIXELS


class UnusablePhotoError(RunError):
    """A photo that cannot be used. reason: "unreadable", or "too-large" if it is too large to be decoded."""

    def __init__(self, path: Path, reason: UnusableReason) -> None:
        super().__init__(f"photo {visible(str(path))} is {reason.replace('-', ' ')}")
        self.path, self.reason = path, reason

    def __reduce__(self) -> tuple[type[UnusablePhotoError], tuple[Path, UnusableReason]]:
        # It is sent from one process to another.
        return UnusablePhotoError, (self.path, self.reason)


def read_photo(path: Path) -> NDArray[np.uint8]:
    """A photo as it is meant to be seen: uint8 (H, W, 3) BGR.

    Upright, as its EXIF data say. The first picture of an animation. Transparent pixels show grey, whatever colour is
    hidden in them. 16-bit values are reduced to 8 bits; CMYK becomes RGB.

    Raises UnusablePhotoError for a file that is missing, cannot be read, is no picture, is damaged or cut off, or has
    more than `MOST_PIXELS`.
    """
    try:
        # Opening a pipe or a device could wait for ever.
        if not path.is_file():
            raise UnusablePhotoError(path, "unreadable")
        with _warnings_of_size(), path.open("rb") as file, Image.open(file, formats=_FORMATS) as image:
            image.load()
            _turn_upright(image)
            return np.asarray(cv2.cvtColor(np.asarray(_in_rgb(image)), cv2.COLOR_RGB2BGR), np.uint8)
    except (MemoryError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise UnusablePhotoError(path, "too-large") from None
    except Exception:  # Pillow's decoders raise nearly anything
        raise UnusablePhotoError(path, "unreadable") from None


@contextmanager
def _warnings_of_size() -> Iterator[None]:
    """Pillow warns of too many pixels, which is an error here, and of damaged EXIF data, which nobody needs to know."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def _turn_upright(image: Image.Image) -> None:
    # Damaged EXIF data do not make the picture bad.
    with suppress(Exception):
        ImageOps.exif_transpose(image, in_place=True)


def _in_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):
        # Pillow's own conversion clips at 255, and leaves out transparency.
        values = np.asarray(image)
        grey = (values >> 8).astype(np.uint8)
        grey[values == image.info.get("transparency", -1)] = _BACKGROUND[0]
        return Image.fromarray(grey).convert("RGB")
    if image.mode in ("I", "F"):
        raise ValueError("32-bit values have no fixed white")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        background = Image.new("RGBA", image.size, _BACKGROUND)
        image = Image.alpha_composite(background, image)
    return image if image.mode == "RGB" else image.convert("RGB")
