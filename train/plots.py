"""The trainer's plots: inline SVG in the look of all pages."""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup
from matplotlib.axes import Axes

from edge.reports.plot import drawing

Drawing = Callable[[Axes], None]


def svg(draw: Drawing, title: str, height: float = 3.4) -> Markup:
    """An SVG element with axes that `draw` has drawn on. title: what there is to see. height: in inches."""
    return drawing(draw, title, height)
