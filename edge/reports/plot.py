"""Draws pictures for the pages, as SVG.

With matplotlib: axes that fit their data, ticks, dates, bars and heat maps come with it, and it is there anyway
(mediapipe brings it along). The page's stylesheet exchanges the colours of `PLOT_COLOURS` when the page is dark. Text
is text that can be searched, and each picture and each dot says what it shows. Each picture is drawn twice, the second
time narrower, for phones: letters of a picture that a phone shrinks are too small. The stylesheet shows one of the two.
"""

from __future__ import annotations

import re
import textwrap
import warnings
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Literal

from markupsafe import Markup, escape

from edge.commands import visible
from edge.reports.shares import Share

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from matplotlib.axes import Axes

Tone = Literal["plain", "bad", "good"]

MARK, BAD, GOOD = "#1d5fa8", "#b3261e", "#1b6e3c"
INK, QUIET, LINE = "#1b1f24", "#59626d", "#d5dae0"
"""Colours to draw with, on light pages: for values, for those that stand out, for words, axes and grids."""

SERIES = (MARK, "#b25c00", "#1b7f79", "#8e3b8a", "#6a7b1c", "#7a4a32")
"""Colours of several series in one picture. They differ for readers who see no red or green, and in brightness."""

PLOT_COLOURS = (
    (MARK, "#8ab8ea"), (BAD, "#ff9a90"), (GOOD, "#7fd19b"), (INK, "#e7eaee"), (QUIET, "#a4adb8"), (LINE, "#3a424c"),
    (SERIES[1], "#f2a65a"), (SERIES[2], "#6fd0c8"), (SERIES[3], "#e29be0"), (SERIES[4], "#c3d66b"),
    (SERIES[5], "#d3a48a"),
)  # fmt: skip
"""Each colour on light pages, and the one that takes its place on dark pages."""

_LONGEST_LABEL, _LABEL_LINE = 22, 13
"""In characters; and of a line of it on a phone."""
_TITLE_LINE = 30
"""Of a line of an axis' title on a phone, in characters."""
_WIDTH_IN, _PHONE_WIDTH_IN = 7.2, 3.5
"""Of a picture, in inches of 72 points."""
_CHARACTERS_PER_IN, _LEGEND_MARK = 13, 8
"""Of a line of text; and the room for a series' mark in a legend, in characters."""
_ROW_IN, _PHONE_ROW_IN, _MARGIN_IN = 0.29, 0.38, 0.95
"""In inches: the height of a row of dots, and the space above and below them."""


