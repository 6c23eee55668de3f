"""Which boxes a share has follows from their names, and from nothing else."""

from __future__ import annotations

from argparse import ArgumentTypeError

import pytest

from edge.fleet.share import percent, share_of

BOXES = [(f"store-{store}", f"lane-{lane}") for store in range(500) for lane in range(4)]


def test_a_box_has_the_same_number_on_every_machine() -> None:
    assert share_of("hill", "lane-3") == pytest.approx(0.555, abs=0.001)


def test_a_share_has_about_so_many_boxes_and_a_larger_one_has_them_too() -> None:
    shares = [{box for box in BOXES if share_of(*box) < share} for share in (0.1, 0.5, 1.0)]
    assert [len(boxes) / len(BOXES) for boxes in shares] == pytest.approx([0.1, 0.5, 1.0], abs=0.03)
    assert shares[0] < shares[1] < shares[2] == set(BOXES)


def test_store_and_box_are_not_just_glued_together() -> None:
    assert share_of("hill", "1lane") != share_of("hill1", "lane")


@pytest.mark.parametrize(("text", "share"), [("10%", 0.1), ("2.5 %", 0.025), ("0%", 0), ("100%", 1)])
def test_shares_are_written_in_percent(text: str, share: float) -> None:
    assert percent(text) == pytest.approx(share)


@pytest.mark.parametrize("text", ["10", "0.1", "101%", "-1%", "%", "ten%", "nan%"])
def test_what_is_no_share_is_rejected(text: str) -> None:
    with pytest.raises(ArgumentTypeError):
        percent(text)
