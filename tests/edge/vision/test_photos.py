"""Photos from files: the right pixels from every kind of file, and a reason from every file that is no picture."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from edge.vision.photos import MOST_PIXELS, UnusablePhotoError, read_photo

Picture = NDArray[np.uint8]

ORIENTATION = 0x0112
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
GREY = [128, 128, 128]
"""What shows through transparent pixels."""


def quarters(width: int = 64, height: int = 32) -> Image.Image:
    """Red top left, green top right, blue bottom left, white bottom right."""
    picture = Image.new("RGB", (width, height), WHITE)
    picture.paste(RED, (0, 0, width // 2, height // 2))
    picture.paste(GREEN, (width // 2, 0, width, height // 2))
    picture.paste(BLUE, (0, height // 2, width // 2, height))
    return picture


def corners(picture: Picture) -> list[str]:
    """The colours of the corners, as they are named above: top left, top right, bottom left, bottom right."""
    rows, columns = (0, 0, -1, -1), (0, -1, 0, -1)
    names = {RED: "red", GREEN: "green", BLUE: "blue", WHITE: "white"}
    found = picture[rows, columns][:, ::-1].astype(int)
    return [names[min(names, key=lambda known: np.abs(np.array(known) - pixel).sum())] for pixel in found]


def png(
    file: Path, colour: int, depth: int, rows: list[bytes], size: tuple[int, int], transparent: bytes = b""
) -> Path:
    """Write a PNG of any colour type and depth, with one transparent colour."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    file.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + (chunk(b"tRNS", transparent) if transparent else b"")
        + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )  # fmt: skip
    return file


def words(*values: int) -> bytes:
    """16-bit values as in a PNG."""
    return struct.pack(f">{len(values)}H", *values)


def reason(file: Path) -> str:
    with pytest.raises(UnusablePhotoError) as problem:
        read_photo(file)
    return problem.value.reason


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.bmp", "a.tif", "a.gif", "a.jp2", "a.avif", "a.ppm"])
def test_every_usual_format_is_read(name: str, tmp_path: Path) -> None:
    quarters().save(tmp_path / name)
    picture = read_photo(tmp_path / name)
    assert (picture.shape, picture.dtype) == ((32, 64, 3), np.uint8)
    assert corners(picture) == ["red", "green", "blue", "white"]


@pytest.mark.parametrize("name", ["portrait.jpg", "portrait.png", "portrait.webp"])
def test_the_pixels_are_those_that_opencv_reads(name: str, tmp_path: Path) -> None:
    """The bundled model was trained on photos that OpenCV read."""
    Image.fromarray(data.astronaut()).save(tmp_path / name)
    assert np.array_equal(read_photo(tmp_path / name), np.asarray(cv2.imread(str(tmp_path / name))))


def test_the_content_decides_how_a_file_is_read_not_its_name(tmp_path: Path) -> None:
    quarters().save(tmp_path / "a.png")
    (tmp_path / "a.png").rename(tmp_path / "a.jpg")
    assert corners(read_photo(tmp_path / "a.jpg")) == ["red", "green", "blue", "white"]


@pytest.mark.parametrize(
    "name", [b"odd\xff.jpg", b"\xff\xfe.jpg", "Ёлка 🎄.jpg".encode(), b"\x1b[31m.jpg", b"a\nb.jpg"]
)
def test_a_file_may_have_any_name(name: bytes, tmp_path: Path) -> None:
    file = tmp_path / os.fsdecode(name)
    quarters().save(tmp_path / "plain.jpg")
    (tmp_path / "plain.jpg").rename(file)
    assert read_photo(file).shape == (32, 64, 3)
    file.write_bytes(b"")
    with pytest.raises(UnusablePhotoError) as problem:
        read_photo(file)
    str(problem.value).encode()
    assert str(problem.value).isprintable()


