"""From the tills' messages to the report: whatever happens in a sale, it counts once, for the right people."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings

from edge.records.records import SaleRecord
from edge.records.revisions import newest_revisions
from edge.reports.cashiers.tallies import CashierTally, tallies, total
from edge.reports.shares import Share
from edge.till.messages import (
    BasketLine,
    CheckResult,
    Data,
    Hello,
    IdChecked,
    ItemRemoved,
    RestrictedItem,
    ResumedSale,
    SaleClosed,
    SaleOpened,
    SaleReference,
    SaleSuspended,
)
from tests.edge.driver import LaneDriver, drive
from tests.edge.lane.test_credits import Do, Pass, Shop, days

OPEN, SUSPEND = SaleOpened(sale_id="sale-1"), SaleSuspended(sale_id="sale-1")
BEER, SPIRITS = (RestrictedItem(sale_id="sale-1", sku=sku, minimum_age=age) for sku, age in (("beer", 18), ("gin", 21)))
CLOSE = SaleClosed(sale_id="sale-1", cashier_id="anna")


def checked(by: str, outcome: str = "passed", **others: object) -> IdChecked:
    return IdChecked.model_validate({"sale_id": "sale-1", "cashier_id": by, "outcome": outcome, **others})


def lane_after(*messages: Data, till: str = "till-1") -> LaneDriver:
    lane = drive(mode="on-sale")
    for message in messages:
        lane.receive(message, till=till)
    return lane


def counted(*lanes: LaneDriver) -> dict[str, CashierTally]:
    """The tallies by cashier. A cashier who neither sold nor checked has none."""
    records = [record for lane in lanes for record in newest_revisions(lane.records)]
    return {tally.cashier: tally for tally in tallies(records, "store-1")}


def test_beer_that_was_taken_out_accuses_nobody() -> None:
    removed = ItemRemoved(sale_id="sale-1", sku="beer")
    for messages in ([OPEN, BEER, removed, CLOSE], [OPEN, BEER, checked("anna", "failed"), removed, CLOSE]):
        anna = counted(lane_after(*messages))["anna"]
        assert (anna.ended, anna.unchecked, anna.after_failed_check) == (Counter(withdrawn=1), Share(0, 0), 0)


def test_a_basket_of_milk_accuses_nobody() -> None:
    paid = CLOSE.model_copy(update={"basket": (BasketLine(sku="milk"),)})
    anna = counted(lane_after(OPEN, BEER, checked("anna", "failed"), paid))["anna"]
    assert (anna.ended, anna.after_failed_check) == (Counter(withdrawn=1), 0)


def test_beer_that_the_till_never_reported_is_counted() -> None:
    paid = CLOSE.model_copy(update={"basket": (BasketLine(sku="beer", restricted=True),)})
    anna = counted(lane_after(OPEN, paid))["anna"]
    assert (anna.not_asked, anna.unchecked) == (1, Share(0, 0))


def test_the_colleague_who_checked_is_credited_and_the_one_who_closed_is_answerable() -> None:
    found = counted(lane_after(OPEN, BEER, checked("boris", "failed"), CLOSE))
    assert (found["anna"].after_failed_check, found["anna"].checks.made) == (1, 0)
    assert (found["boris"].sales, found["boris"].checks.made) == (0, 1)


def test_a_check_for_beer_is_no_check_for_spirits() -> None:
    found = counted(lane_after(OPEN, BEER, checked("anna"), SPIRITS, CLOSE))
    assert (found["anna"].unchecked, found["anna"].checks.made) == (Share(1, 1), 1)


def test_an_attendant_is_credited() -> None:
    lane = lane_after(OPEN, BEER)
    lane.receive(Hello(till="desk", role="attendant"), till="desk")
    lane.receive(checked("olga", till="till-1", means="document"), till="desk")
    lane.receive(SaleClosed(sale_id="sale-1"))
    found = counted(lane)
    assert (found["-"].unchecked, found["olga"].checks.seen) == (Share(0, 1), Counter(document=1))


def test_a_check_after_the_payment_replaces_the_record() -> None:
    lane = lane_after(OPEN, BEER, CLOSE)
    lane.now_s += 60
    lane.receive(checked("anna"))
    assert len(lane.records) == 2
    anna = counted(lane)["anna"]
    assert (anna.sales, anna.unchecked, anna.after_payment, anna.checks.made) == (1, Share(0, 1), 1, 1)


def test_a_sale_that_another_lane_resumes_counts_there_and_its_check_once() -> None:
    first, second = lane_after(OPEN, BEER, checked("boris"), SUSPEND), drive(mode="on-sale", lane="lane-2")
    check = CheckResult(outcome="passed", cashier_id="boris")
    resumes = ResumedSale(sale_id="sale-1", till="till-1", lane="lane-1", check=check)
    second.receive(SaleOpened(sale_id="b-7", resumes=resumes), till="till-4")
    second.receive(RestrictedItem(sale_id="b-7"), till="till-4")
    second.receive(SaleClosed(sale_id="b-7", cashier_id="anna"), till="till-4")
    there = SaleReference(sale_id="b-7", till="till-4", lane="lane-2")
    first.receive(SUSPEND.model_copy(update={"resumed_as": there}))
    found = counted(first, second)
    assert (found["anna"].ended, found["anna"].unchecked) == (Counter(completed=1), Share(0, 1))
    assert total([*found.values()]).ended == Counter(completed=1, suspended=1)
    assert (found["boris"].checks.made, total([*found.values()]).checks.made) == (1, 1)


def test_a_sale_that_was_given_up_and_resumed_at_another_till_counts_once() -> None:
    lane = lane_after(OPEN, BEER, checked("boris"), SUSPEND)
    lane.now_s += 2 * 24 * 3600.0
    lane.wait(0.1)
    lane.receive(SaleOpened(sale_id="b-7", resumes=ResumedSale(sale_id="sale-1", till="till-1")), till="till-2")
    lane.receive(SaleClosed(sale_id="b-7", cashier_id="anna"), till="till-2")
    assert [record.ended for record in lane.records] == ["suspended", "completed"]
    found = counted(lane)
    assert total([*found.values()]).ended == Counter(completed=1)
    assert (found["anna"].unchecked, found["boris"].checks.made) == (Share(0, 1), 1)


def test_an_exercise_is_recorded_as_one() -> None:
    lane = lane_after(SaleOpened(sale_id="sale-1", training=True), BEER, CLOSE)
    assert [record.training for record in lane.records] == [True]


@given(days)
@settings(max_examples=300)
def test_every_check_is_credited_once_and_only_to_who_made_it(steps: list[Do | Pass]) -> None:
    """In any order of the tills' messages, with restarts, resumed sales and late checks."""
    shop = Shop()
    for step in steps:
        # No two things happen at the same moment.
        shop.lane.now_s += 0.01
        shop.play(step)
    shop.play(Pass(2 * 24 * 3600.0, restart=False))
    valid: list[SaleRecord] = newest_revisions(shop.records)
    recorded = {check.cashier_id for record in shop.records for check in record.checks}
    made = {tally.cashier: tally.checks.made for tally in tallies(valid, "store-1") if tally.checks.made}
    assert made == dict.fromkeys(recorded, 1)
