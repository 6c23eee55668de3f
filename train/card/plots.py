"""The report card's plots, as SVG. Points from too few photos are not drawn."""

from __future__ import annotations

from functools import partial
from itertools import repeat

from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from edge.reports.plot import QUIET, band_ticks, legend
from train.card.facts import Card, GateEvidence, Study
from train.card.measures import FEWER, MeasuredError, MeasuredShare
from train.plots import Drawing, svg

CURVES = ("13-17-year-olds who pass", "25-40-year-olds who are asked")
"""Of the plot of limits."""

_NEAR = 1.15
"""Texts of limits that differ by a smaller factor would overlap."""


def plots(card: Card) -> list[tuple[str, str]]:
    """The card's plots: captions and SVG elements; an empty element where the caption says that photos are too few."""
    aged = any(_errors_by_band(card).values())
    curves = _curves(card)
    drawn: list[tuple[str, Drawing | None]] = [
        ("Share of people who pass without being asked, and who are asked unnecessarily, by the limit on P(under 18)"
         + "".join(f"; {label}: {FEWER} photos" for label in CURVES if curves and label not in curves),
         partial(_challenge, card=card) if curves else None),
        ("Mean error by age, with 95 % intervals", partial(_by_age, card=card) if aged else None),
        ("Bias by age, with 95 % intervals: above 0, predicted ages are too high",
         partial(_bias, card=card) if aged else None),
    ]  # fmt: skip
    if card.robust:
        sizes = partial(_sizes, card=card) if any(map(_points, card.sources, repeat(card))) else None
        drawn.append(("Mean error by distance between the eyes, in pixels", sizes))
    for evidence in card.gate:
        rejected = f"; grey: rejected by the gate as {evidence.reason}" if evidence.reason else ""
        enough = any(each.error.enough for each in evidence.bins)
        draw = partial(_gate, evidence=evidence) if enough else None
        drawn.append((f"Mean error by {evidence.measure}{rejected}", draw))
    if card.study:
        caption = "Mean error of short runs; hatched: the run was not trained on photos of this source"
        enough = any(error.enough for run in card.study.runs for error in run.errors.values())
        drawn.append((caption, partial(_study, study=card.study) if enough else None))
    return [(caption, svg(draw, caption)) if draw else (f"{caption}: {FEWER} photos", "") for caption, draw in drawn]


def _curves(card: Card) -> dict[str, list[MeasuredShare]]:
    """The curves of the plot of limits, each with one share for every limit; those from too few photos are omitted."""
    passed, asked = CURVES
    curves = {passed: [row.passed_13_17 for row in card.challenge], asked: [row.asked_25_40 for row in card.challenge]}
    return {label: shares for label, shares in curves.items() if shares and all(each.enough for each in shares)}


def _challenge(axes: Axes, card: Card) -> None:
    limits = [100 * row.max_p_under_legal for row in card.challenge]
    for label, shares in _curves(card).items():
        (line,) = axes.plot(limits, [100 * rate.share for rate in shares], label=label, linewidth=2)
        low, high = [100 * rate.low for rate in shares], [100 * rate.high for rate in shares]
        axes.fill_between(limits, low, high, color=line.get_color(), alpha=0.2, linewidth=0)
    last, height = 0.0, 96
    for threshold in sorted(card.thresholds, key=lambda each: each.max_p_under_legal):
        limit = 100 * threshold.max_p_under_legal
        if threshold.legal_age == 18 and min(limits) <= limit <= max(limits):
            axes.axvline(limit, color=QUIET, linestyle=":", linewidth=1)
            height = height - 7 if limit < _NEAR * last else 96  # below the text of a limit that is nearly the same
            axes.text(limit, height, f"{threshold.risk:.0%}", color=QUIET, fontsize=8)
            last = limit
    axes.set(xlabel="limit on the probability of being under 18, %", ylabel="%", ylim=(0, 100), xscale="log")
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    legend(axes)


def _by_age(axes: Axes, card: Card) -> None:
    bands = _bands(card)
    width = 0.8 / max(1, len(card.by_age))
    for number, (source, by_band) in enumerate(_errors_by_band(card).items()):
        if not by_band:
            continue
        places = [bands.index(band) + (number + 0.5) * width - 0.4 for band in by_band]
        errors = [error.mean_error_years for error in by_band.values()]
        interval = [[error.mean_error_years - error.low for error in by_band.values()],
                    [error.high - error.mean_error_years for error in by_band.values()]]  # fmt: skip
        axes.bar(places, errors, width, yerr=interval, label=source, error_kw={"elinewidth": 1})
    band_ticks(axes, [band.removeprefix("0") for band in bands])
    axes.set(xlabel="age", ylabel="years")
    legend(axes)


