"""Single pictures of cameras: whole ones are decoded, upright; all others are recognised as damaged."""

from __future__ import annotations

from io import BytesIO

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from edge.frames import decoding
from edge.frames.decoding import decode_picture, is_picture
from tests.cameras.rtsp import error_of, number_of, scene
from tests.edge.frames.videos import corner_colours, corners

PIXELS = scene(5, 160, 120)


def encoded(kind: str, pixels: np.ndarray = PIXELS, **options: object) -> bytes:
    file = BytesIO()
    Image.fromarray(pixels[..., ::-1]).save(file, kind, **options)
    return file.getvalue()


WHOLE = encoded("JPEG", quality=90)


@pytest.mark.parametrize(
    "content", [WHOLE, encoded("JPEG", quality=90, progressive=True), encoded("PNG"), WHOLE + bytes(300)]
)
def test_a_jpeg_or_png_picture_is_decoded(content: bytes) -> None:
    pixels = decode_picture(content)
    assert pixels is not None
    assert (pixels.shape, pixels.dtype) == ((120, 160, 3), np.uint8)
    assert (number_of(pixels), error_of(pixels) < 7) == (5, True)
    assert is_picture(content)


def test_a_grey_picture_has_three_equal_colours() -> None:
    file = BytesIO()
    Image.fromarray(PIXELS[..., 0]).save(file, "JPEG", quality=95)
    pixels = decode_picture(file.getvalue())
    assert pixels is not None
    assert (number_of(pixels), np.ptp(pixels, axis=2).max()) == (5, 0)


@pytest.mark.parametrize(("orientation", "seen"), [(1, "rg.."), (3, "..gr"), (6, ".r.g"), (8, "g.r.")])
def test_a_picture_is_upright_as_its_exif_data_say(orientation: int, seen: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = decode_picture(encoded("JPEG", corners(), exif=exif))
    assert pixels is not None
    assert corner_colours(pixels) == seen


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_picture_that_is_cut_off_is_damaged(kind: str, share: float) -> None:
    content = encoded(kind)
    assert decode_picture(content[: int(share * len(content))]) is None


def test_a_picture_of_another_kind_is_damaged() -> None:
    for content in (encoded("GIF"), encoded("WEBP"), b"<html></html>", b"\xff\xd8\xff\xe0"):
        assert decode_picture(content) is None


def test_a_picture_that_is_too_large_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    height_and_width = WHOLE.find(b"\xff\xc0") + 5
    huge = WHOLE[:height_and_width] + b"\xea\x60\x75\x30" + WHOLE[height_and_width + 4 :]
    assert decode_picture(huge) is None
    monkeypatch.setattr(decoding, "_DECODER_OPTIONS", {"max_pixels": "19000"})
    assert decode_picture(WHOLE) is None


@given(st.binary(max_size=200), st.integers(0, len(WHOLE)), st.booleans())
def test_no_content_raises_anything(noise: bytes, at: int, png: bool) -> None:
    content = cv2.imencode(".png", PIXELS)[1].tobytes() if png else WHOLE
    at = min(at, len(content))
    pixels = decode_picture(content[:at] + noise + content[at + len(noise) :])
    assert pixels is None or pixels.dtype == np.uint8
