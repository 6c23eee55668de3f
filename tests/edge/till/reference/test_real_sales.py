"""The reference till in sales as shops have them: voids, suspended sales, other cashiers, checks outside a sale."""

from __future__ import annotations

import pytest

from edge.decision.policy import Decision
from edge.errors import UsageError
from edge.till.messages import (
    AgeRestrictedItem,
    BasketLine,
    CheckResult,
    IdChecked,
    ItemRemoved,
    RestrictedItem,
    ResumedSale,
    SaleBasket,
    SaleClosed,
    SaleOpened,
    SaleReference,
    SaleSuspended,
)
from edge.till.reference.sale import TillSale
from tests.edge.till.reference.harness import TillHarness

BEER, VODKA = AgeRestrictedItem(sku="beer"), AgeRestrictedItem(sku="vodka", minimum_age=21)


@pytest.fixture
def selling(till: TillHarness) -> TillHarness:
    """A till with beer, vodka and milk in its basket."""
    till.open()
    for item in ("beer", "vodka", "milk"):
        till.scan(item)
    till.acknowledge_all()
    till.clear()
    return till


def content_of(sale: TillSale | None) -> tuple[object, ...]:
    assert sale
    return sale.sale_id, sale.basket, sale.restricted, sale.checks, sale.training


class TestRemovedItems:
    def test_a_scan_names_the_minimum_age(self, till: TillHarness) -> None:
        till.open()
        for item in ("beer", "vodka", "energy-drink"):
            till.scan(item)
        till.acknowledge_all()
        items = [data for data in till.messages if isinstance(data, RestrictedItem)]
        assert [(item.sku, item.minimum_age) for item in items] == [("beer", None), ("vodka", 21), ("energy-drink", 16)]

    def test_a_removed_item_is_sent_with_all_restricted_items_that_remain(self, selling: TillHarness) -> None:
        selling.remove("vodka")
        selling.remove("пиво")
        selling.acknowledge_all()
        assert [data for data in selling.messages if isinstance(data, ItemRemoved)] == [
            ItemRemoved(sale_id="s-1", sku="vodka", remaining=(BEER,)),
            ItemRemoved(sale_id="s-1", sku="beer", remaining=()),
        ]
        assert [line.sku for line in selling.sale.basket] == ["milk"]

    def test_an_unrestricted_item_only_changes_the_basket(self, selling: TillHarness) -> None:
        selling.remove("milk")
        selling.acknowledge_all()
        [basket] = selling.messages
        assert isinstance(basket, SaleBasket)
        assert [line.sku for line in basket.basket] == ["beer", "vodka"]

    def test_one_of_several_leaves_the_others(self, selling: TillHarness) -> None:
        selling.scan("beer")
        selling.remove("beer")
        assert next((line.sku, line.quantity) for line in selling.sale.basket) == ("beer", 1)
        assert sorted(item.sku or "" for item in selling.sale.restricted) == ["beer", "vodka"]

    def test_what_is_not_in_the_basket_cannot_be_removed(self, selling: TillHarness) -> None:
        with pytest.raises(UsageError, match="there is no wine in the basket: it has beer, vodka, milk"):
            selling.remove("wine")