def _bias(axes: Axes, card: Card) -> None:
    bands = _bands(card)
    for source, by_band in _errors_by_band(card).items():
        if not by_band:
            continue
        places = [bands.index(band) for band in by_band]
        (line,) = axes.plot(places, [error.bias_years for error in by_band.values()], "o-", label=source)
        intervals = [error.bias_interval or (error.bias_years, error.bias_years) for error in by_band.values()]
        low, high = [low for low, _ in intervals], [high for _, high in intervals]
        axes.fill_between(places, low, high, color=line.get_color(), alpha=0.15, linewidth=0)
    axes.axhline(0, color=QUIET, linewidth=1)
    band_ticks(axes, [band.removeprefix("0") for band in bands])
    axes.set(xlabel="age", ylabel="years")
    legend(axes)


def _sizes(axes: Axes, card: Card) -> None:
    for source in card.sources:
        points = _points(source, card)
        if points:
            sizes = [size for size, _ in points]
            (line,) = axes.plot(sizes, [error.mean_error_years for _, error in points], "o-", label=source)
            low, high = [error.low for _, error in points], [error.high for _, error in points]
            axes.fill_between(sizes, low, high, color=line.get_color(), alpha=0.15, linewidth=0)
    axes.set(xlabel="pixels between the eyes", ylabel="years", ylim=(0, None))
    legend(axes)


def _points(source: str, card: Card) -> list[tuple[int, MeasuredError]]:
    """The distances between the eyes that a source was measured at, in pixels, and its errors, nearest last."""
    points = [
        (int(each.view.split()[1]), each.error)
        for each in card.robust
        if each.view.startswith("eyes") and each.source == source and each.error and each.error.enough
    ]
    return sorted(points, key=lambda point: point[0])


def _gate(axes: Axes, evidence: GateEvidence) -> None:
    bins = [each for each in evidence.bins if each.error.enough]
    places = [(each.low + each.high) / 2 for each in bins]
    axes.plot(places, [each.error.mean_error_years for each in bins], "o-", linewidth=2)
    axes.fill_between(places, [each.error.low for each in bins], [each.error.high for each in bins], alpha=0.2)
    if evidence.limit is not None:
        left, right = axes.get_xlim()
        # The limit may be beyond all points.
        worst = max(right, 1.1 * evidence.limit) if evidence.upper else min(left, 0.9 * evidence.limit)
        axes.axvspan(*sorted((evidence.limit, worst)), color=QUIET, alpha=0.2, linewidth=0)
    if evidence.measure in ("sharpness", "eye distance, px"):
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        # The default formatter writes powers as TeX, which an SVG's text does not render.
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set(xlabel=evidence.measure, ylabel="years", ylim=(0, None))


def _study(axes: Axes, study: Study) -> None:
    sources = [name for name in study.runs[0].errors if name != "all"]
    width = 0.8 / len(sources)
    for number, source in enumerate(sources):
        places = [place + (number + 0.5) * width - 0.4 for place in range(len(study.runs))]
        found = [run.errors[source] for run in study.runs]
        years = [error.mean_error_years if error.enough else 0.0 for error in found]
        interval = [
            [error.mean_error_years - error.low if error.enough else 0.0 for error in found],
            [error.high - error.mean_error_years if error.enough else 0.0 for error in found],
        ]
        bars = axes.bar(places, years, width, yerr=interval, label=source, error_kw={"elinewidth": 1})
        for bar, run in zip(bars, study.runs, strict=True):
            bar.set_hatch("" if source in run.sources else "///")
    axes.set_xticks(range(len(study.runs)), [run.name.replace(" ", "\n") for run in study.runs])
    axes.set(ylabel="years")
    legend(axes)


def _errors_by_band(card: Card) -> dict[str, dict[str, MeasuredError]]:
    """By source and age band, the error on all faces, where there are enough."""
    return {
        source: {band: errors.all for band, errors in by_band.items() if errors.all and errors.all.enough}
        for source, by_band in card.by_age.items()
    }


def _bands(card: Card) -> list[str]:
    return sorted({band for by_band in card.by_age.values() for band in by_band})
