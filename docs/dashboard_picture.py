"""Draws docs/dashboard.png: every panel of deploy/grafana/edge-agent.json, with data from a running Prometheus.

    python docs/dashboard_picture.py http://127.0.0.1:9090 --minutes 10

It needs matplotlib. It is not a screenshot of Grafana: panels, places and queries are the dashboard's, the drawing is
its own.
"""

from __future__ import annotations

import argparse
import json
import re
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib.dates as mdates
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter
from PIL import Image

DOCS = Path(__file__).parent
DASHBOARD = json.loads((DOCS.parent / "deploy" / "grafana" / "edge-agent.json").read_text(encoding="utf-8"))
STEP_S = 5
_MOST_ROWS = 6
_CHARACTERS = 8
"""Of a table, that fit on one of the 24 columns of the page. A cell has a quarter of a table's at most."""
UNITS = {
    "s": lambda value, _=None: f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s",
    "percentunit": lambda value, _=None: f"{value:.0%}",
    "bytes": lambda value, _=None: f"{value / 1e6:.0f} MB",
    "short": lambda value, _=None: f"{value:.3g}",
}
COLOURS = {
    "green": "#73bf69", "red": "#f2495c", "orange": "#ff9830", "yellow": "#fade2a", "blue": "#5794f2",
    "purple": "#b877d9", "text": "#6e7077",
}  # fmt: skip
CYCLE = ["#73bf69", "#f2cc0c", "#5794f2", "#ff9830", "#f2495c", "#b877d9", "#8ab8ff", "#ffa6b0"]


