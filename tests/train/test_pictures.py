"""Reading labelled photos."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge.errors import UsageError
from train.pictures import read_labels


def lay_out(folder: Path, labels: str, *photos: str) -> Path:
    """A source with the given labels; the photos are empty files, which is enough for reading labels."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "labels.csv").write_text(labels, encoding="utf-8")
    for photo in photos:
        (folder / photo).parent.mkdir(exist_ok=True)
        (folder / photo).touch()
    return folder


def test_column_real_age_gives_an_exact_age(tmp_path: Path) -> None:
    table, broken = read_labels(lay_out(tmp_path, "file_name,real_age\na.jpg,31\n", "final_files/a.jpg"))
    assert table.ages.tolist() == [[31, 31]]
    assert table.exact.tolist() == [True]
    assert broken == []


def test_column_age_gives_an_exact_age(tmp_path: Path) -> None:
    table, _ = read_labels(lay_out(tmp_path, "file_name,age\na.jpg,7.5\n", "final_files/a.jpg"))
    assert table.ages.tolist() == [[7.5, 7.5]]


def test_columns_age_min_and_age_max_give_a_band(tmp_path: Path) -> None:
    table, _ = read_labels(lay_out(tmp_path, "file_name,age_min,age_max\na.jpg,20,29\n", "final_files/a.jpg"))
    assert table.ages.tolist() == [[20, 29]]
    assert table.exact.tolist() == [False]


def test_an_exact_age_is_preferred_to_a_band_and_an_empty_age_falls_back_to_the_band(tmp_path: Path) -> None:
    labels = "file_name,real_age,age_min,age_max\na.jpg,23,20,29\nb.jpg,,30,39\n"
    table, _ = read_labels(lay_out(tmp_path, labels, "final_files/a.jpg", "final_files/b.jpg"))
    assert table.ages.tolist() == [[23, 23], [30, 39]]


@pytest.mark.parametrize("folder", ["final_files", "pictures", "."])
def test_photos_are_in_final_files_or_pictures_or_next_to_the_labels(tmp_path: Path, folder: str) -> None:
    table, _ = read_labels(lay_out(tmp_path, "file_name,real_age\na.jpg,31\n", f"{folder}/a.jpg"))
    assert table.paths.tolist() == [tmp_path / folder / "a.jpg"]


def test_a_folder_of_sources_is_read_as_one_table_with_the_source_of_every_photo(tmp_path: Path) -> None:
    lay_out(tmp_path / "north", "file_name,real_age\na.jpg,31\nb.jpg,32\n", "pictures/a.jpg", "pictures/b.jpg")
    lay_out(tmp_path / "south", "file_name,age_min,age_max\na.jpg,10,19\n", "final_files/a.jpg")
    table, _ = read_labels(tmp_path)
    assert table.sources.tolist() == ["north", "north", "south"]
    assert table.ages.tolist() == [[31, 31], [32, 32], [10, 19]]


def test_no_labels_at_all_is_a_usage_error_that_explains_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no labels\.csv in .*give a folder with labels\.csv and final_files/"):
        read_labels(tmp_path)


def test_a_folder_that_does_not_exist_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere"):
        read_labels(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("gone.jpg,30", "no photo gone.jpg in final_files/"),
        (",30", "no photo (empty name) in final_files/"),
        ("a.jpg,-1", "age -1 is outside 0-120"),
        ("a.jpg,121", "age 121 is outside 0-120"),
        ("a.jpg,nan", "age nan is outside 0-120"),
        ("a.jpg,thirty", "no age for a.jpg"),
        ("a.jpg,", "no age for a.jpg"),
        ("a.jpg", "no age for a.jpg"),
    ],
)
def test_a_broken_row_is_listed_with_its_line_and_reason_and_the_others_are_kept(
    tmp_path: Path, row: str, reason: str
) -> None:
    labels = f"file_name,real_age\na.jpg,30\n{row}\na.jpg,40\n"
    table, broken = read_labels(lay_out(tmp_path, labels, "final_files/a.jpg"))
    assert table.ages[:, 0].tolist() == [30, 40]
    assert [(row.file, row.line, row.reason) for row in broken] == [(tmp_path / "labels.csv", 3, reason)]


def test_a_band_with_swapped_ends_is_a_broken_row(tmp_path: Path) -> None:
    _, broken = read_labels(lay_out(tmp_path, "file_name,age_min,age_max\na.jpg,29,20\n", "final_files/a.jpg"))
    assert [row.reason for row in broken] == ["age 29-20 is outside 0-120"]


@pytest.mark.parametrize("age", [0, 120])
def test_the_ends_of_the_age_range_are_allowed(tmp_path: Path, age: int) -> None:
    table, broken = read_labels(lay_out(tmp_path, f"file_name,age\na.jpg,{age}\n", "final_files/a.jpg"))
    assert table.ages.tolist() == [[age, age]]
    assert not broken


def test_a_file_with_only_broken_rows_gives_an_empty_table(tmp_path: Path) -> None:
    table, broken = read_labels(lay_out(tmp_path, "file_name,age\na.jpg,30\nb.jpg,31\n", "final_files/c.jpg"))
    assert (len(table), table.ages.shape, table.keypoints.shape, len(broken)) == (0, (0, 2), (0, 4, 2), 2)


def test_a_labels_file_that_excel_saved_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    table, broken = read_labels(lay_out(tmp_path, "\ufefffile_name,age\na.jpg,30\n", "final_files/a.jpg"))
    assert (len(table), broken) == (1, [])


def test_photos_in_official_val_are_for_testing_only(tmp_path: Path) -> None:
    lay_out(tmp_path, "file_name,age\na.jpg,30\nb.jpg,31\n", "final_files/a.jpg", "final_files/b.jpg")
    (tmp_path / "official_val.csv").write_text("file_name\nb.jpg\n")
    assert read_labels(tmp_path)[0].held_out.tolist() == [False, True]


def test_pictures_have_no_faces_or_hashes_after_reading_labels(tmp_path: Path) -> None:
    table, _ = read_labels(lay_out(tmp_path, "file_name,age\na.jpg,30\n", "final_files/a.jpg"))
    assert table.has_face.tolist() == [False]
    assert table.hashes.tolist() == [[0, 0, 0, 0]]


def test_rows_are_selected_by_mask_or_by_number_in_every_column(tmp_path: Path) -> None:
    photos = [f"final_files/{name}.jpg" for name in "abc"]
    table, _ = read_labels(lay_out(tmp_path, "file_name,age\na.jpg,1\nb.jpg,2\nc.jpg,3\n", *photos))
    assert table[np.array([True, False, True])].ages[:, 0].tolist() == [1, 3]
    assert [path.name for path in table[np.array([2, 0])].paths] == ["c.jpg", "a.jpg"]


def test_labels_as_a_russian_spreadsheet_writes_them(tmp_path: Path) -> None:
    folder = lay_out(tmp_path, "", "final_files/a.jpg")
    (folder / "labels.csv").write_text("file_name;real_age\r\na.jpg;7,5\r\n", encoding="utf-16")
    assert read_labels(folder)[0].ages.tolist() == [[7.5, 7.5]]


def test_a_table_without_file_names_has_no_labels(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"labels\.csv cannot be used .*: it has no column file_name: name them in"):
        read_labels(lay_out(tmp_path, "name,age\na.jpg,30\n"))
