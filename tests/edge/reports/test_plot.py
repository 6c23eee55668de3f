"""Pictures: shares with their intervals, as accessible SVG."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from edge.reports.plot import BAD, MARK, Dot, drawing, plot_shares
from edge.reports.shares import Share


def labels(svg: str) -> list[str]:
    """Of the wide drawing's axis."""
    return re.findall(r">([\d.]+ %)<", drawings(svg)[0])


def drawings(svg: str) -> list[str]:
    """The wide and the narrow one."""
    return re.findall("<svg.*?</svg>", svg, re.DOTALL)


def test_each_share_has_a_dot_an_interval_and_a_tooltip() -> None:
    svg = plot_shares([("anna", Share(10, 100)), ("boris", Share(2, 100))], Share(12, 200), "share")
    assert labels(svg) == ["0 %", "4 %", "8 %", "12 %", "16 %", "20 %"]
    assert [each.count("<title>anna: 10 / 100, 5.5 – 17.4 %</title>") for each in drawings(svg)] == [2, 2]
    assert 'role="img" aria-label="share: anna 10 %; boris 2 %"' in svg
    assert ">all together</text>" in svg


def test_who_stands_out_has_another_colour_and_shape() -> None:
    plain = plot_shares([("anna", Share(10, 100))], Share(12, 200), "share")
    marked = plot_shares([("anna", Share(10, 100))], Share(12, 200), "share", worst=frozenset({"anna"}))
    assert MARK in plain
    assert BAD not in plain
    assert BAD in marked


@pytest.mark.parametrize(("share", "end"), [(Share(0, 500), "5 %"), (Share(1, 50), "20 %"), (Share(9, 10), "100 %")])
def test_the_axis_ends_at_the_next_round_share(share: Share, end: str) -> None:
    assert labels(plot_shares([("anna", share)], share, "share"))[-1] == end


def test_a_long_or_hostile_name_is_shortened_and_escaped() -> None:
    svg = plot_shares(
        [("<script>\u202e" + "x" * 99, Share(1, 40)), ("收银员 $x^2$", Share(1, 40))], Share(1, 2), "a & b"
    )
    for each in drawings(svg):
        ElementTree.fromstring(each)
    assert "&lt;script&gt;\\u202exxxxxxx…</text>" in svg
    assert "收银员 $x^2$</text>" in svg
    assert "a &amp; b" in svg


def test_a_phone_gets_a_narrower_drawing_with_letters_as_large_and_names_in_two_lines() -> None:
    wide, narrow = drawings(plot_shares([("Anna-Maria Petrova", Share(10, 100))], Share(12, 200), "share"))
    widths = [float(re.findall(r'viewBox="0 0 ([\d.]+)', each)[0]) for each in (wide, narrow)]
    assert widths[0] > 2 * widths[1]
    assert wide.startswith('<svg class="plot" ')
    assert narrow.startswith('<svg class="plot phone" ')
    assert ">Anna-Maria Petrova</text>" in wide
    assert ">Petrova</text>" in narrow
    sizes = [set(re.findall(r"font: ([\d.]+px)", each)) for each in (wide, narrow)]
    assert sizes[0] == sizes[1]


def test_pictures_share_no_ids_and_equal_ones_are_equal() -> None:
    def draw(number: int) -> str:
        return drawing(lambda axes: axes.plot([1, 2], [number, 3], "o") and None, "a line")

    first, second = draw(1), draw(2)
    assert first == draw(1)
    ids = [set(re.findall(r' id="([^"]+)"', svg)) for svg in (first, second)]
    assert not [name for name in ids[0] | ids[1] if "figure" in name or "axes" in name]


def test_dots_beyond_the_axis_are_drawn_at_its_end() -> None:
    from edge.reports.plot import Axis, plot_dots

    svg = plot_dots([Dot("anna", 9.0, 1.0, 20.0, "9")], Axis("lift", 5.0, "{:g}".format))
    assert ">5</text>" in svg
    assert ">9</text>" not in svg
