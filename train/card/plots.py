"""The report card's plots, as SVG."""

from __future__ import annotations

from functools import partial

from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from edge.reports.plot import QUIET
from train.card.facts import Card, GateEvidence, Study
from train.card.measures import MeasuredError
from train.plots import Drawing, svg


def plots(card: Card) -> list[tuple[str, str]]:
    """The card's plots: captions and SVG elements."""
    drawn: list[tuple[str, Drawing]] = [
        ("Share of people who pass without being asked, and who are asked unnecessarily, by the limit on P(under 18)",
         partial(_challenge, card=card)),
        ("Mean error by age, with 95 % intervals", partial(_by_age, card=card)),
        ("Bias by age: above 0, predicted ages are too high", partial(_bias, card=card)),
    ]  # fmt: skip
    if card.robust:
        drawn.append(("Mean error by distance between the eyes, in pixels", partial(_sizes, card=card)))
    for evidence in card.gate:
        rejected = f"; grey: rejected by the gate as {evidence.reason}" if evidence.reason else ""
        drawn.append((f"Mean error by {evidence.measure}{rejected}", partial(_gate, evidence=evidence)))
    if card.study:
        caption = "Mean error of short runs; hatched: the run was not trained on photos of this source"
        drawn.append((caption, partial(_study, study=card.study)))
    return [(caption, svg(draw, caption)) for caption, draw in drawn]


def _challenge(axes: Axes, card: Card) -> None:
    limits = [100 * row.max_p_under_legal for row in card.challenge]
    for label, shares in (
        ("13-17-year-olds who pass", [row.passed_13_17 for row in card.challenge]),
        ("25-40-year-olds who are asked", [row.asked_25_40 for row in card.challenge]),
    ):
        (line,) = axes.plot(limits, [100 * rate.share for rate in shares], label=label, linewidth=2)
        low, high = [100 * rate.low for rate in shares], [100 * rate.high for rate in shares]
        axes.fill_between(limits, low, high, color=line.get_color(), alpha=0.2, linewidth=0)
    for threshold in (each for each in card.thresholds if each.legal_age == 18):
        limit = 100 * threshold.max_p_under_legal
        if min(limits) <= limit <= max(limits):
            axes.axvline(limit, color=QUIET, linestyle=":", linewidth=1)
            axes.text(limit, 96, f"{threshold.risk:.0%}", color=QUIET, fontsize=8)
    axes.set(xlabel="limit on the probability of being under 18, %", ylabel="%", ylim=(0, 100), xscale="log")
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 1.12), ncols=2, frameon=False)


def _by_age(axes: Axes, card: Card) -> None:
    bands = _bands(card)
    width = 0.8 / max(1, len(card.by_age))
    for number, (source, by_band) in enumerate(_errors_by_band(card).items()):
        places = [bands.index(band) + (number + 0.5) * width - 0.4 for band in by_band]
        errors = [error.mean_error_years for error in by_band.values()]
        interval = [[error.mean_error_years - error.low for error in by_band.values()],
                    [error.high - error.mean_error_years for error in by_band.values()]]  # fmt: skip
        axes.bar(places, errors, width, yerr=interval, label=source, error_kw={"elinewidth": 1})
    axes.set_xticks(range(len(bands)), [band.removeprefix("0") for band in bands])
    axes.set(xlabel="age", ylabel="years")
    axes.legend(frameon=False)


def _bias(axes: Axes, card: Card) -> None:
    bands = _bands(card)
    for source, by_band in _errors_by_band(card).items():
        places = [bands.index(band) for band in by_band]
        axes.plot(places, [error.bias_years for error in by_band.values()], "o-", label=source)
    axes.axhline(0, color=QUIET, linewidth=1)
    axes.set_xticks(range(len(bands)), [band.removeprefix("0") for band in bands])
    axes.set(xlabel="age", ylabel="years")
    axes.legend(frameon=False)


def _sizes(axes: Axes, card: Card) -> None:
    for source in card.sources:
        points = [
            (int(each.view.split()[1]), each.error.mean_error_years)
            for each in card.robust
            if each.view.startswith("eyes") and each.source == source and each.error
        ]
        if points:
            axes.plot(*zip(*sorted(points), strict=True), "o-", label=source)
    axes.set(xlabel="pixels between the eyes", ylabel="years", ylim=(0, None))
    axes.legend(frameon=False)


def _gate(axes: Axes, evidence: GateEvidence) -> None:
    bins = evidence.bins
    places = [(each.low + each.high) / 2 for each in bins]
    axes.plot(places, [each.error.mean_error_years for each in bins], "o-", linewidth=2)
    axes.fill_between(places, [each.error.low for each in bins], [each.error.high for each in bins], alpha=0.2)
    if evidence.limit is not None:
        worst = axes.get_xlim()[1] if evidence.upper else axes.get_xlim()[0]
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
        bars = axes.bar(places, [run.errors[source].mean_error_years for run in study.runs], width, label=source)
        for bar, run in zip(bars, study.runs, strict=True):
            bar.set_hatch("" if source in run.sources else "///")
    axes.set_xticks(range(len(study.runs)), [run.name.replace(" ", "\n") for run in study.runs])
    axes.set(ylabel="years")
    axes.legend(frameon=False, ncols=len(sources), loc="upper center", bbox_to_anchor=(0.5, 1.12))


def _errors_by_band(card: Card) -> dict[str, dict[str, MeasuredError]]:
    """By source and age band, the error on all faces."""
    return {
        source: {band: errors.all for band, errors in by_band.items() if errors.all}
        for source, by_band in card.by_age.items()
    }


def _bands(card: Card) -> list[str]:
    return sorted({band for by_band in card.by_age.values() for band in by_band})
