"""`edge-agent predict` on still pictures."""

from __future__ import annotations

import csv
import io
import os
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

from edge.predict import predict
from edge.vision.photos import read_photo
from tests.commands import EdgeAgent

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A portrait, also cropped, darkened and blurred; a blank picture; a text file named .jpg."""
    folder = tmp_path_factory.mktemp("pictures")
    portrait = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR)
    blurred = cv2.GaussianBlur(portrait, (0, 0), 6)
    cv2.imwrite(str(folder / "a-portrait.png"), portrait)
    cv2.imwrite(str(folder / "b-tight.png"), portrait[60:190, 165:285])
    cv2.imwrite(str(folder / "c-dark.png"), portrait // 10)
    cv2.imwrite(str(folder / "d-blurred.png"), blurred)
    cv2.imwrite(str(folder / "e-blank.png"), np.full((200, 200, 3), 128, np.uint8))
    (folder / "f-text.jpg").write_text("beer", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def table(pictures: Path, edge_agent: EdgeAgent, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    file = tmp_path_factory.mktemp("table") / "out.csv"
    run = edge_agent("predict", pictures, "--csv", file)
    assert run.code == 0, run.err
    assert run.out == run.err == ""
    with file.open(newline="", encoding="utf-8") as text:
        return {Path(row["file"]).stem: row for row in csv.DictReader(text)}


def test_every_picture_has_a_row_with_the_documented_columns(table: dict[str, dict[str, str]]) -> None:
    assert list(table) == ["a-portrait", "b-tight", "c-dark", "d-blurred", "e-blank", "f-text"]
    columns = ["file", "face", "x", "y", "w", "h", "age", "std", "p_under_18", "p_under_25", "quality", "reason"]
    assert list(table["a-portrait"]) == columns


@pytest.mark.parametrize("name", ["a-portrait", "b-tight"])
def test_a_good_face_has_an_age_with_its_standard_deviation(name: str, table: dict[str, dict[str, str]]) -> None:
    row = table[name]
    assert row["reason"] == ""
    assert float(row["quality"]) > 0
    assert 20 < float(row["age"]) < 60
    assert 1 < float(row["std"]) < 20
    assert 0 <= float(row["p_under_18"]) <= float(row["p_under_25"]) <= 1


def test_a_dark_face_is_rejected_as_dark(table: dict[str, dict[str, str]]) -> None:
    assert float(table["c-dark"]["quality"]) == 0
    assert "dark" in table["c-dark"]["reason"].split() or table["c-dark"]["reason"] == "no-face"


def test_a_blurred_face_is_rejected_as_blurred(table: dict[str, dict[str, str]]) -> None:
    assert float(table["d-blurred"]["quality"]) == 0
    assert "blurred" in table["d-blurred"]["reason"].split()


def test_a_picture_without_a_face_has_the_reason(table: dict[str, dict[str, str]]) -> None:
    assert (table["e-blank"]["reason"], table["e-blank"]["age"]) == ("no-face", "")
    assert (table["f-text"]["reason"], table["f-text"]["age"]) == ("unreadable", "")


@pytest.mark.parametrize("flags", [(), ("--csv", "-")])
def test_without_a_file_the_table_goes_to_stdout(flags: tuple[str, ...], pictures: Path, edge_agent: EdgeAgent) -> None:
    run = edge_agent("predict", pictures / "a-portrait.png", *flags)
    assert [row["face"] for row in csv.DictReader(io.StringIO(run.out))] == ["0"]


def test_a_missing_picture_is_reported_in_one_line(edge_agent: EdgeAgent, tmp_path: Path) -> None:
    run = edge_agent("predict", tmp_path / "gone.jpg", "--csv", tmp_path / "out.csv")
    assert run.code == 2
    assert run.err.strip().endswith(f"no picture at {tmp_path}/gone.jpg")
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_too_long_is_reported_in_one_line(edge_agent: EdgeAgent) -> None:
    run = edge_agent("predict", "a" * 300)
    assert (run.code, run.err.count("\n")) == (2, 1)
    assert "File name too long" in run.err


def enormous(file: Path) -> None:
    """A PNG of 60000 by 30000 pixels, by its header."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", 60_000, 30_000, 8, 2, 0, 0, 0)
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b""))


def hidden_face(file: Path) -> None:
    """A portrait in pixels that are fully transparent."""
    clear = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGRA)
    clear[..., 3] = 0
    cv2.imwrite(str(file), clear)


def test_no_picture_keeps_those_after_it_from_their_rows(pictures: Path, edge_agent: EdgeAgent, tmp_path: Path) -> None:
    enormous(tmp_path / "a.png")
    cv2.imwrite(str(tmp_path / "b.jpg"), np.full((1500, 30_000, 3), 90, np.uint8))
    hidden_face(tmp_path / "c.png")
    os.mkfifo(tmp_path / "d.jpg")
    (tmp_path / "e.jpg").mkdir()
    (tmp_path / "f.gif").write_bytes((pictures / "a-portrait.png").read_bytes()[:9999])
    (tmp_path / "y|=1.png").write_bytes((pictures / "a-portrait.png").read_bytes()[:99])
    (tmp_path / "z.png").write_bytes((pictures / "a-portrait.png").read_bytes())
    run = edge_agent("predict", tmp_path)
    assert (run.code, run.err) == (0, "")
    reasons = {Path(row["file"]).name: row["reason"] for row in csv.DictReader(io.StringIO(run.out))}
    assert reasons == {
        "a.png": "too-large", "b.jpg": "no-face", "c.png": "no-face", "d.jpg": "unreadable", "e.jpg": "unreadable",
        "f.gif": "unreadable", "y|'=1.png": "unreadable", "z.png": "",
    }  # fmt: skip


def crashing_decoder(path: Path) -> object:
    if path.name.startswith("crash"):
        os.abort()
    if path.name.startswith("full"):
        raise MemoryError
    return read_photo(path)


def test_a_decoder_that_crashes_costs_its_own_picture(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "crash", "full", "z"):
        (tmp_path / f"{name}.png").write_bytes((pictures / "a-portrait.png").read_bytes())
    monkeypatch.setattr("edge.predict.read_photo", crashing_decoder)
    predict([tmp_path], None, None)
    rows = list(csv.DictReader(io.StringIO(capfd.readouterr().out)))
    assert [row["reason"] for row in rows] == ["", "unreadable", "too-large", ""]


@pytest.mark.parametrize("name", [b"odd\xff", "Ёлка".encode(), b"\x1b[31m", b"a\nb"])
def test_a_name_that_cannot_be_shown_is_escaped(
    name: bytes, pictures: Path, edge_agent: EdgeAgent, tmp_path: Path
) -> None:
    folder = tmp_path / os.fsdecode(name)
    folder.mkdir()
    (folder / os.fsdecode(name + b".png")).write_bytes((pictures / "a-portrait.png").read_bytes())
    shown = {b"odd\xff": r"odd\udcff", b"\x1b[31m": r"\x1b[31m", b"a\nb": r"a\nb"}.get(
        name, name.decode(errors="replace")
    )
    for table in (None, folder / "ages.csv"):
        run = edge_agent("predict", folder, *(["--csv", table] if table else []))
        assert (run.code, run.err) == (0, "")
        text = table.read_text(encoding="utf-8") if table else run.out
        assert [row["file"] for row in csv.DictReader(io.StringIO(text))] == [f"{tmp_path}/{shown}/{shown}.png"]
