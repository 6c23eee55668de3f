"""Whatever tills send in whatever order: a check is credited to whoever made it, for the sale that it was made for, and
a sale whose last basket has nothing restricted is never recorded as sold."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.records.records import SaleRecord
from edge.till.messages import (
    Ack,
    BasketLine,
    CheckOutcome,
    Data,
    Hello,
    IdChecked,
    ItemRemoved,
    RestrictedItem,
    ResumedSale,
    SaleBasket,
    SaleClosed,
    SaleOpened,
    SaleSuspended,
)
from tests.edge.driver import LaneDriver, drive

TILLS = ("till-1", "till-2")
BEER, MILK = BasketLine(sku="beer", restricted=True), BasketLine(sku="milk")

SaleName = tuple[str, int]
"""A till and the customer that its sale is of."""


@dataclass(frozen=True)
class Do:
    """A till, or the attendant for it, does something about a customer's sale."""

    what: str
    till: str
    customer: int
    basket: tuple[BasketLine, ...] = ()
    completed: bool = True
    outcome: CheckOutcome = "passed"


@dataclass(frozen=True)
class Pass:
    """Time passes; the agent may restart."""

    seconds: float
    restart: bool


tills, customers = st.sampled_from(TILLS), st.integers(1, 3)
baskets = st.lists(st.sampled_from([BEER, MILK]), max_size=2).map(tuple)
outcomes: st.SearchStrategy[CheckOutcome] = st.sampled_from(["passed", "failed", "not-shown"])
ANYTHING = ("open", "resume", "scan", "remove", "basket", "check", "attend", "suspend", "close")
actions = st.builds(Do, st.sampled_from(ANYTHING), tills, customers, baskets, st.booleans(), outcomes)
passing = st.builds(Pass, seconds=st.sampled_from([0.1, 2.0, 400.0, 4000.0]), restart=st.booleans())


@st.composite
def episodes(draw: st.DrawFn) -> list[Do | Pass]:
    """One customer is served as a till does it, with something unusual in between."""
    till, customer, outcome = draw(tills), draw(customers), draw(outcomes)
    unusual = draw(
        st.lists(st.one_of(actions, passing, st.sampled_from(["remove", "check", "attend", "suspend"])), max_size=3)
    )
    between = [Do(step, till, customer, outcome=outcome) if isinstance(step, str) else step for step in unusual]
    begin = [Do(what, till, customer) for what in ("open", "scan")]
    end = [Do("close", till, customer, draw(baskets), completed=draw(st.sampled_from([True, True, False])))]
    return [*begin, *between, *draw(st.sampled_from([end, []]))]


days = st.lists(st.one_of(episodes(), actions.map(lambda action: [action])), min_size=2, max_size=8).map(
    lambda parts: [step for part in parts for step in part]
)


def sale_id(till: str, customer: int) -> str:
    return f"{customer}@{till}"


class Shop:
    """Two tills, an attendant and a lane. Every check is made by another cashier, so that a credit names one check."""

    def __init__(self) -> None:
        self.lane = drive(mode="on-sale")
        self.made: dict[str, tuple[int, str, CheckOutcome]] = {}
        """By cashier: the customer, who reported the check, and its outcome. Only checks that were acknowledged."""
        self.last_basket: dict[SaleName, tuple[BasketLine, ...] | None] = {}
        self.records: list[SaleRecord] = []
        self.lane.receive(Hello(till="desk", role="attendant"), till="desk")

    def play(self, step: Do | Pass) -> None:
        before = len(self.lane.records)
        if isinstance(step, Pass):
            self.lane.now_s += step.seconds
            self.lane.wait(0.1)
        else:
            self._do(step)
        self._examine(self.lane.records[before:], step)
        if isinstance(step, Pass) and step.restart:
            self._restart()

    def _do(self, step: Do) -> None:
        name, sender = sale_id(step.till, step.customer), step.till
        key = (step.till, step.customer)
        message: Data
        if step.what == "open":
            message = SaleOpened(sale_id=name)
        elif step.what == "resume":
            other = TILLS[1 - TILLS.index(step.till)]
            message = SaleOpened(sale_id=name, resumes=ResumedSale(sale_id=sale_id(other, step.customer), till=other))
        elif step.what == "scan":
            message = RestrictedItem(sale_id=name, sku="beer")
            self.last_basket[key] = None
        elif step.what == "remove":
            message = ItemRemoved(sale_id=name, sku="beer")
            self.last_basket[key] = None
        elif step.what == "basket":
            message = SaleBasket(sale_id=name, basket=step.basket)
        elif step.what in ("check", "attend"):
            sender = step.till if step.what == "check" else "desk"
            cashier = f"cashier-{len(self.made) + 1}"
            message = IdChecked(sale_id=name, till=step.till, outcome=step.outcome, cashier_id=cashier)
        elif step.what == "suspend":
            message = SaleSuspended(sale_id=name)
        else:
            message = SaleClosed(sale_id=name, completed=step.completed, basket=step.basket)
            self.last_basket[key] = step.basket or self.last_basket.get(key)
        reply = self.lane.receive(message, till=sender)
        if isinstance(reply, Ack) and isinstance(message, IdChecked):
            self.made[message.cashier_id or ""] = (step.customer, sender, step.outcome)
        if isinstance(reply, Ack) and isinstance(message, SaleBasket):
            self.last_basket[key] = message.basket

    def _examine(self, records: list[SaleRecord], step: Do | Pass) -> None:
        for record in records:
            self.records.append(record)
            customer = int(record.sale_id.split("@")[0])
            for check in record.checks:
                assert self.made[check.cashier_id or ""] == (customer, check.till, check.outcome)
            assert len({check.cashier_id for check in record.checks}) == len(record.checks)
            sold_restricted = (record.restricted_at and record.ended == "completed") or record.ended == "not-asked"
            last = self.last_basket.get((record.till, customer))
            if sold_restricted and isinstance(step, Do) and step.what == "close" and last:
                assert BEER in last
            if record.ended == "withdrawn" and isinstance(step, Do) and step.what == "close":
                assert BEER not in step.basket

    def _restart(self) -> None:
        again = LaneDriver(drive(mode="on-sale").lane)
        again.now_s = self.lane.now_s
        again.lane.resume(self.lane.lane.unfinished, self.records[-64:], again.now_s)
        again.receive(Hello(till="desk", role="attendant"), till="desk")
        self.lane = again


@given(days)
@settings(max_examples=300)
def test_no_check_is_credited_to_somebody_who_did_not_make_it(steps: list[Do | Pass]) -> None:
    shop = Shop()
    for step in steps:
        shop.play(step)


@given(days)
@settings(max_examples=200)
def test_every_sale_ends_and_a_revised_record_keeps_the_checks_of_the_one_before(steps: list[Do | Pass]) -> None:
    shop = Shop()
    for step in steps:
        shop.play(step)
    # Everything that is still open or waiting ends by itself, in a day.
    shop.play(Pass(2 * 24 * 3600.0, restart=False))
    assert shop.lane.lane.unfinished == ()
    last = {record.key: record for record in shop.records}
    assert all(last[record.key].revision >= record.revision for record in shop.records)
    for record in shop.records:
        assert {check.cashier_id for check in record.checks} <= {check.cashier_id for check in last[record.key].checks}
