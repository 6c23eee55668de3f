"""The report card's plots, as SVG. Points from too few photos are not drawn."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import repeat

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import LogLocator, NullFormatter

from edge.language.catalogue import ENGLISH
from edge.language.formats import percent, with_symbols
from edge.language.words import Words, in_language, joined, words
from edge.reports.plot import QUIET, band_ticks, is_for_phone, legend
from train.card.facts import Card, GateEvidence, Study
from train.card.measures import FEWER, MeasuredError, MeasuredShare
from train.card.names import named
from train.plots import svg

_Draw = Callable[..., None]
"""Draws on axes in a language."""

CURVES = (words("13-17-year-olds who pass"), words("25-40-year-olds who are asked"))
"""Of the plot of limits."""

_IN_YEARS = words("years")

_NEAR, _PHONE_NEAR = 1.15, 1.7
"""Texts of limits that differ by a smaller factor would overlap; and on a phone."""


def plots(card: Card, language: str = ENGLISH) -> list[tuple[str, str]]:
    """The card's plots: captions and SVG elements; an empty element where the caption says that photos are too few."""
    aged = any(_errors_by_band(card).values())
    curves = _curves(card)
    drawn: list[tuple[Words, _Draw | None]] = [
        (joined("; ", [
            words("Share of people who pass without being asked, and who are asked unnecessarily, by the limit on "
                  "P(under 18)"),
            *(_few(label) for label in CURVES if curves and label not in curves),
         ]),
         partial(_challenge, card=card) if curves else None),
        (words("Mean error by age, with 95 % intervals"), partial(_by_age, card=card) if aged else None),
        (words("Bias by age, with 95 % intervals: above 0, predicted ages are too high"),
         partial(_bias, card=card) if aged else None),
    ]  # fmt: skip
    if card.robust:
        sizes = partial(_sizes, card=card) if any(map(_points, card.sources, repeat(card))) else None
        drawn.append((words("Mean error by distance between the eyes, in pixels"), sizes))
    for evidence in card.gate:
        caption = words("Mean error by {measure}", measure=named(evidence.measure))
        if evidence.reason:
            grey = words("grey: rejected by the gate as {reason}", reason=named(evidence.reason))
            caption = joined("; ", [caption, grey])
        enough = any(each.error.enough for each in evidence.bins)
        draw = partial(_gate, evidence=evidence) if enough else None
        drawn.append((caption, draw))
    if card.study:
        caption = words("Mean error of short runs; hatched: the run was not trained on photos of this source")
        enough = any(error.enough for run in card.study.runs for error in run.errors.values())
        drawn.append((caption, partial(_study, study=card.study) if enough else None))
    return [_plot(caption, draw, language) for caption, draw in drawn]


def _plot(caption: Words, draw: _Draw | None, language: str) -> tuple[str, str]:
    if draw is None:
        return in_language(_few(caption), language), ""
    text = in_language(caption, language)
    return text, svg(partial(draw, language=language), text)


def _few(what: Words) -> Words:
    return words("{what}: {fewer} photos", what=what, fewer=FEWER)


def _curves(card: Card) -> dict[str, list[MeasuredShare]]:
    """The curves of the plot of limits, each with one share for every limit; those from too few photos are omitted."""
    passed, asked = CURVES
    curves = {passed: [row.passed_13_17 for row in card.challenge], asked: [row.asked_25_40 for row in card.challenge]}
    return {label: shares for label, shares in curves.items() if shares and all(each.enough for each in shares)}


