"""The pictures of the basket report: what each band buys more of, what it spends, and when it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.language.formats import currency_symbol, day_and_month, money, number
from edge.language.words import in_language, words
from edge.reports.baskets.tables import band_words, signed_money
from edge.reports.plot import INK, LINE, MARK, QUIET, SERIES, band_ticks, drawing, is_for_phone, legend, shortened_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup
    from matplotlib.axes import Axes
    from matplotlib.patches import Rectangle

    from edge.reports.baskets.analysis import Band, BasketReport, CategoryLift
    from edge.reports.baskets.when import Counts, Visits

_MOST_CATEGORIES = 12
"""Categories in the picture: those that bring or cost the most."""
_HALF = 0.44
"""Of the space of a band, on each side of its line."""
_FAINT, _DARKEST = 0.25, 0.65
"""Opacity of what may be chance, and of the fullest hour: words on it stay legible."""


def differences_picture(report: BasketReport, language: str, currency: str) -> Markup:
    """The bands side by side, the categories that bring the most first, and bars in money, or in baskets where prices
    are unknown. Needs findings."""
    bands = [band for band in report.bands if band.share]
    categories = list(dict.fromkeys(found.category for found in report.by_weight))[:_MOST_CATEGORIES]
    priced = all(found.money is not None for found in report.bought if found.category in categories)
    cells = {(each.band, each.category): each for each in report.bought if each.category in categories}
    greatest = max(abs(_size(each, priced)) for each in cells.values()) or 1.0

    def draw(axes: Axes) -> None:
        for place, band in enumerate(bands):
            axes.axvline(place, color=LINE, linewidth=1)
            for row, category in enumerate(categories):
                if each := cells.get((band.name, category)):
                    _bar(axes, place, row, each, _size(each, priced) / greatest * _HALF)
                    if each.stands_out:
                        unit = None if is_for_phone(axes) else currency
                        _label(axes, place, row, _text(each, priced, language, unit))
        axes.set_xticks(range(len(bands)), [band.name for band in bands])
        if is_for_phone(axes):
            axes.set_yticks([])
            unit = f", {currency_symbol(currency, language)}" if priced else ""
            for row, category in enumerate(categories):
                name = shortened_label(category) + unit
                axes.text(-0.5, row - 0.48, name, ha="left", va="center", fontsize=9, color=QUIET)
        else:
            axes.set_yticks(range(len(categories)), [shortened_label(name) for name in categories])
        axes.set(xlim=(-0.5, len(bands) - 0.5), ylim=(len(categories) - 0.5, -0.7))
        axes.tick_params(axis="both", length=0, labeltop=True, labelbottom=False, labelcolor=INK)
        axes.spines[["left", "bottom"]].set_visible(False)

    title = in_language(words("What each age band buys more and less of than all customers"), language)
    rows = len(categories)
    return drawing(draw, title, height_in=0.7 + 0.44 * rows, phone_height_in=0.7 + 0.6 * rows)


def _size(each: CategoryLift, priced: bool) -> float:
    return (each.money or 0.0) if priced else each.more


def _bar(axes: Axes, place: int, row: int, each: CategoryLift, length: float) -> None:
    colour = MARK if length >= 0 else SERIES[1]
    alpha = 1.0 if each.stands_out else _FAINT
    axes.barh(row + 0.12, length, 0.36, left=place, color=colour, alpha=alpha, gid=f"bar-{place}-{row}")


def _label(axes: Axes, place: int, row: int, text: str) -> None:
    axes.text(place, row - 0.12, text, ha="center", va="bottom", fontsize=7.5, color=INK)


def _text(each: CategoryLift, priced: bool, language: str, currency: str | None) -> str:
    """currency: None where another text says it."""
    if priced and currency:
        return signed_money(each.money or 0.0, language, currency)
    size = _size(each, priced)
    return ("+" if size >= 0 else "\N{MINUS SIGN}") + number(abs(size), language)


def spending_picture(bands: Sequence[Band], language: str, currency: str) -> Markup | None:
    """The average basket of each band as a bar from 0, with its 95 % interval. None if prices are missing."""
    drawn = [(band, band.average) for band in bands if band.average]
    if not drawn:
        return None

    def draw(axes: Axes) -> None:
        size = 7.5 if is_for_phone(axes) else 9
        for place, (_, average) in enumerate(drawn):
            axes.bar(place, average.value, 0.62, color=MARK, gid=f"bar-{place}")
            axes.plot([place] * 2, [average.low, average.high], color=INK, linewidth=1.6, gid=f"interval-{place}")
            text = money(average.value, language, currency, digits=_digits(average.value))
            axes.text(place, average.high, text, ha="center", va="bottom", fontsize=size, color=INK)
        band_ticks(axes, [in_language(band_words(band.name), language) for band, _ in drawn])
        axes.set_ylim(0, max(average.high for _, average in drawn) * 1.12)
        axes.set_yticks([])
        axes.tick_params(axis="x", length=0, labelcolor=INK)
        axes.spines["left"].set_visible(False)

    return drawing(draw, in_language(words("Average amount spent per basket, by age band"), language), height_in=2.6)


def _digits(amount: float) -> int | None:
    """Kopecks only where they matter; None: the currency's."""
    return None if amount < 100 else 0


