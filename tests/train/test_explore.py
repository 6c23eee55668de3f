"""The report on labelled photos: its figures, and that no file in the folder breaks it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.errors import UsageError
from edge.reports.page import report_page
from tests.train.builders import LayOut
from train.explore import Facts, _inspect, explore, people_by_year
from train.explore_lead import lead
from train.explore_page import explore_content
from train.explore_plots import ages_plot, bands_plot
from train.pictures import Pictures


def explore_page(facts: Facts, pictures: Pictures, language: str = "en") -> str:
    return report_page(explore_content(facts, pictures, language), language)


@pytest.fixture(scope="module")
def rubbish(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small source with every defect that a shop's folder may have."""
    folder = tmp_path_factory.mktemp("data") / "rubbish"
    shutil.copytree(shop, folder)
    files = folder / "final_files"
    shutil.copy(files / "plain.jpg", files / "copy.jpg")
    cv2.imwrite(str(files / "again.jpg"), cv2.imread(str(files / "plain.jpg")), [cv2.IMWRITE_JPEG_QUALITY, 60])
    (files / "text.jpg").write_text("no picture")
    (files / "empty.jpg").touch()
    (files / "enormous.ppm").write_bytes(b"P6 60000 30000 255\n")
    (files / "<b>unknown.jpg").write_bytes((files / "mirrored.jpg").read_bytes())
    (files / "notes.txt").write_text("not a picture, to be ignored")
    cv2.imwrite(str(files / "wall.png"), np.full((100, 150, 3), 90, np.uint8))
    with (folder / "labels.csv").open("a") as labels:
        labels.write("copy.jpg,40\nagain.jpg,15\ntext.jpg,30\nempty.jpg,30\nwall.png,30\nenormous.ppm,30\n")
        labels.write("gone.jpg,30\nplain.jpg,130\nplain.jpg,<i>old</i>\n,30\n")
    return folder


