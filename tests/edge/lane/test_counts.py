"""Counts of a lane: faces by outcome, alerts by decision and reason, sales by how they ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from edge.decision.policy import Decision, Reason
from edge.lane.counts import AnswerCounts, FaceCounts
from edge.offers.book import Offered, OfferOutcome, ResolvedOffer
from edge.offers.sheet import Rule
from edge.purchases.goods import Goods
from edge.records.records import Ended
from edge.till.messages import RestrictedItem, SaleClosed, Text
from edge.vision.faces import Faces
from tests.edge.people import Person, faces_of

if TYPE_CHECKING:
    from tests.edge.driver import LaneDriver


def test_every_face_is_counted_once_by_its_outcome() -> None:
    counts = FaceCounts()
    counts.add(
        faces_of(
            Person(age=None, quality=float("nan")),
            Person(age=None, reasons=("dark", "small")),
            Person(age=None),
            Person(age=30),
            Person(age=60),
        )
    )
    assert counts.outcomes == {"skipped": 1, "refused": 1, "passed": 1, "estimated": 2}


def test_a_rejected_face_is_counted_once_for_each_reason() -> None:
    counts = FaceCounts()
    counts.add(faces_of(Person(age=None, reasons=("dark", "small"))))
    counts.add(faces_of(Person(age=None, reasons=("small",)), Person()))
    assert +counts.rejections == {"dark": 1, "small": 2}


def test_an_empty_frame_counts_nothing() -> None:
    counts = FaceCounts()
    counts.add(Faces())
    assert counts.outcomes.total() == 0


def test_every_series_starts_at_zero() -> None:
    """So that the first event counts in `rate()`."""
    assert set(FaceCounts().rejections) == {
        "small", "turned", "dark", "bright", "blurred", "distorted", "eyes-covered", "unconfirmed",
    }  # fmt: skip
    answers = AnswerCounts()
    assert set(answers.decisions) == set(Decision)
    assert set(answers.sales) == set(get_args(Ended))
    assert answers.reasons[Decision.UNKNOWN, Reason.CAMERA_LOST] == 0
    assert len(answers.reasons) == len(Decision) * len(Reason)


def test_an_alert_is_counted_by_its_decision_and_by_each_of_its_reasons(sale: LaneDriver) -> None:
    counts = AnswerCounts()
    sale.receive(RestrictedItem(sale_id="sale-1"))
    sale.wait(0.9)
    sale.show(Person(age=16), frames=5)
    for alert in sale.alerts:
        counts.count_alert(alert)
    assert counts.decisions == {Decision.UNKNOWN: 1, Decision.CHALLENGE: 1, Decision.NO_CHALLENGE: 0}
    assert +counts.reasons == {
        (Decision.UNKNOWN, Reason.NO_FACE): 1,
        (Decision.CHALLENGE, Reason.LOOKS_YOUNG): 1,
        (Decision.CHALLENGE, Reason.NEW_LOOK): 1,
    }


def test_a_sale_is_counted_by_how_it_ended(sale: LaneDriver) -> None:
    counts = AnswerCounts()
    sale.receive(SaleClosed(sale_id="sale-1", completed=False))
    for record in sale.records:
        counts.count_sale(record)
    assert +counts.sales == {"cancelled": 1}


def test_an_offer_is_counted_by_its_outcome(sale: LaneDriver) -> None:
    counts, record = AnswerCounts(), sale.open_record
    assert record
    goods = Goods(category="cheese")
    rule = Rule(band="60+", when=(Goods(category="crackers"),), offer=goods, text=Text(ru="сыр", en="cheese"))
    for outcome in get_args(OfferOutcome):
        offered = Offered("o-1", rule, record.opened_at, outcome == "held-out")
        counts.count_sale(record, ResolvedOffer(offered, outcome, bought=None))
    assert set(counts.offers.values()) == {1}
    assert sum(counts.offers.values()) == 6
