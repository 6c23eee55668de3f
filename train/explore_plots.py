"""The pictures of the report on photos: people by age, and the share of each age band."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from numpy.typing import NDArray

from edge.language.formats import number, percent
from edge.language.words import counted, in_language, words
from edge.reports.plot import INK, QUIET, SERIES, band_ticks, drawing, legend, shortened_label
from edge.vision.faces import AGES
from train.explore import LEGAL_AGE, Facts
from train.explore_tables import band_words


def ages_plot(facts: Facts, language: str) -> Markup:
    """The number of people of each age, the sources above one another."""

    def draw(axes: Axes) -> None:
        below = np.zeros(AGES)
        for source, people in _drawn(facts, language).items():
            axes.bar(np.arange(AGES), people, 0.9, bottom=below, label=source)
            below += people
        axes.axvline(LEGAL_AGE - 0.5, color=QUIET, linestyle=":", linewidth=1.2)
        axes.set(xlabel=in_language(words("age in years"), language), xlim=(-1, AGES))
        axes.set_ylabel(in_language(words("people"), language))
        axes.yaxis.set_major_formatter(lambda value, _: number(value, language, digits=0 if value == int(value) else 1))
        _finish(axes, len(facts.ages))

    return drawing(draw, in_language(words("People by age"), language))


def bands_plot(facts: Facts, language: str) -> Markup:
    """The share of each age band, the sources side by side."""
    bands = [in_language(band_words(band), language) for band in next(iter(facts.bands.values()))]
    shares = {source: np.array(list(facts.bands[source].values())) for source in _largest_first(facts)}
    if len(shares) > len(SERIES):
        total = sum(facts.rows.values())
        shares = {
            in_language(words("all sources"), language): np.asarray(
                sum(facts.rows[source] / total * found for source, found in shares.items())
            )
        }

    def draw(axes: Axes) -> None:
        width = 0.8 / len(shares)
        for place, (source, found) in enumerate(shares.items()):
            axes.bar(np.arange(len(bands)) + (place + 0.5) * width - 0.4, found, width, label=shortened_label(source))
        band_ticks(axes, bands)
        axes.yaxis.set_major_formatter(lambda value, _: percent(value, language, digits=1 if 0 < value < 0.01 else 0))
        axes.set_ylim(bottom=0)
        _finish(axes, len(shares))

    return drawing(draw, in_language(words("Share of each age band"), language), 2.8)


def _drawn(facts: Facts, language: str) -> dict[str, NDArray[np.float64]]:
    """The largest sources by themselves, as many as there are colours; the others together."""
    largest = _largest_first(facts)
    single = largest if len(largest) <= len(SERIES) else largest[: len(SERIES) - 1]
    drawn = {shortened_label(source): np.array(facts.ages[source]) for source in single}
    if rest := largest[len(single) :]:
        others = counted("{n} other source", "{n} other sources", len(rest))
        drawn[in_language(others, language)] = np.sum([facts.ages[source] for source in rest], axis=0)
    return drawn


def _largest_first(facts: Facts) -> list[str]:
    return sorted(facts.rows, key=lambda source: -facts.rows[source])


def _finish(axes: Axes, sources: int) -> None:
    axes.grid(axis="y")
    axes.tick_params(axis="both", length=0, labelcolor=INK)
    axes.spines["left"].set_visible(False)
    if sources > 1:
        legend(axes)