def _challenge(axes: Axes, card: Card, language: str) -> None:
    limits = [100 * row.max_p_under_legal for row in card.challenge]
    for label, shares in _curves(card).items():
        (line,) = axes.plot(
            limits, [100 * rate.share for rate in shares], label=in_language(label, language), linewidth=2
        )
        low, high = [100 * rate.low for rate in shares], [100 * rate.high for rate in shares]
        axes.fill_between(limits, low, high, color=line.get_color(), alpha=0.2, linewidth=0)
    last, height, near = 0.0, 96, _PHONE_NEAR if is_for_phone(axes) else _NEAR
    for threshold in sorted(card.thresholds, key=lambda each: each.max_p_under_legal):
        limit = 100 * threshold.max_p_under_legal
        if threshold.legal_age == 18 and min(limits) <= limit <= max(limits):
            axes.axvline(limit, color=QUIET, linestyle=":", linewidth=1)
            height = height - 7 if limit < near * last else 96  # below the text of a limit that is nearly the same
            axes.text(limit, height, percent(threshold.risk, language), color=QUIET, fontsize=8)
            last = limit
    axes.set(xlabel=in_language(words("limit on the probability of being under 18, %"), language), ylabel="%")
    axes.set(ylim=(0, 100), xscale="log")
    _write_numbers(axes.xaxis, language)
    legend(axes)


def _by_age(axes: Axes, card: Card, language: str) -> None:
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
    axes.set(xlabel=in_language(words("age"), language), ylabel=in_language(_IN_YEARS, language))
    _write_numbers(axes.yaxis, language)
    legend(axes)


def _bias(axes: Axes, card: Card, language: str) -> None:
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
    axes.set(xlabel=in_language(words("age"), language), ylabel=in_language(_IN_YEARS, language))
    _write_numbers(axes.yaxis, language)
    legend(axes)


def _sizes(axes: Axes, card: Card, language: str) -> None:
    for source in card.sources:
        points = _points(source, card)
        if points:
            sizes = [size for size, _ in points]
            (line,) = axes.plot(sizes, [error.mean_error_years for _, error in points], "o-", label=source)
            low, high = [error.low for _, error in points], [error.high for _, error in points]
            axes.fill_between(sizes, low, high, color=line.get_color(), alpha=0.15, linewidth=0)
    axes.set(xlabel=in_language(words("pixels between the eyes"), language), ylabel=in_language(_IN_YEARS, language))
    axes.set(ylim=(0, None))
    _write_numbers(axes.yaxis, language)
    legend(axes)


def _points(source: str, card: Card) -> list[tuple[int, MeasuredError]]:
    """The distances between the eyes that a source was measured at, in pixels, and its errors, nearest last."""
    points = [
        (int(each.view.split()[1]), each.error)
        for each in card.robust
        if each.view.startswith("eyes") and each.source == source and each.error and each.error.enough
    ]
    return sorted(points, key=lambda point: point[0])


def _gate(axes: Axes, evidence: GateEvidence, language: str) -> None:
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
        axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set(xlabel=in_language(named(evidence.measure), language), ylabel=in_language(_IN_YEARS, language))
    axes.set(ylim=(0, None))
    _write_numbers(axes.xaxis, language)
    _write_numbers(axes.yaxis, language)


def _study(axes: Axes, study: Study, language: str) -> None:
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
    axes.set_xticks(
        range(len(study.runs)), [in_language(named(run.name), language).replace(" ", "\n") for run in study.runs]
    )
    axes.set(ylabel=in_language(_IN_YEARS, language))
    _write_numbers(axes.yaxis, language)
    legend(axes)


def _write_numbers(axis: Axis, language: str) -> None:
    """Plain numbers on a linear or logarithmic axis: matplotlib writes powers as TeX, which an SVG does not render."""
    axis.set_major_formatter(lambda value, _: with_symbols(f"{value:g}".replace("-", "\N{MINUS SIGN}"), language))


def _errors_by_band(card: Card) -> dict[str, dict[str, MeasuredError]]:
    """By source and age band, the error on all faces, where there are enough."""
    return {
        source: {band: errors.all for band, errors in by_band.items() if errors.all and errors.all.enough}
        for source, by_band in card.by_age.items()
    }


def _bands(card: Card) -> list[str]:
    return sorted({band for by_band in card.by_age.values() for band in by_band})