@dataclass(frozen=True, slots=True)
class Dot:
    """A value with its 95 % interval. tooltip: shown when the mouse is over the dot. tone: whether it stands out."""

    name: str
    value: float
    low: float
    high: float
    tooltip: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis from 0 to `end` in five steps. label: formats a value. mark: the position and name of a dashed line."""

    title: str
    end: float
    label: Callable[[float], str]
    mark: tuple[float, str] | None = None


def drawing(
    draw: Callable[[Axes], None], title: str, height_in: float = 3.4, tooltips: Mapping[str, str] | None = None,
    phone_height_in: float | None = None,
) -> Markup:  # fmt: skip
    """Two SVG elements with what `draw` has drawn, for screens and paper, and for phones. Equal drawings give equal
    text.

    draw: is called for both; `is_for_phone` tells them apart. title: says in one sentence what there is to see, for
    those who cannot. tooltips: by the `gid` of an artist, the text that is shown when the mouse is over it.
    phone_height_in: default: the other's.
    """
    wide = _svg(draw, (_WIDTH_IN, height_in))
    narrow = _svg(draw, (_PHONE_WIDTH_IN, phone_height_in or height_in))
    return _accessible(wide, title, tooltips or {}) + _accessible(narrow, title, tooltips or {}, "phone")


def is_for_phone(axes: Axes) -> bool:
    """Whether a drawing is the narrow one."""
    return _width_in(axes) < (_PHONE_WIDTH_IN + _WIDTH_IN) / 2


def _width_in(axes: Axes) -> float:
    return float(axes.figure.bbox.width / axes.figure.dpi)


def axis_label(axes: Axes, name: str) -> str:
    """A name that fits beside an axis: shortened, on a phone in two lines."""
    name = shortened_label(name)
    return textwrap.fill(name, _LABEL_LINE) if is_for_phone(axes) else name


def band_ticks(axes: Axes, names: Sequence[str]) -> None:
    """Names below the bars of a picture, at 0, 1, 2 and so on; small and one word a line on a phone."""
    phone = is_for_phone(axes)
    axes.set_xticks(range(len(names)), [name.replace(" ", "\n") if phone else name for name in names])
    axes.tick_params(axis="x", labelsize=8 if phone else 10)


def legend(axes: Axes) -> None:
    """The names of the series above the picture, in as many columns as have room."""
    names = axes.get_legend_handles_labels()[1]
    room = _width_in(axes) * _CHARACTERS_PER_IN
    columns = int(room / (max(map(len, names)) + _LEGEND_MARK))
    axes.legend(
        loc="lower center", bbox_to_anchor=(0.5, 1), ncols=max(1, min(columns, len(names))), frameon=False,
        handlelength=1.4,
    )  # fmt: skip


def _svg(draw: Callable[[Axes], None], size_in: tuple[float, float]) -> str:
    """A whole SVG file."""
    # Loading matplotlib takes half a second, and only pages need it.
    import matplotlib
    from cycler import cycler
    from matplotlib.figure import Figure

    style = {
        "svg.hashsalt": "edge", "svg.fonttype": "none", "text.parse_math": False, "font.size": 10,
        "text.color": INK, "axes.labelcolor": QUIET, "axes.edgecolor": LINE, "xtick.color": LINE, "ytick.color": LINE,
        "xtick.labelcolor": QUIET, "ytick.labelcolor": INK, "grid.color": LINE, "grid.linewidth": 0.8,
        "axes.spines.top": False, "axes.spines.right": False, "axes.axisbelow": True,
        "axes.prop_cycle": cycler(color=SERIES),
    }  # fmt: skip
    with matplotlib.rc_context(style), warnings.catch_warnings():  # type: ignore[arg-type]
        # The reader's browser has the letters that matplotlib's own font lacks.
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        figure = Figure(size_in, layout="constrained")
        figure.patch.set_visible(False)
        axes = figure.add_subplot()
        axes.patch.set_visible(False)
        draw(axes)
        if is_for_phone(axes):
            axes.set_xlabel(textwrap.fill(axes.get_xlabel(), _TITLE_LINE, break_long_words=False))
        text = StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return text.getvalue()


def plot_shares(
    shares: Sequence[tuple[str, Share]], total: Share, title: str, mark: str = "all together",
    worst: frozenset[str] = frozenset(),
) -> Markup:  # fmt: skip
    """Plots each named share with its 95 % interval, and the total as a dashed line.

    shares: at least one, each of at least `edge.reports.shares.FEWEST_TRIALS` trials. title: of the axis. mark: the
    name of the dashed line. worst: the names that stand out.
    """
    dots = []
    for name, share in shares:
        low, high = share.interval
        tooltip = f"{share.hits} / {share.trials}, {100 * low:.1f} – {100 * high:.1f} %"
        dots.append(Dot(name, share.value, low, high, tooltip, "bad" if name in worst else "plain"))
    end = end_of_axis([dot.high for dot in dots])
    return plot_dots(dots, Axis(title, end, lambda value: f"{100 * value:g} %", (total.value, mark)))


def plot_dots(dots: Sequence[Dot], axis: Axis) -> Markup:
    """An SVG element with a row for each dot. dots: at least one. Values beyond the end of the axis are drawn there."""

    def draw(axes: Axes) -> None:
        for row, dot in enumerate(dots):
            colour = {"plain": MARK, "bad": BAD, "good": GOOD}[dot.tone]
            value, low, high = (min(number, axis.end) for number in (dot.value, dot.low, dot.high))
            axes.plot([low, high], [row, row], color=colour, linewidth=2, solid_capstyle="round", gid=f"interval-{row}")
            shape, size = ("o", 7) if dot.tone == "plain" else ("D", 7.5)
            axes.plot([value], [row], shape, color=colour, markersize=size, gid=f"dot-{row}", clip_on=False)
        axes.set_yticks(range(len(dots)), [axis_label(axes, dot.name) for dot in dots])
        axes.set_ylim(len(dots) - 0.5, -0.5)
        steps = [axis.end * step / 5 for step in range(6)]
        axes.set_xticks(steps, [axis.label(step) for step in steps])
        axes.set(xlim=(0, axis.end), xlabel=axis.title)
        axes.grid(axis="x")
        axes.tick_params(axis="both", length=0)
        axes.spines[["left", "bottom"]].set_visible(False)
        if axis.mark:
            position, name = min(axis.mark[0], axis.end), axis.mark[1]
            axes.axvline(position, color=QUIET, linestyle=(0, (4, 3)), linewidth=1.2, gid="mark")
            place = "left" if position < axis.end * 0.2 else "right" if position > axis.end * 0.8 else "center"
            axes.text(position, -0.62, name, ha=place, va="bottom", fontsize=9, color=QUIET)

    tooltips = {
        f"{kind}-{row}": f"{dot.name}: {dot.tooltip}" for row, dot in enumerate(dots) for kind in ("dot", "interval")
    }
    height, phone_height = (_MARGIN_IN + row * len(dots) for row in (_ROW_IN, _PHONE_ROW_IN))
    return drawing(draw, _described(dots, axis), height, tooltips, phone_height)


def end_of_axis(highs: Sequence[float]) -> float:
    """The smallest round share that is not below any of these."""
    return next((end for end in (0.05, 0.1, 0.2, 0.3, 0.5, 0.75) if max(highs) <= end), 1.0)


def shortened_label(name: str) -> str:
    """A name that fits beside an axis."""
    name = visible(name)
    return name if len(name) <= _LONGEST_LABEL else f"{name[: _LONGEST_LABEL - 1]}…"


def _described(dots: Sequence[Dot], axis: Axis) -> str:
    """The picture in one sentence: its values, which are also in the table beside it."""
    values = "; ".join(f"{dot.name} {axis.label(dot.value)}" for dot in dots)
    return f"{axis.title}: {values}"


def _accessible(whole: str, title: str, tooltips: Mapping[str, str], kind: str = "") -> Markup:
    """matplotlib's SVG file as an element of a page: with a name, with tooltips, without ids that others may have."""
    svg = whole[whole.index("<svg") :].rstrip()
    svg = re.sub(r'width="[^"]+" height="[^"]+"', "", svg, count=1)
    # Inside a page, SVG needs no namespaces.
    svg = re.sub(r' xmlns(:xlink)?="[^"]+"', "", svg).replace("xlink:href", "href")
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    for gid, text in tooltips.items():
        svg = svg.replace(f'<g id="{gid}">', f"<g><title>{escape(visible(text))}</title>", 1)
    referenced = set(re.findall(r'(?:href="|url\()#([^")]+)', svg))
    svg = re.sub(r' id="([^"]+)"', lambda found: found[0] if found[1] in referenced else "", svg)
    name = escape(visible(title))
    return Markup(
        re.sub(
            r"<svg ([^>]*)>",
            lambda found: f'<svg class="{f"plot {kind}".rstrip()}" role="img" aria-label="{name}" {found[1]}>',
            svg,
            count=1,
        )
    )