class TestChecks:
    def test_a_check_names_its_age_its_means_and_who_allowed_it(self, selling: TillHarness) -> None:
        selling.check("passed", means="manager-override", authorised_by="boss")
        selling.acknowledge_all()
        assert selling.messages == [
            IdChecked(
                sale_id="s-1", outcome="passed", cashier_id="anna", means="manager-override", authorised_by="boss",
                minimum_age=21,
            )
        ]  # fmt: skip

    def test_the_lane_knows_the_age_of_items_without_one(self, till: TillHarness) -> None:
        till.open()
        till.scan("beer")
        till.check("passed")
        till.receive(till.alert(age=21))
        till.check("passed")
        till.acknowledge_all()
        assert [data.minimum_age for data in till.messages if isinstance(data, IdChecked)] == [None, 21]

    def test_id_shown_before_the_sale_is_sent_at_once_and_counts_for_the_next_one(self, till: TillHarness) -> None:
        till.check("passed", sale="next")
        till.acknowledge_all()
        [check] = till.messages
        till.open(None)
        till.scan("beer")
        assert isinstance(check, IdChecked)
        assert (till.sale.sale_id, till.sale.check, till.shows) == (check.sale_id, "passed", "nothing")
        till.acknowledge_all()
        assert [data.sale_id for data in till.messages if isinstance(data, SaleOpened)] == [check.sale_id]

    def test_it_does_not_count_ten_minutes_later(self, till: TillHarness) -> None:
        till.check("passed", sale="next", sale_id="s-1")
        till.wait(601, with_health=True)
        till.open("s-1")
        till.scan("beer")
        assert till.sale.check is None

    def test_id_shown_after_the_payment_is_sent_for_the_last_sale(self, till: TillHarness) -> None:
        till.open()
        till.scan()
        till.close()
        till.acknowledge_all()
        till.clear()
        till.check("passed", sale="last")
        till.acknowledge_all()
        assert till.messages == [IdChecked(sale_id="s-1", outcome="passed", cashier_id="anna")]
        till.wait(301, with_health=True)
        with pytest.raises(UsageError, match="no sale was closed within the last 5 minutes"):
            till.check("passed", sale="last")

    @pytest.mark.parametrize("sale", ["next", "last"])
    def test_a_new_agent_is_not_told_to_open_a_sale_for_such_a_check(self, sale: str, till: TillHarness) -> None:
        till.open()
        till.close()
        till.acknowledge_all()
        till.clear()
        till.check("passed", sale=sale)
        till.health("agent-2")
        till.acknowledge_all()
        assert set(till.sent_types) == {"lane.hello", "lane.id.checked"}
        till.check("passed", sale=sale)
        till.reject(till.sent[-1])
        assert till.session.unanswered == 0


class TestCashiers:
    def test_the_cashier_may_change_in_mid_sale(self, till: TillHarness) -> None:
        till.open()
        till.scan()
        till.check("passed")
        till.cashier("boris")
        till.close()
        till.acknowledge_all()
        named = [
            (data.type, data.cashier_id)
            for data in till.messages
            if isinstance(data, SaleOpened | IdChecked | SaleClosed)
        ]
        assert named == [("lane.sale.opened", "anna"), ("lane.id.checked", "anna"), ("lane.sale.closed", "boris")]

    def test_the_new_cashier_stays_after_a_power_cut(self, till: TillHarness) -> None:
        till.cashier("boris")
        again = till.restart()
        again.open()
        again.acknowledge_all()
        assert again.messages[-1] == SaleOpened(sale_id="s-1", cashier_id="boris")


class TestSuspendedSales:
    def test_a_suspended_sale_continues_with_its_basket_and_its_checks(self, selling: TillHarness) -> None:
        selling.check("passed")
        before = content_of(selling.sale)
        selling.suspend()
        assert (selling.session.sale, selling.shows) == (None, "nothing")
        selling.open("s-2")
        selling.close()
        selling.resume()
        assert content_of(selling.sale) == before
        assert selling.shows == "nothing", "the check stays"
        selling.acknowledge_all()
        assert [(data.type, getattr(data, "sale_id", None)) for data in selling.messages] == [
            ("lane.id.checked", "s-1"), ("lane.sale.suspended", "s-1"), ("lane.sale.opened", "s-2"),
            ("lane.sale.closed", "s-2"), ("lane.sale.opened", "s-1"),
        ]  # fmt: skip

    def test_an_alert_from_before_is_not_shown_again(self, selling: TillHarness) -> None:
        selling.receive(selling.alert(Decision.NO_CHALLENGE, age=21))
        assert selling.shows == "alert"
        selling.suspend()
        selling.resume()
        assert selling.shows == "waiting"
        selling.wait(1, with_health=True)
        assert selling.shows == "ask"

    def test_several_sales_may_be_suspended(self, till: TillHarness) -> None:
        for number in (1, 2, 3):
            till.open(f"s-{number}")
            till.suspend()
        till.resume("s-1")
        assert till.sale.sale_id == "s-1"
        till.close()
        till.resume()
        assert till.sale.sale_id == "s-3", "the last one"

    @pytest.mark.parametrize("sale_id", [None, "s-9"])
    def test_what_is_not_suspended_cannot_be_resumed(self, sale_id: str | None, till: TillHarness) -> None:
        with pytest.raises(UsageError, match=r"is (not )?suspended at this till"):
            till.resume(sale_id)

    def test_a_sale_of_another_till_is_opened_with_its_name_and_its_basket(self, till: TillHarness) -> None:
        resumes = ResumedSale(sale_id="s-1", till="till-2")
        till.open("t-1", resumes=resumes, items=["milk", "beer"])
        till.acknowledge_all()
        assert till.messages == [SaleOpened(sale_id="t-1", cashier_id="anna", resumes=resumes)]
        assert ([line.sku for line in till.sale.basket], till.sale.restricted) == (["milk", "beer"], (BEER,))

    def test_another_lane_is_sent_the_restricted_items_and_the_check(self, till: TillHarness) -> None:
        check = CheckResult(outcome="passed", cashier_id="vera", means="document", minimum_age=21)
        resumes = ResumedSale(sale_id="s-1", till="till-2", lane="lane-2", check=check)
        till.open("t-1", resumes=resumes, items=["milk", "beer", "vodka"])
        assert (till.sale.check, till.shows) == ("passed", "nothing")
        till.acknowledge_all()
        assert till.messages == [
            SaleOpened(sale_id="t-1", cashier_id="anna", resumes=resumes),
            RestrictedItem(sale_id="t-1", sku="beer"),
            RestrictedItem(sale_id="t-1", sku="vodka", minimum_age=21),
        ]

    def test_the_lane_of_the_till_itself_knows_the_items(self, till: TillHarness) -> None:
        till.open("t-1", resumes=ResumedSale(sale_id="s-1", till="till-2", lane="lane-1"), items=["beer"])
        till.acknowledge_all()
        assert till.sent_types == ["lane.sale.opened"]

    def test_the_first_till_reports_that_another_lane_has_resumed_its_sale(self, selling: TillHarness) -> None:
        selling.suspend()
        resumed_as = SaleReference(sale_id="t-1", till="till-2", lane="lane-2")
        selling.record(selling.session.resumed_elsewhere(selling.now_s, resumed_as))
        selling.acknowledge_all()
        assert selling.messages[-1] == SaleSuspended(sale_id="s-1", resumed_as=resumed_as)
        with pytest.raises(UsageError, match="is not suspended"):
            selling.resume("s-1")


