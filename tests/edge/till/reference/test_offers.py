"""The till sends its basket without delaying other messages, and shows an offer only when no prompt asks for ID."""

from __future__ import annotations

import pytest

from edge.decision.policy import Decision
from edge.errors import UsageError
from edge.till.messages import Offer, OfferReply, SaleBasket, SaleClosed, Text
from edge.till.reference.display import Language, TerminalDisplay
from edge.till.reference.steps import Notify
from tests.edge.till.reference.harness import TillHarness


def offer(till: TillHarness, sale_id: str = "s-1", offer_id: str = "o-1") -> None:
    text = Text(ru="Предложите: сыр.", en="Offer: cheese.")
    till.receive(
        Offer(
            offer_id=offer_id, sale_id=sale_id, lane="lane-1", category="cheese", sku=None, text=text,
            issued_at=till.identity.wall_time(till.now_s),
        )
    )  # fmt: skip


def baskets(till: TillHarness) -> list[list[str]]:
    content = [event.content() for event in till.sent]
    return [[line.sku for line in data.basket] for data in content if isinstance(data, SaleBasket)]


def reply(till: TillHarness) -> OfferReply | None:
    till.close()
    till.acknowledge_all()
    closed = till.sent[-1].content()
    assert isinstance(closed, SaleClosed)
    return closed.offer


@pytest.fixture
def selling(till: TillHarness) -> TillHarness:
    """A till with an open sale that the agent has acknowledged."""
    till.open()
    till.acknowledge_all()
    return till


def test_after_each_item_the_complete_basket_is_sent_once(selling: TillHarness) -> None:
    selling.scan("milk")
    selling.scan("bread")
    selling.wait(10, with_health=True)
    assert baskets(selling) == [["milk"], ["milk", "bread"]]


def test_a_basket_is_sent_after_the_restricted_item_was_acknowledged(selling: TillHarness) -> None:
    selling.scan("milk")
    selling.scan("beer")
    assert baskets(selling) == [["milk"]]
    assert selling.sent_types[-1] == "lane.sale.restricted_item"
    selling.acknowledge_all()
    assert baskets(selling) == [["milk"], ["milk", "beer"]]


def test_a_lost_basket_delays_nothing(selling: TillHarness) -> None:
    selling.scan("milk")
    selling.scan("beer")
    assert selling.sent_types[-2:] == ["lane.sale.basket", "lane.sale.restricted_item"]


def test_an_agent_that_does_not_know_baskets_is_sent_no_more(selling: TillHarness) -> None:
    selling.scan("milk")
    selling.reject(selling.sent[-1], "unknown-type")
    selling.scan("bread")
    assert baskets(selling) == [["milk"]]
    assert "error" not in selling.events


def test_no_basket_is_sent_after_the_sale_was_closed(selling: TillHarness) -> None:
    selling.scan("beer")
    selling.close()
    selling.acknowledge_all()
    assert baskets(selling) == []


def test_an_offer_is_shown_and_its_result_is_sent(selling: TillHarness) -> None:
    selling.scan("milk")
    offer(selling)
    [shown] = selling.details("offer-shown")
    assert shown["text"] == {"ru": "Предложите: сыр.", "en": "Offer: cheese."}
    selling.record(selling.session.answer_offer("taken", selling.now_s))
    assert selling.session.screen.offer is None
    assert reply(selling) == OfferReply(offer_id="o-1", outcome="taken")


def test_an_offer_is_printed_in_the_chosen_language(selling: TillHarness, capsys: pytest.CaptureFixture[str]) -> None:
    prompts: dict[Language, list[str]] = {"both": ["Offer: cheese.", "Предложите: сыр."], "ru": ["Предложите: сыр."]}
    for language, words in prompts.items():
        selling.clear()
        offer(selling)
        again = selling if language == "both" else selling.restart()
        display = TerminalDisplay(again.session, language)
        for step in again.steps:
            if isinstance(step, Notify):
                display.show(step)
        lines = [line.strip() for line in capsys.readouterr().out.splitlines() if "heese" in line or "сыр" in line]
        assert [line.removeprefix("OFFER").removeprefix("ПРЕДЛОЖЕНИЕ").strip() for line in lines] == words


def test_an_offer_without_an_answer_counts_as_shown(selling: TillHarness) -> None:
    offer(selling)
    assert reply(selling) == OfferReply(offer_id="o-1", outcome="shown")


def test_without_an_offer_there_is_no_result_and_nothing_to_take(selling: TillHarness) -> None:
    with pytest.raises(UsageError, match="nothing is offered"):
        selling.session.answer_offer("taken", selling.now_s)
    assert reply(selling) is None


@pytest.mark.parametrize("decision", [Decision.CHALLENGE, Decision.UNKNOWN])
def test_no_offer_is_shown_while_a_prompt_asks_for_id(decision: Decision, selling: TillHarness) -> None:
    selling.scan("beer")
    selling.acknowledge_all()
    selling.receive(selling.alert(decision))
    offer(selling)
    assert (selling.shows, selling.session.screen.offer) == ("alert", None)
    with pytest.raises(UsageError, match="nothing is offered"):
        selling.session.answer_offer("taken", selling.now_s)
    selling.check("passed")
    assert selling.session.screen.offer
    assert "offer-shown" in selling.events


def test_an_offer_is_shown_beside_no_challenge_and_removed_when_the_agent_is_silent(selling: TillHarness) -> None:
    selling.scan("beer")
    selling.acknowledge_all()
    selling.receive(selling.alert(Decision.NO_CHALLENGE))
    offer(selling)
    assert selling.session.screen.offer
    selling.wait(4)
    assert selling.shows == "ask-everyone"
    assert selling.session.screen.offer is None


def test_an_offer_that_was_never_shown_is_reported_as_not_shown(selling: TillHarness) -> None:
    selling.scan("beer")
    selling.acknowledge_all()
    selling.receive(selling.alert())
    offer(selling)
    assert reply(selling) == OfferReply(offer_id="o-1", outcome="not-shown")


def test_offers_of_other_sales_and_second_offers_are_ignored(selling: TillHarness) -> None:
    offer(selling, "s-0", "o-0")
    offer(selling)
    offer(selling, offer_id="o-2")
    assert [shown["offer_id"] for shown in selling.details("offer-shown")] == ["o-1"]


def test_an_offer_and_its_answer_survive_a_power_cut(selling: TillHarness) -> None:
    offer(selling)
    again = selling.restart()
    assert again.session.screen.offer
    again.record(again.session.answer_offer("refused", again.now_s))
    last = again.restart()
    assert (last.session.screen.offer, last.session.cashier_actions) == (None, 2)
    last.acknowledge_all()
    assert reply(last) == OfferReply(offer_id="o-1", outcome="refused")
