"""Shares with their intervals, drawn as SVG that stands inside a page and takes its colours."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from edge.report.tables import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.report.shares import Share

_WIDTH, _ROW, _TOP, _BOTTOM = 720, 26, 28, 42
_LEFT, _RIGHT = 190, 690
_LONGEST_LABEL = 22


def plot_shares(shares: Sequence[tuple[str, Share]], together: Share, axis: str) -> str:
    """An SVG element: for each name a dot with its 95 % interval, and a broken line where all of them lie together.

    shares: at least one. axis: what the shares are of.
    """
    end = _end_of_axis([share.interval[1] for _, share in shares])
    bottom = _TOP + _ROW * len(shares)

    def x(value: float) -> str:
        return f"{_LEFT + (_RIGHT - _LEFT) * value / end:.1f}"

    parts = []
    for step in range(6):
        value = end * step / 5
        parts.append(f'<line class="grid" x1="{x(value)}" x2="{x(value)}" y1="{_TOP}" y2="{bottom}"/>')
        parts.append(f'<text x="{x(value)}" y="{bottom + 16}" text-anchor="middle">{100 * value:g} %</text>')
    parts.append(f'<text x="{(_LEFT + _RIGHT) / 2}" y="{bottom + 36}" text-anchor="middle">{escape(axis)}</text>')
    parts.append(f'<line class="all" x1="{x(together.value)}" x2="{x(together.value)}" y1="{_TOP}" y2="{bottom}"/>')
    parts.append(f'<text x="{x(together.value)}" y="{_TOP - 8}" text-anchor="middle">all together</text>')
    for row, (name, share) in enumerate(shares):
        low, high = share.interval
        y = _TOP + _ROW * (row + 0.5)
        words = f"{name}: {share.hits} of {share.trials}, {100 * low:.1f} to {100 * high:.1f} %"
        parts.append(
            f"<g><title>{escape(visible(words))}</title>"
            f'<text x="{_LEFT - 12}" y="{y + 5}" text-anchor="end">{escape(_shortened(visible(name)))}</text>'
            f'<line class="interval" x1="{x(low)}" x2="{x(high)}" y1="{y}" y2="{y}"/>'
            f'<circle cx="{x(share.value)}" cy="{y}" r="5"/></g>'
        )
    label = f"{axis}: a dot with its 95 % interval for each, and a broken line for all together"
    body = "\n".join(parts)
    return (
        f'<svg class="shares" viewBox="0 0 {_WIDTH} {bottom + _BOTTOM}" role="img" aria-label="{escape(label)}">\n'
        f"{body}\n</svg>"
    )


def _end_of_axis(highs: list[float]) -> float:
    """The least round share that leaves nothing out."""
    return next((end for end in (0.05, 0.1, 0.2, 0.5) if max(highs) <= end), 1.0)


def _shortened(name: str) -> str:
    return name if len(name) <= _LONGEST_LABEL else f"{name[: _LONGEST_LABEL - 1]}…"
