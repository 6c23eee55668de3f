"""The report card's plots, as SVG."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from train.card.facts import Card, GateEvidence, Study
from train.card.measures import MeasuredError
from train.plots import Drawing, svg


def plots(card: Card) -> list[tuple[str, str]]:
    """What there is to show: captions and SVG elements."""
    drawn: list[tuple[str, Drawing]] = [
        ("Who passes unasked, and who is asked needlessly, by challenge age", lambda axes: _challenge(axes, card)),
        ("Mean error by age, with 95 % intervals", lambda axes: _by_age(axes, card)),
        ("Bias by age: above 0, people are taken for older than they are", lambda axes: _bias(axes, card)),
    ]
    if card.robust:
        drawn.append(("Mean error by distance between the eyes, in pixels", lambda axes: _sizes(axes, card)))
    for found in card.gate:
        drawn.append((f"Mean error by {found.measure}" + (f"; grey: what the gate calls {found.reason}"
                      if found.reason else ""), lambda axes, found=found: _gate(axes, found)))  # fmt: skip
    if card.study:
        study = card.study
        drawn.append(("Mean error of short runs; hatched: of photos whose source the run had never seen",
                      lambda axes: _study(axes, study)))  # fmt: skip
    return [(caption, svg(draw)) for caption, draw in drawn]


def _challenge(axes: Axes, card: Card) -> None:
    ages = [row.challenge_age for row in card.challenge]
    for label, shares in (
        ("13-17-year-olds pass unasked", [row.passed_13_17 for row in card.challenge]),
        ("25-40-year-olds are asked", [row.asked_25_40 for row in card.challenge]),
    ):
        (line,) = axes.plot(ages, [100 * one.share for one in shares], label=label, linewidth=2)
        low, high = [100 * one.low for one in shares], [100 * one.high for one in shares]
        axes.fill_between(ages, low, high, color=line.get_color(), alpha=0.2, linewidth=0)
    for threshold in (each for each in card.thresholds if each.challenge_age <= ages[-1]):
        axes.axvline(threshold.challenge_age, color="grey", linestyle=":", linewidth=1)
        axes.text(threshold.challenge_age + 0.2, 96, f"{threshold.risk:.0%}", color="grey", fontsize=8)
    axes.set(xlabel="everybody who looks younger is asked, years", ylabel="%", ylim=(0, 100), xlim=(ages[0], ages[-1]))
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 1.12), ncols=2, frameon=False)


def _by_age(axes: Axes, card: Card) -> None:
    bands = _bands(card)
    width = 0.8 / max(1, len(card.by_age))
    for number, (source, shown) in enumerate(_by_band(card).items()):
        places = [bands.index(band) + (number + 0.5) * width - 0.4 for band in shown]
        errors = [one.mean_error_years for one in shown.values()]
        around = [[one.mean_error_years - one.low for one in shown.values()],
                  [one.high - one.mean_error_years for one in shown.values()]]  # fmt: skip
        axes.bar(places, errors, width, yerr=around, label=source, error_kw={"elinewidth": 1})
    axes.set_xticks(range(len(bands)), [band.removeprefix("0") for band in bands])
    axes.set(xlabel="age", ylabel="years")
    axes.legend(frameon=False)


def _bias(axes: Axes, card: Card) -> None:
    bands = _bands(card)
    for source, shown in _by_band(card).items():
        axes.plot([bands.index(band) for band in shown], [one.bias_years for one in shown.values()], "o-", label=source)
    axes.axhline(0, color="grey", linewidth=1)
    axes.set_xticks(range(len(bands)), [band.removeprefix("0") for band in bands])
    axes.set(xlabel="age", ylabel="years")
    axes.legend(frameon=False)


def _sizes(axes: Axes, card: Card) -> None:
    for source in card.sources:
        points = [
            (int(one.view.split()[1]), one.error.mean_error_years)
            for one in card.robust
            if one.view.startswith("eyes") and one.source == source and one.error
        ]
        if points:
            axes.plot(*zip(*sorted(points), strict=True), "o-", label=source)
    axes.set(xlabel="pixels between the eyes", ylabel="years", ylim=(0, None))
    axes.legend(frameon=False)


def _gate(axes: Axes, found: GateEvidence) -> None:
    places = [(one.low + one.high) / 2 for one in found.bins]
    errors = [one.error.mean_error_years for one in found.bins]
    axes.plot(places, errors, "o-", linewidth=2)
    axes.fill_between(places, [one.error.low for one in found.bins], [one.error.high for one in found.bins], alpha=0.2)
    if found.limit is not None:
        worst = axes.get_xlim()[1] if found.reason in ("turned", "bright") else axes.get_xlim()[0]
        axes.axvspan(*sorted((found.limit, worst)), color="grey", alpha=0.2, linewidth=0)
    if found.measure in ("sharpness", "eye distance, px"):
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        # The default writes powers as TeX, which stays as it is in an SVG's text.
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set(xlabel=found.measure, ylabel="years", ylim=(0, None))


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


def _by_band(card: Card) -> dict[str, dict[str, MeasuredError]]:
    """By source and age, the error on all faces."""
    return {source: {band: one.all for band, one in found.items() if one.all} for source, found in card.by_age.items()}


def _bands(card: Card) -> list[str]:
    return sorted({band for found in card.by_age.values() for band in found})