class TestTrainingAndClose:
    def test_a_training_sale_says_so_each_time_it_is_opened(self, till: TillHarness) -> None:
        till.open(training=True)
        till.acknowledge_all()
        till.health("agent-2")
        till.acknowledge_all()
        till.suspend()
        till.resume()
        till.acknowledge_all()
        assert [data.training for data in till.messages if isinstance(data, SaleOpened)] == [True, True, True]

    def test_a_sale_may_be_closed_with_another_basket(self, till: TillHarness) -> None:
        basket = (BasketLine(sku="beer", restricted=True),)
        till.open()
        till.record(till.session.close_sale(till.now_s, basket=basket))
        till.acknowledge_all()
        assert till.messages[-1] == SaleClosed(sale_id="s-1", cashier_id="anna", basket=basket)


class TestPowerCuts:
    def test_everything_is_there_after_a_power_cut(self, selling: TillHarness) -> None:
        selling.remove("vodka")
        selling.check("passed", means="document")
        selling.suspend()
        selling.open("s-2", training=True)
        selling.scan("wine")
        selling.suspend()
        selling.check("passed", sale="next", sale_id="s-3")
        again = selling.restart(after_s=60)
        again.resume("s-1")
        assert [line.sku for line in again.sale.basket] == ["beer", "milk"]
        assert (again.sale.check, again.sale.restricted) == ("passed", (BEER,))
        again.close()
        again.resume()
        assert (again.sale.sale_id, again.sale.training) == ("s-2", True)
        again.close()
        again.open("s-3")
        assert again.sale.check == "passed"

    def test_the_items_of_another_tills_sale_are_there_as_well(self, till: TillHarness) -> None:
        till.open("t-1", resumes=ResumedSale(sale_id="s-1", till="till-2"), items=["beer", "vodka"])
        assert content_of(till.restart().sale) == content_of(till.sale)

    def test_a_check_for_the_last_sale_is_possible_after_a_power_cut(self, till: TillHarness) -> None:
        till.open()
        till.close()
        again = till.restart(after_s=100)
        again.check("failed", sale="last")
        again.acknowledge_all()
        assert again.messages[-1] == IdChecked(sale_id="s-1", outcome="failed", cashier_id="anna")

    def test_actions_are_counted_once_each(self, selling: TillHarness) -> None:
        selling.remove("vodka")
        selling.cashier("boris")
        selling.suspend()
        selling.resume()
        selling.close()
        assert selling.session.cashier_actions == selling.restart().session.cashier_actions == 9
