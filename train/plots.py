"""Plots as inline SVG, readable on light and dark pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import StringIO

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

Drawing = Callable[[Axes], None]
_GREY = "#808080"


def svg(draw: Drawing, width: float = 7.2, height: float = 3.4) -> str:
    """An SVG element with axes that `draw` has drawn on. width, height: in inches. Equal drawings give equal text."""
    style = {
        "svg.hashsalt": "edge", "text.parse_math": False, "svg.fonttype": "none", "font.size": 10,
        "text.color": _GREY, "axes.labelcolor": _GREY, "axes.edgecolor": _GREY,
        "xtick.color": _GREY, "ytick.color": _GREY,
        "axes.spines.top": False, "axes.spines.right": False,
    }  # fmt: skip
    with matplotlib.rc_context(style):  # type: ignore[arg-type]
        figure = Figure((width, height), layout="constrained")
        figure.patch.set_alpha(0)
        axes = figure.add_subplot()
        axes.patch.set_alpha(0)
        draw(axes)
        text = StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    whole = text.getvalue()
    return re.sub(r'width="[^"]+" height="[^"]+"', 'width="100%"', whole[whole.index("<svg") :], count=1)