def weeks_picture(visits: Visits, names: Sequence[str], language: str) -> Markup | None:
    """A line for each band: its customers in each week. None for fewer than two weeks."""
    weeks = sorted(visits.weeks)
    if len(weeks) < 2 or not names:
        return None

    def draw(axes: Axes) -> None:
        for band, name in enumerate(names):
            counts = [visits.weeks[week][band] for week in weeks]
            values = [float("nan") if count is None else count for count in counts]
            places = [week.toordinal() for week in weeks]
            colour, dashes = SERIES[band % len(SERIES)], "-" if band < len(SERIES) else "--"
            axes.plot(places, values, dashes, marker="o", markersize=4, color=colour, gid=f"band-{band}", label=name)
        legend(axes)
        step = -(-len(weeks) // (3 if is_for_phone(axes) else 6))
        axes.set_xticks(
            [week.toordinal() for week in weeks[::step]], [day_and_month(week, language) for week in weeks[::step]]
        )
        axes.set_ylim(bottom=0)
        axes.grid(axis="y")
        axes.tick_params(axis="both", length=0, labelcolor=INK)
        axes.tick_params(axis="x", pad=8)
        axes.spines["left"].set_visible(False)

    title = in_language(words("Customers of each age band by week"), language)
    return drawing(draw, title, height_in=2.9)


def hours_picture(visits: Visits, names: Sequence[str], language: str) -> Markup | None:
    """A heat map: the customers of each band by hour of the day. None if no hour has enough sales."""
    hours = sorted(visits.hours)
    greatest = max((count for counts in visits.hours.values() for count in counts if count is not None), default=0.0)
    if not greatest or not names:
        return None
    shown = range(hours[0], hours[-1] + 1)
    nothing: Counts = (None,) * len(names)

    def draw(axes: Axes) -> None:
        """On a phone, the hours are rows."""
        phone = is_for_phone(axes)
        for place, hour in enumerate(shown):
            for band, count in enumerate(visits.hours.get(hour, nothing)):
                x, y = (band, place) if phone else (place, band)
                alpha = 0.0 if count is None else 0.06 + _DARKEST * count / greatest
                axes.add_patch(_cell((x - 0.48, y - 0.46), alpha, f"cell-{hour}-{band}"))
                if count is not None:
                    text = number(count, language)
                    axes.text(x, y, text, ha="center", va="center", fontsize=8 if phone else 7, color=INK)
        places, titles = range(len(shown)), [str(hour) for hour in shown]
        title = in_language(words("hour of the day"), language)
        if phone:
            axes.set_xticks(range(len(names)), list(names))
            axes.set_yticks(places, titles)
            axes.set(xlim=(-0.5, len(names) - 0.5), ylim=(len(shown) - 0.5, -0.5), ylabel=title)
        else:
            axes.set_xticks(places, titles)
            axes.set_yticks(range(len(names)), list(names))
            axes.set(xlim=(-0.5, len(shown) - 0.5), ylim=(len(names) - 0.5, -0.5), xlabel=title)
        axes.tick_params(axis="both", length=0, labelcolor=INK, labeltop=phone, labelbottom=not phone)
        axes.spines[["left", "bottom"]].set_visible(False)

    title = in_language(words("Customers of each age band by hour of the day"), language)
    return drawing(draw, title, height_in=0.9 + 0.34 * len(names), phone_height_in=0.5 + 0.26 * len(shown))


def _cell(corner: tuple[float, float], alpha: float, gid: str) -> Rectangle:
    from matplotlib.patches import Rectangle

    return Rectangle(corner, 0.96, 0.92, facecolor=MARK, edgecolor="none", alpha=alpha, gid=gid)