@pytest.fixture(scope="module")
def explored(rubbish: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Facts, Pictures]:
    return explore(rubbish, tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def facts(explored: tuple[Facts, Pictures]) -> Facts:
    return explored[0]


def test_rows_are_counted_by_source(facts: Facts) -> None:
    assert facts.rows == {"rubbish": 17}
    assert facts.exactly_known == {"rubbish": 17}
    assert sum(facts.ages["rubbish"]) == 17
    assert facts.bands["rubbish"]["under 18"] == pytest.approx(2 / 17, abs=1e-4)


def test_broken_rows_are_listed_with_their_lines(facts: Facts) -> None:
    assert facts.broken_rows == (
        "labels.csv line 20: age 130 is outside 0-120",
        "labels.csv line 21: no age for plain.jpg",
    )


def test_rows_without_a_file_are_listed_separately(facts: Facts) -> None:
    assert facts.rows_without_a_file == (
        "labels.csv line 19: no photo gone.jpg in final_files/",
        "labels.csv line 22: no photo (empty name) in final_files/",
    )


def test_only_pictures_are_reported_as_files_without_a_row(facts: Facts) -> None:
    assert facts.files_without_a_row == ("final_files/<b>unknown.jpg",)


def test_unreadable_files_too_large_ones_and_pictures_without_a_face_are_listed_separately(facts: Facts) -> None:
    assert facts.unreadable == ("final_files/text.jpg", "final_files/empty.jpg")
    assert facts.too_large == ("final_files/enormous.ppm",)
    assert facts.without_face == ("final_files/wall.png",)
    assert facts.sizes["150 x 100"] == 1


def test_copies_are_found_byte_for_byte_and_by_the_face(facts: Facts) -> None:
    assert facts.exact_copies == (("final_files/plain.jpg", "final_files/copy.jpg"),)
    near = next(group for group in facts.near_copies if "final_files/again.jpg" in group)
    assert {"final_files/plain.jpg", "final_files/copy.jpg"} < set(near)


def test_copies_with_different_ages_are_listed(facts: Facts) -> None:
    assert facts.exact_copies[0] in facts.disagreeing  # 15 and 40 years


def test_the_page_is_self_contained_shows_at_most_fifteen_faces_and_escapes_names(
    explored: tuple[Facts, Pictures],
) -> None:
    page = explore_page(*explored)
    assert 8 <= page.count("data:image/jpeg;base64,") <= 15
    assert "&lt;b&gt;unknown.jpg" in page
    assert "<b>unknown" not in page
    for outside in ("<script", 'src="http', 'href="http', "url("):
        assert outside not in page.replace("url(#", "")


def test_the_page_says_first_what_to_do(explored: tuple[Facts, Pictures]) -> None:
    content = explore_content(*explored, "en")
    assert (content.headline, *content.lead) == (
        "17 photos, 1 source",
        "The same person has different ages in 3 groups of copies: correct the ages in labels.csv.",
        "Too few people just under 18: 2 of 13 to 17 years. A model gets a limit for a risk of 5% only from about 912 "
        "of them: add photos of people of 13 to 17 years.",
        "13 of 17 photos can be used: edge-train fit trains on them.",
    )
    correct, _ = content.tables
    assert ("Rows without a photo", "2", "copy the photos into final_files, or correct file_name") in correct.rows


def test_the_page_is_in_the_language_of_the_reader(explored: tuple[Facts, Pictures]) -> None:
    page = explore_page(*explored, "ru")
    assert '<html lang="ru">' in page
    for text in ("17 фотографий, 1 источник", "Что исправить", "моложе 18", "5,9\N{NO-BREAK SPACE}%"):
        assert text in page
    for english in ("photos", "under 18", "Copies"):
        assert english not in page


def test_enough_people_under_18_and_no_contradiction_is_said_too() -> None:
    facts = Facts(
        labels_only=False, rows={"shop": 2000}, exactly_known={"shop": 2000}, ages={}, bands={}, sexes={}, groups={},
        broken_rows=(), rows_without_a_file=(), underage=1000,
    )  # fmt: skip
    assert lead(facts) == [
        "The ages fit together, and there are enough people under 18.",
        "All photos can be used: edge-train fit trains on them.",
    ]


def test_of_many_sources_the_smallest_are_drawn_together() -> None:
    names = [f"shop-{source}" for source in range(9)]
    facts = Facts(
        labels_only=True, rows=dict.fromkeys(names, 101), exactly_known=dict.fromkeys(names, 101),
        ages=dict.fromkeys(names, (1.0,) * 101), bands={name: {"under 18": 0.2, "18-24": 0.8} for name in names},
        sexes={}, groups={}, broken_rows=(), rows_without_a_file=(),
    )  # fmt: skip
    assert "4 other sources" in ages_plot(facts, "en")
    assert "shop-8" not in bands_plot(facts, "en"), "nine bars for each band would say nothing"


def test_a_file_with_labels_only_is_enough(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text(
        "file_name,age_min,age_max,sex,group\na.jpg,10,19,female,north\nb.jpg,20,29,male,\nc.jpg,20,29,male,north\n"
    )
    facts, pictures = explore(tmp_path / "labels.csv")
    assert facts.labels_only
    assert facts.rows == {"labels": 3}
    assert facts.bands["labels"]["under 18"] == pytest.approx(0.8 / 3, abs=1e-4)
    assert facts.sexes["labels"] == {"male": 2, "female": 1}
    assert facts.groups["labels"] == {"north": 2}
    page = explore_page(facts, pictures)
    assert "<h1>Labels without photos</h1>" in page
    assert "data:image" not in page


def test_the_labels_of_the_original_task_lie_mostly_between_20_and_50(photos: Path) -> None:
    facts, _ = explore(photos / "goodseed_labels.csv")
    counts = facts.ages["goodseed_labels"]
    assert sum(counts) == 7591
    assert sum(counts[20:51]) > 7591 / 2


def test_bands_are_spread_over_their_years() -> None:
    spread = people_by_year(np.array([[10, 19], [15, 15], [100, 110]], np.float32))
    assert spread[10] == pytest.approx(0.1)
    assert spread[15] == pytest.approx(1.1)
    assert spread[100] == 1
    assert spread.sum() == pytest.approx(3)


def test_a_report_is_written_even_if_every_row_is_broken(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("file_name,years\na,3\n")
    facts, pictures = explore(tmp_path, tmp_path / "cache")
    assert facts.rows == {}
    assert len(facts.broken_rows) == 1
    assert "no age for a" in explore_page(facts, pictures)


def test_what_is_wrong_with_a_row_is_said_in_the_language_of_the_reader(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("file_name,age\na,\nb,130\ngone,30\n,30\n")
    page = explore_page(*explore(tmp_path, tmp_path / "cache"), "ru")
    for wrong in (
        "labels.csv, строка 2: не указан возраст: a",
        "labels.csv, строка 3: возраст 130 не от 0 до 120",
        f"labels.csv, строка 4: в папке {tmp_path.name}/ нет фотографии gone",
        f"labels.csv, строка 5: в папке {tmp_path.name}/ нет фотографии (имя пустое)",
    ):
        assert wrong in page


def test_a_source_may_have_a_name_that_is_not_utf_8(tmp_path: Path, lay_out: LayOut) -> None:
    # OpenCV, which writes the photos, crashes on such a name.
    data = lay_out(tmp_path / "odd", {"plain": "30", "nobody": "31"}).rename(tmp_path / os.fsdecode(b"odd\xff"))
    (data / "final_files" / os.fsdecode(b"\xff.jpg")).touch()
    facts, pictures = explore(data, tmp_path / "cache")
    assert facts.rows == {r"odd\udcff": 2}
    assert facts.without_face == ("final_files/nobody.jpg",)
    assert facts.files_without_a_row == ("final_files/\N{REPLACEMENT CHARACTER}.jpg",)
    explore_page(facts, pictures).encode()
    facts.model_dump_json().encode()


def crash_or_inspect(path: Path) -> object:
    if path.name == "dark.jpg":
        os.abort()
    return _inspect(path)


def test_a_photo_that_crashes_its_decoder_is_unreadable(
    tmp_path: Path, lay_out: LayOut, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("train.explore._inspect", crash_or_inspect)
    data = lay_out(tmp_path / "data", {"plain": "30", "dark": "31", "big": "32"})
    facts, _ = explore(data, tmp_path / "cache")
    assert facts.unreadable == ("final_files/dark.jpg",)
    assert sum(facts.sizes.values()) == 2


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_photo_that_may_not_be_read_is_unreadable(tmp_path: Path, lay_out: LayOut) -> None:
    data = lay_out(tmp_path / "data", {"plain": "30", "dark": "31"})
    (data / "final_files" / "dark.jpg").chmod(0)
    assert explore(data, tmp_path / "cache")[0].unreadable == ("final_files/dark.jpg",)


@pytest.mark.parametrize("name", ["labels.csv", "."])
def test_a_labels_file_that_is_not_utf8_is_reported(tmp_path: Path, name: str) -> None:
    (tmp_path / "labels.csv").write_bytes("file_name,age\nЁлка.jpg,30\n".encode("cp1251"))
    with pytest.raises(UsageError, match=r"labels\.csv cannot be .*: line 2 looks like Windows-1251: save the file as"):
        explore(tmp_path / name)


def test_a_folder_without_labels_is_reported(tmp_path: Path, lay_out: LayOut) -> None:
    data = lay_out(tmp_path / "data", {"plain": "30"})
    (data / "labels.csv").unlink()
    with pytest.raises(UsageError, match=r"no labels\.csv in"):
        explore(data)


def test_rows_with_impossible_file_names_do_not_break_the_report(tmp_path: Path, lay_out: LayOut) -> None:
    data = lay_out(tmp_path / "data", {"plain": "30"})
    elsewhere = tmp_path / "elsewhere.jpg"
    elsewhere.write_bytes((data / "final_files" / "plain.jpg").read_bytes())
    with (data / "labels.csv").open("a") as labels:
        labels.write(f'{elsewhere},31\n"' + "an unclosed quote,31\n" * 50)
    facts, pictures = explore(data, tmp_path / "cache")
    assert facts.rows == {"data": 2}
    assert len(facts.broken_rows) == 1
    assert explore_page(facts, pictures)


def test_a_source_may_have_any_name(tmp_path: Path, lay_out: LayOut) -> None:
    data = lay_out(tmp_path / "data" / r"$\frac$", {"plain": "30"})
    assert r"$\frac$" in explore_page(*explore(data.parent, tmp_path / "cache"))


def test_a_photo_with_a_broken_row_is_not_reported_as_without_a_row(tmp_path: Path, lay_out: LayOut) -> None:
    facts, _ = explore(lay_out(tmp_path / "data", {"plain": "130"}), tmp_path / "cache")
    assert len(facts.broken_rows) == 1
    assert facts.files_without_a_row == ()