class Prometheus:
    def __init__(self, address: str, minutes: float, ago_s: float) -> None:
        self._address, self.end_s = address, time.time() - ago_s
        self.start_s = self.end_s - 60 * minutes

    def series(self, query: str) -> list[tuple[dict[str, str], np.ndarray, np.ndarray]]:
        """Labels, times (s) and values of each series that a query returns; NaN where there is no value."""
        parameters = {"query": query, "start": self.start_s, "end": self.end_s, "step": STEP_S}
        times = np.arange(self.start_s, self.end_s + 1e-6, STEP_S)
        found = []
        for series in self._get("query_range", parameters):
            values = np.full(len(times), np.nan)
            for at_s, value in series["values"]:
                values[round((at_s - self.start_s) / STEP_S)] = float(value)
            found.append((series["metric"], times, values))
        return found

    def rows(self, query: str) -> list[dict[str, str]]:
        return [series["metric"] for series in self._get("query", {"query": query, "time": self.end_s})]

    def _get(self, endpoint: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
        text = urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(f"{self._address}/api/v1/{endpoint}?{text}", timeout=30) as response:
            return json.load(response)["data"]["result"]


def query_of(target: dict[str, Any]) -> str:
    filled = target["expr"].replace("$__rate_interval", "30s").replace("$by", "store, box, lane")
    return re.sub(r"\$\w+", ".*", filled)


def name_of(target: dict[str, Any], labels: dict[str, str]) -> str:
    return re.sub(r"\{\{(\w+)\}\}", lambda found: labels.get(found[1], ""), target["legendFormat"])


def fixed_colours(panel: dict[str, Any]) -> dict[str, str]:
    found = {}
    for override in panel["fieldConfig"]["overrides"]:
        for setting in override["properties"]:
            if setting["id"] == "color":
                found[override["matcher"]["options"]] = COLOURS[setting["value"]["fixedColor"]]
    return found


def overridden(panel: dict[str, Any], setting_id: str) -> set[str]:
    """The names of the series that override a setting of the panel."""
    return {
        override["matcher"]["options"]
        for override in panel["fieldConfig"]["overrides"]
        if any(setting["id"] == setting_id for setting in override["properties"])
    }


def draw_lines(axes: Axes, panel: dict[str, Any], prometheus: Prometheus) -> None:
    fixed, cycle = fixed_colours(panel), iter(CYCLE * 4)
    own_axis, unstacked = (overridden(panel, setting_id) for setting_id in ("custom.axisPlacement", "custom.stacking"))
    stacked = "stacking" in panel["fieldConfig"]["defaults"]["custom"]
    below: np.ndarray | float = 0.0
    handles = []
    for target in panel["targets"]:
        for labels, times, values in prometheus.series(query_of(target)):
            name, when = name_of(target, labels), times / 86400
            colour = fixed.get(name) or next(cycle)
            where = axes.twinx() if name in own_axis else axes
            if stacked and name not in unstacked:
                top = below + np.nan_to_num(values)
                handles.append(where.fill_between(when, below, top, color=colour, alpha=0.6, lw=0.8, label=name))
                below = top
            else:
                handles += where.plot(when, values, color=colour, lw=1.2, label=name)
            if where is not axes:
                for side in where.spines.values():
                    side.set_visible(False)
                where.set_ylim(bottom=0)
                where.tick_params(labelsize=6)
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(FuncFormatter(UNITS[panel["fieldConfig"]["defaults"]["unit"]]))
    when_axis(axes, prometheus)
    axes.grid(alpha=0.15)
    if handles:
        axes.legend(handles=handles, fontsize=6, loc="upper left", bbox_to_anchor=(0, -0.12), ncols=4, frameon=False,
                    borderaxespad=0, columnspacing=1, handlelength=1)  # fmt: skip


def draw_stat(axes: Axes, panel: dict[str, Any], prometheus: Prometheus) -> None:
    defaults = panel["fieldConfig"]["defaults"]
    axes.axis("off")
    found = prometheus.series(query_of(panel["targets"][0]))
    for number, (labels, _, values) in enumerate(found):
        known = values[~np.isnan(values)]
        if not len(known):
            continue
        steps = [
            step for step in defaults["thresholds"]["steps"] if step["value"] is None or known[-1] >= step["value"]
        ]
        height = 1 - (number + 0.5) / len(found)
        axes.text(0.03, height, name_of(panel["targets"][0], labels), fontsize=7, va="center", transform=axes.transAxes)
        axes.text(0.97, height, UNITS[defaults["unit"]](known[-1]), fontsize=13, va="center", ha="right",
                  color=COLOURS[steps[-1]["color"]], transform=axes.transAxes)  # fmt: skip


def draw_states(axes: Axes, panel: dict[str, Any], prometheus: Prometheus) -> None:
    words = panel["fieldConfig"]["defaults"]["mappings"][0]["options"]
    found = prometheus.series(query_of(panel["targets"][0]))
    for number, (_, times, values) in enumerate(found):
        for state, word in words.items():
            spans = [(at_s / 86400, STEP_S / 86400) for at_s in times[values == float(state)]]
            axes.broken_barh(spans, (number - 0.35, 0.7), color=COLOURS[word["color"]], label=word["text"])
    axes.set_yticks(range(len(found)), [name_of(panel["targets"][0], labels) for labels, *_ in found])
    known = dict(zip(*axes.get_legend_handles_labels()[::-1], strict=True))
    axes.legend(known.values(), known, fontsize=6, loc="upper left", bbox_to_anchor=(0, -0.18), ncols=5, frameon=False)
    when_axis(axes, prometheus)


def draw_table(axes: Axes, panel: dict[str, Any], prometheus: Prometheus) -> None:
    """Only columns with values."""
    fitting = _CHARACTERS * panel["gridPos"]["w"]
    rows = prometheus.rows(query_of(panel["targets"][0]))
    columns = [name for name in panel["transformations"][0]["options"]["indexByName"] if any(map(has(name), rows))]
    cells = [columns, *([row.get(name, "")[: fitting // 4] for name in columns] for row in rows[:_MOST_ROWS])]
    widths = [max(len(row[number]) for row in cells) + 2 for number in range(len(columns))]
    axes.axis("off")
    for number, row in enumerate(cells):
        for column, text in enumerate(row):
            x = sum(widths[:column]) / max(sum(widths), fitting)
            colour = "white" if number else COLOURS["text"]
            axes.text(x, 1 - number / (_MOST_ROWS + 1), text, fontsize=7, color=colour, va="top",
                      transform=axes.transAxes)  # fmt: skip


def has(column: str) -> Callable[[dict[str, str]], bool]:
    return lambda row: bool(row.get(column))


def when_axis(axes: Axes, prometheus: Prometheus) -> None:
    axes.set_xlim(prometheus.start_s / 86400, prometheus.end_s / 86400)
    axes.xaxis.set_major_locator(mdates.MinuteLocator(interval=2))
    axes.xaxis.set_major_formatter(mdates.DateFormatter("%H:%M"))
    axes.tick_params(labelsize=6)


DRAW = {"timeseries": draw_lines, "stat": draw_stat, "state-timeline": draw_states, "table": draw_table}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("prometheus", help="http://HOST:PORT")
    parser.add_argument("--minutes", type=float, default=10, help="length of the period to show")
    parser.add_argument("--ago", type=float, default=0, help="seconds since the end of the period")
    parser.add_argument("--out", type=Path, default=DOCS / "dashboard.png")
    arguments = parser.parse_args()
    prometheus = Prometheus(arguments.prometheus, arguments.minutes, arguments.ago)
    plt.style.use("dark_background")
    rows = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in DASHBOARD["panels"])
    figure = plt.figure(figsize=(15, rows * 0.3 + 0.4), facecolor="#111217")
    figure.text(0.012, 0.985, DASHBOARD["title"], fontsize=13, va="top")
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        x, width, height = place["x"] / 24, place["w"] / 24, place["h"] / rows * 0.965
        y = 0.965 * (1 - (place["y"] + place["h"]) / rows)
        card = figure.add_axes((x + 0.002, y + 0.002, width - 0.004, height - 0.004), facecolor="#181b1f")
        card.set(xticks=[], yticks=[])
        for side in card.spines.values():
            side.set_color("#2c3235")
        card.text(0.012, 1 - 0.14 / place["h"] * 3, panel["title"], fontsize=9, va="center", transform=card.transAxes)
        left = 0.08 if panel["type"] == "state-timeline" else 0.032
        inner = (x + left, y + height * 0.24, width - left - 0.018, height * 0.58)
        axes = figure.add_axes(inner, facecolor="#181b1f")
        for side in axes.spines.values():
            side.set_visible(False)
        DRAW[panel["type"]](axes, panel, prometheus)
    figure.savefig(arguments.out, dpi=80, facecolor=figure.get_facecolor())
    with Image.open(arguments.out) as picture:
        picture.convert("RGB").quantize(96).save(arguments.out, optimize=True)


if __name__ == "__main__":
    main()