@pytest.mark.parametrize(
    ("orientation", "expected"),
    [
        (1, ["red", "green", "blue", "white"]),
        (2, ["green", "red", "white", "blue"]),
        (3, ["white", "blue", "green", "red"]),
        (4, ["blue", "white", "red", "green"]),
        (5, ["red", "blue", "green", "white"]),
        (6, ["blue", "red", "white", "green"]),
        (7, ["white", "green", "blue", "red"]),
        (8, ["green", "white", "red", "blue"]),
        (9, ["red", "green", "blue", "white"]),
    ],
)
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tif"])
def test_photos_are_turned_upright(name: str, orientation: int, expected: list[str], tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    quarters().save(tmp_path / name, exif=exif)
    picture = read_photo(tmp_path / name)
    assert corners(picture) == expected
    assert picture.shape[:2] == ((64, 32) if 5 <= orientation <= 8 else (32, 64))


def test_damaged_exif_data_leave_the_picture_as_it_is(tmp_path: Path) -> None:
    quarters().save(tmp_path / "a.jpg", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff\0\0\0\0")
    assert corners(read_photo(tmp_path / "a.jpg")) == ["red", "green", "blue", "white"]


@pytest.mark.parametrize("name", ["a.png", "a.webp", "a.tif"])
@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_what_is_transparent_shows_grey_whatever_is_hidden_in_it(name: str, mode: str, tmp_path: Path) -> None:
    hidden = Image.fromarray(data.astronaut()).convert(mode)
    hidden.putalpha(0)
    hidden.save(tmp_path / name, **({"exact": True, "lossless": True} if name == "a.webp" else {}))
    assert np.unique(read_photo(tmp_path / name)).tolist() == [128]


def test_half_transparent_pixels_are_mixed_with_grey(tmp_path: Path) -> None:
    picture = Image.new("RGBA", (4, 4), (255, 255, 255, 128))
    picture.save(tmp_path / "a.png")
    assert read_photo(tmp_path / "a.png")[0, 0].tolist() == pytest.approx([192, 192, 192], abs=1)


def test_a_transparent_colour_of_a_palette_shows_grey(tmp_path: Path) -> None:
    palette = quarters().convert("P", palette=Image.Palette.ADAPTIVE, colors=4)
    palette.save(tmp_path / "a.gif", transparency=palette.getpixel((0, 0)))
    palette.save(tmp_path / "a.png", transparency=palette.getpixel((0, 0)))
    for name in ("a.gif", "a.png"):
        picture = read_photo(tmp_path / name)
        assert picture[0, 0].tolist() == GREY
        assert corners(picture)[1:] == ["green", "blue", "white"]


@pytest.mark.parametrize(
    ("colour", "row", "transparent", "expected"),
    [
        (0, words(0, 0x8100, 0xFFFF), b"", [[0] * 3, [129] * 3, [255] * 3]),
        (0, words(0, 0x8100, 0xFFFF), words(0xFFFF), [[0] * 3, [129] * 3, GREY]),
        (2, words(0x1000, 0x8100, 0xFFFF, 0xFFFF, 0, 0), b"", [[255, 129, 16], [0, 0, 255]]),
        (2, words(0x1000, 0x8100, 0xFFFF, 0xFFFF, 0, 0), words(0xFFFF, 0, 0), [[255, 129, 16], GREY]),
        (4, words(0x1000, 0xFFFF, 0xFFFF, 0), b"", [[16] * 3, GREY]),
        (6, words(0x1000, 0x8100, 0xFFFF, 0xFFFF, 0xFFFF, 0, 0, 0), b"", [[255, 129, 16], GREY]),
    ],
    ids=[
        "grey",
        "grey and a transparent value",
        "colour",
        "colour and a transparent one",
        "grey+alpha",
        "colour+alpha",
    ],
)
def test_sixteen_bits_are_reduced_to_eight(
    colour: int, row: bytes, transparent: bytes, expected: list[list[int]], tmp_path: Path
) -> None:
    file = png(tmp_path / "a.png", colour, 16, [row], (len(expected), 1), transparent)
    assert read_photo(file)[0].tolist() == expected


def test_a_grey_tiff_of_sixteen_bits_is_not_clipped(tmp_path: Path) -> None:
    ramp = np.linspace(0, 65535, 256).astype(np.uint16).reshape(1, -1)
    Image.fromarray(ramp).save(tmp_path / "a.tif")
    assert np.array_equal(read_photo(tmp_path / "a.tif")[0, :, 0], ramp[0] >> 8)


@pytest.mark.parametrize("name", ["a.jpg", "a.tif"])
def test_cmyk_keeps_its_colours(name: str, tmp_path: Path) -> None:
    quarters().convert("CMYK").save(tmp_path / name)
    assert corners(read_photo(tmp_path / name)) == ["red", "green", "blue", "white"]


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png"])
def test_of_an_animation_the_first_picture_counts(name: str, tmp_path: Path) -> None:
    first, later = quarters(), [quarters().rotate(angle) for angle in (90, 180)]
    first.save(tmp_path / name, save_all=True, append_images=later, **({} if name == "a.gif" else {"lossless": True}))
    assert corners(read_photo(tmp_path / name)) == ["red", "green", "blue", "white"]


@pytest.mark.parametrize("side", [(MOST_PIXELS + 1, 1), (60_000, 30_000), (1, MOST_PIXELS + 1)])
def test_a_photo_with_too_many_pixels_is_known_from_its_header(side: tuple[int, int], tmp_path: Path) -> None:
    assert reason(png(tmp_path / "a.png", 2, 8, [], side)) == "too-large"


def test_a_frame_of_a_gif_cannot_be_larger_than_its_header_allows(tmp_path: Path) -> None:
    quarters(16, 16).save(tmp_path / "a.gif")
    content = (tmp_path / "a.gif").read_bytes()
    small, large = struct.pack("<HHHH", 0, 0, 16, 16), struct.pack("<HHHH", 0, 0, 65535, 65535)
    assert content.count(small) == 1
    (tmp_path / "a.gif").write_bytes(content.replace(small, large))
    assert reason(tmp_path / "a.gif") == "too-large"


def test_a_picture_for_which_there_is_no_memory_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise MemoryError

    quarters().save(tmp_path / "a.png")
    monkeypatch.setattr(cv2, "cvtColor", full)
    assert reason(tmp_path / "a.png") == "too-large"


def text(file: Path) -> None:
    file.write_text("beer", encoding="utf-8")


def cut_off(file: Path) -> None:
    Image.fromarray(data.astronaut()).save(file)
    file.write_bytes(file.read_bytes()[:5000])


def unknown_white(file: Path) -> None:
    Image.fromarray(np.full((4, 4), 0.5, np.float32)).save(file, format="TIFF")


@pytest.mark.parametrize(
    "make",
    [Path.touch, text, cut_off, unknown_white, Path.mkdir, os.mkfifo, lambda file: file.symlink_to(file)],
    ids=["empty", "text", "cut off", "floats", "folder", "pipe", "ring of links"],
)
def test_a_file_that_is_no_picture_is_unreadable(make: Callable[[Path], None], tmp_path: Path) -> None:
    make(tmp_path / "a.jpg")
    assert reason(tmp_path / "a.jpg") == "unreadable"


@pytest.mark.parametrize("name", ["gone.jpg", "a" * 300, "nul\0.jpg"])
def test_a_missing_or_impossible_file_is_unreadable(name: str, tmp_path: Path) -> None:
    assert reason(tmp_path / name) == "unreadable"
