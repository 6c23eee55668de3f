"""Plots as SVG that stands inside a page, readable on light and dark."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import StringIO

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

Drawing = Callable[[Axes], None]
_INK = "#808080"


def svg(draw: Drawing, width: float = 7.2, height: float = 3.4) -> str:
    """An SVG element with what `draw` puts on the axes; sizes in inches. The same drawing gives the same text."""
    style = {
        "svg.hashsalt": "edge", "text.parse_math": False, "svg.fonttype": "none", "font.size": 10,
        "text.color": _INK, "axes.labelcolor": _INK, "axes.edgecolor": _INK, "xtick.color": _INK, "ytick.color": _INK,
        "axes.spines.top": False, "axes.spines.right": False,
    }  # fmt: skip
    with matplotlib.rc_context(style):
        figure = Figure((width, height), layout="constrained")
        figure.patch.set_alpha(0)
        axes = figure.add_subplot()
        axes.patch.set_alpha(0)
        draw(axes)
        text = StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    whole = text.getvalue()
    return re.sub(r'width="[^"]+" height="[^"]+"', 'width="100%"', whole[whole.index("<svg") :], count=1)
