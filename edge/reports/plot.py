"""Shares with their intervals, drawn as SVG that stands inside a page and takes its colours."""

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
_LONGEST_LABEL = 22


@dataclass(frozen=True, slots=True)
class Dot:
    """A value with its interval. words: what is shown of it when it is pointed at."""

    name: str
    value: float
    low: float
    high: float
    words: str


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis from 0 to `end`, in five steps. says: a value in words. mark: where a broken line stands, and what it is
    called."""

    title: str
    end: float
    says: Callable[[float], str]
    mark: tuple[float, str] | None = None


def plot_shares(shares: Sequence[tuple[str, Share]], together: Share, axis: str) -> str:
    """For each name a dot with its 95 % interval, and a broken line where all of them lie together.

    shares: at least one. axis: what the shares are of.
    """
    dots = []
    for name, share in shares:
        low, high = share.interval
        words = f"{share.hits} of {share.trials}, {100 * low:.1f} to {100 * high:.1f} %"
        dots.append(Dot(name, share.value, low, high, words))
    end = end_of_axis([dot.high for dot in dots])
    return plot_dots(dots, Scale(axis, end, lambda value: f"{100 * value:g} %", (together.value, "all together")))


def plot_dots(dots: Sequence[Dot], scale: Scale) -> str:
    """An SVG element: a row for each dot. dots: at least one; what lies beyond the end of the scale is drawn there."""
    bottom = _TOP + _ROW * len(dots)

    def x(value: float) -> str:
        return f"{_LEFT + (_RIGHT - _LEFT) * min(value, scale.end) / scale.end:.1f}"

    parts = []
    for step in range(6):
        value = scale.end * step / 5
        parts.append(f'<line class="grid" x1="{x(value)}" x2="{x(value)}" y1="{_TOP}" y2="{bottom}"/>')
        parts.append(f'<text x="{x(value)}" y="{bottom + 16}" text-anchor="middle">{escape(scale.says(value))}</text>')
    middle = (_LEFT + _RIGHT) / 2
    parts.append(f'<text x="{middle}" y="{bottom + 36}" text-anchor="middle">{escape(scale.title)}</text>')
    if scale.mark:
        at, name = scale.mark
        parts.append(f'<line class="all" x1="{x(at)}" x2="{x(at)}" y1="{_TOP}" y2="{bottom}"/>')
        parts.append(f'<text x="{x(at)}" y="{_TOP - 8}" text-anchor="middle">{escape(name)}</text>')
    for row, dot in enumerate(dots):
        y = _TOP + _ROW * (row + 0.5)
        parts.append(
            f"<g><title>{escape(visible(f'{dot.name}: {dot.words}'))}</title>"
            f'<text x="{_LEFT - 12}" y="{y + 5}" text-anchor="end">{escape(_shortened(visible(dot.name)))}</text>'
            f'<line class="interval" x1="{x(dot.low)}" x2="{x(dot.high)}" y1="{y}" y2="{y}"/>'
            f'<circle cx="{x(dot.value)}" cy="{y}" r="5"/></g>'
        )
    line = f", and a broken line for {scale.mark[1]}" if scale.mark else ""
    label = f"{scale.title}: a dot with its 95 % interval for each{line}"
    body = "\n".join(parts)
    return (
        f'<svg class="shares" viewBox="0 0 {_WIDTH} {bottom + _BOTTOM}" role="img" aria-label="{escape(label)}">\n'
        f"{body}\n</svg>"
    )


def end_of_axis(highs: Sequence[float]) -> float:
    """The least round share that leaves nothing out."""
    return next((end for end in (0.05, 0.1, 0.2, 0.5) if max(highs) <= end), 1.0)


def _shortened(name: str) -> str:
    return name if len(name) <= _LONGEST_LABEL else f"{name[: _LONGEST_LABEL - 1]}…"
