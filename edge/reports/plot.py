"""Draws values with their intervals as inline SVG, in the colours of the page."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from edge.commands import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edge.reports.shares import Share

_WIDTH, _ROW, _TOP, _BOTTOM = 720, 26, 28, 42
_LEFT, _RIGHT = 190, 690
"""In SVG units: the whole width, the height of a row, the margins above and below, the two ends of the axis."""

_LONGEST_LABEL = 22
"""In characters."""


@dataclass(frozen=True, slots=True)
class Dot:
    """A value with its 95 % interval. tooltip: text shown when the mouse is over the dot."""

    name: str
    value: float
    low: float
    high: float
    tooltip: str


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis from 0 to `end` in five steps. label: formats a value. mark: the position and name of a dashed line."""

    title: str
    end: float
    label: Callable[[float], str]
    mark: tuple[float, str] | None = None


def plot_shares(shares: Sequence[tuple[str, Share]], total: Share, title: str) -> str:
    """Plots each named share with its 95 % interval, and the total as a dashed line.

    shares: at least one. title: of the axis.
    """
    dots = []
    for name, share in shares:
        low, high = share.interval
        tooltip = f"{share.hits} of {share.trials}, {100 * low:.1f} to {100 * high:.1f} %"
        dots.append(Dot(name, share.value, low, high, tooltip))
    end = end_of_axis([dot.high for dot in dots])
    return plot_dots(dots, Axis(title, end, lambda value: f"{100 * value:g} %", (total.value, "all together")))


def plot_dots(dots: Sequence[Dot], axis: Axis) -> str:
    """An SVG element with a row for each dot. dots: at least one. Values beyond the end of the axis are drawn there."""
    bottom = _TOP + _ROW * len(dots)

    def x(value: float) -> str:
        return f"{_LEFT + (_RIGHT - _LEFT) * min(value, axis.end) / axis.end:.1f}"

    parts = []
    for step in range(6):
        value = axis.end * step / 5
        parts.append(f'<line class="grid" x1="{x(value)}" x2="{x(value)}" y1="{_TOP}" y2="{bottom}"/>')
        parts.append(f'<text x="{x(value)}" y="{bottom + 16}" text-anchor="middle">{escape(axis.label(value))}</text>')
    middle = (_LEFT + _RIGHT) / 2
    parts.append(f'<text x="{middle}" y="{bottom + 36}" text-anchor="middle">{escape(axis.title)}</text>')
    if axis.mark:
        position, name = axis.mark
        parts.append(f'<line class="all" x1="{x(position)}" x2="{x(position)}" y1="{_TOP}" y2="{bottom}"/>')
        parts.append(f'<text x="{x(position)}" y="{_TOP - 8}" text-anchor="middle">{escape(name)}</text>')
    for row, dot in enumerate(dots):
        y = _TOP + _ROW * (row + 0.5)
        parts.append(
            f"<g><title>{escape(visible(f'{dot.name}: {dot.tooltip}'))}</title>"
            f'<text x="{_LEFT - 12}" y="{y + 5}" text-anchor="end">{escape(_shortened(visible(dot.name)))}</text>'
            f'<line class="interval" x1="{x(dot.low)}" x2="{x(dot.high)}" y1="{y}" y2="{y}"/>'
            f'<circle cx="{x(dot.value)}" cy="{y}" r="5"/></g>'
        )
    line = f", and a dashed line for {axis.mark[1]}" if axis.mark else ""
    description = f"{axis.title}: for each name a dot with its 95 % interval{line}"
    body = "\n".join(parts)
    return (
        f'<svg class="shares" viewBox="0 0 {_WIDTH} {bottom + _BOTTOM}" role="img" '
        f'aria-label="{escape(description)}">\n{body}\n</svg>'
    )


def end_of_axis(highs: Sequence[float]) -> float:
    """The smallest round share that is not below any of these."""
    return next((end for end in (0.05, 0.1, 0.2, 0.5) if max(highs) <= end), 1.0)


def _shortened(name: str) -> str:
    return name if len(name) <= _LONGEST_LABEL else f"{name[: _LONGEST_LABEL - 1]}…"
