"""Which names tell the lanes of a report apart, and the names of records of older versions."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.records.records import SaleRecord
from edge.reports.places import LanePlace, lanes_of, names_of, place_of, with_place
from tests.edge.reports.conftest import MakeFolder, RunReport, recent_sale, sale_of


@pytest.mark.parametrize(
    ("places", "names"),
    [
        ([("hill", "hill-01", "lane-1"), ("hill", "hill-01", "wine")], ["lane-1", "wine"]),
        ([("hill", "hill-01", "lane-1"), ("hill", "hill-02", "lane-1")], ["hill-01/lane-1", "hill-02/lane-1"]),
        ([("hill", "debian", "lane-1"), ("sea", "debian", "lane-1")], ["hill/lane-1", "sea/lane-1"]),
        (
            [("hill", "1", "lane-1"), ("hill", "2", "lane-1"), ("sea", "1", "lane-1")],
            ["hill/1/lane-1", "hill/2/lane-1", "sea/1/lane-1"],
        ),
        ([("hill", "", "old"), ("hill", "hill-01", "wine")], ["old", "wine"]),
        ([("hill", "", "old"), ("hill", "1", "wine"), ("hill", "2", "wine")], ["old", "1/wine", "2/wine"]),
    ],
)
def test_lanes_have_the_shortest_names_that_differ(places: list[LanePlace], names: list[str]) -> None:
    assert list(map(names_of(places), places)) == names


def test_a_lane_without_a_known_box_is_the_one_of_the_same_name() -> None:
    old, new, other = ("hill", "", "wine"), ("hill", "hill-01", "wine"), ("sea", "", "wine")
    assert lanes_of([old, new, other]) == {new, other}


def test_sales_of_older_versions_get_the_names_of_the_next_one() -> None:
    older, newer = sale_of(), sale_of(store="hill", box="hill-01")
    assert [place_of(sale)[:2] for sale in with_place([older, newer], "now", "now-01")] == [("hill", "hill-01")] * 2
    renamed = [newer, sale_of(store="sea", box="sea-01"), older]
    assert [place_of(sale)[:2] for sale in with_place(renamed, "now", "now-01")] == [
        ("hill", "hill-01"), ("sea", "sea-01"), ("now", "now-01"),
    ]  # fmt: skip


@pytest.fixture
def two_boxes(state_folder: MakeFolder) -> tuple[Path, ...]:
    """The logs of two boxes whose lanes have the same name, as their backups lie side by side."""

    def box(store: str, number: int) -> Path:
        sales = [at(recent_sale("anna"), store, f"{store}-{number}") for _ in range(2)]
        return state_folder(*sales, lane=f"{store}-{number}")

    return box("hill", 1), box("sea", 7)


def at(sale: SaleRecord, store: str, box: str) -> SaleRecord:
    return sale.model_copy(update={"store": store, "box": box})


def test_the_sales_of_several_boxes_name_store_and_lane(printed: RunReport, two_boxes: tuple[Path, ...]) -> None:
    text = printed("sales", "--state-dir", *two_boxes)
    assert "Stores: hill, sea. Lanes: 2." in text
    assert "hill/lane-1, till-1" in text
    assert "sea/lane-1, till-1" in text
    first, *rows = printed("sales", "--state-dir", *two_boxes, "--csv", "-").splitlines()
    assert first.endswith(",store,box")
    assert sorted(row.rpartition(",")[2] for row in rows) == ["hill-1", "hill-1", "sea-7", "sea-7"]
    assert "lane-1, till-1" in printed("sales", "--state-dir", two_boxes[0])
    assert "hill/" not in printed("sales", "--state-dir", two_boxes[0])


def test_cashiers_with_the_same_number_in_two_stores_are_two_people(
    printed: RunReport, two_boxes: tuple[Path, ...]
) -> None:
    rows = printed("cashiers", "--state-dir", *two_boxes, "--csv", "-").splitlines()[1:]
    assert [row.split(",")[:3] for row in rows] == [["hill", "anna", "2"], ["sea", "anna", "2"]]
