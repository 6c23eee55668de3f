"""`edge-agent predict` on still pictures."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

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
