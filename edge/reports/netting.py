"""Nets the signed lines of filed baskets, for all reports on purchases. Written with Ibis, for DuckDB and Spark.

A till sends a voided line a second time with the opposite quantity, a return with a quantity below 0, and a discount
or a coupon with a price below 0. `edge.purchases.goods.basket_contents` is the same for a basket in a lane.
"""

from __future__ import annotations

from typing import Any

import ibis

from edge.purchases.goods import QUANTITY_DIGITS
from edge.reports.limits import MAX_QUANTITY


def netted(lines: Any, max_price: float) -> Any:
    """An array with one struct for each article of the basket.

    lines: array column as in `edge.purchases.purchases.Purchase`. max_price: of one item, also below 0.

    category, sku: of the article. quantity: bought, below 0 if more was returned; 0 for a void and for a discount.
    amount: paid for it, null if a price is missing. A basket without signed lines keeps its lines as they are.
    """
    valid = lines.filter(lambda line: _is_valid(line, max_price))
    signed = lines.filter(lambda line: (line.quantity <= 0) | (line.price < 0).fill_null(False)).length() > 0
    return signed.ifelse(_summed_by_article(valid), valid.map(_as_it_is))


def odd_quantities(lines: Any) -> Any:
    """The number of lines whose quantity is a mistake, without those that were voided."""
    return _number_of(lines, lambda line: line.quantity.abs() > MAX_QUANTITY)


def odd_prices(lines: Any, max_price: float) -> Any:
    """The number of lines whose price, but not quantity, is a mistake, without those that were voided."""

    def is_odd(line: Any) -> Any:
        return (line.quantity.abs() <= MAX_QUANTITY) & ~_has_valid_price(line, max_price)

    return _number_of(lines, is_odd)


def _number_of(lines: Any, is_odd: Any) -> Any:
    """A line and its void add up to none."""
    odd = lines.filter(is_odd)

    def sign_of_sum(line: Any) -> Any:
        same = odd.filter(
            lambda other: (
                _same_article(line, other)
                & (other.quantity.abs() == line.quantity.abs())
                & other.price.identical_to(line.price)
            )
        )
        return _sum(same.map(lambda other: other.quantity)).sign()

    return _sum(odd.map(lambda line: line.quantity.sign() * sign_of_sum(line))).cast("int64")


def _summed_by_article(valid: Any) -> Any:
    def article(line: Any) -> Any:
        same = valid.filter(lambda other: _same_article(line, other))
        quantity = _sum(same.filter(lambda other: ~_is_discount(other)).map(lambda other: other.quantity))
        unpriced = _sum(same.filter(lambda other: other.price.isnull()).map(lambda other: other.quantity))
        paid = _sum(same.map(lambda other: (other.quantity * other.price).fill_null(0.0)))
        discount = _sum(same.filter(_is_discount).map(lambda other: other.quantity * other.price))
        nothing_bought = _rounded(quantity) == 0
        # A void often comes without the price of the line it voids.
        return _article(
            line,
            _rounded(quantity),
            ibis.cases(
                (_rounded(unpriced) == 0, _rounded(paid)),
                (nothing_bought, _rounded(discount)),
                else_=ibis.null("float64"),
            ),
        )

    return valid.map(article).unique()


def _as_it_is(line: Any) -> Any:
    return _article(line, line.quantity, line.quantity * line.price)


def _article(line: Any, quantity: Any, amount: Any) -> Any:
    return ibis.struct({"category": line.category, "sku": line.sku, "quantity": quantity, "amount": amount})


def _same_article(one: Any, other: Any) -> Any:
    return one.sku.identical_to(other.sku) & one.category.identical_to(other.category)


def _is_valid(line: Any, max_price: float) -> Any:
    return (line.quantity.abs() <= MAX_QUANTITY) & _has_valid_price(line, max_price)


def _has_valid_price(line: Any, max_price: float) -> Any:
    return line.price.isnull() | (line.price.abs() <= max_price)


def _is_discount(line: Any) -> Any:
    return (line.price < 0).fill_null(False)


def _sum(values: Any) -> Any:
    return values.sums().fill_null(0.0)


def _rounded(value: Any) -> Any:
    """Without the noise of adding and subtracting 0.1 and the like. Adding 0 turns -0 into 0."""
    return value.round(QUANTITY_DIGITS) + 0.0
