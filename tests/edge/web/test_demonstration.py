"""The demonstration till: it gets real answers, affects no real till or record, and ends when a real sale opens."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edge.decision.policy import Decision
from edge.errors import UsageError
from edge.frames import Frame
from edge.lane.lane import Lane
from edge.lane.outcomes import Closed, Outcome
from edge.till.messages import RestrictedItem, SaleClosed, SaleOpened
from edge.till.reference.screen import Screen
from edge.vision.faces import Faces
from edge.web.demonstration import BUSY, NOT_YET, Demonstration
from tests.edge.people import Person


class Shop:
    """A lane with a demonstration till. Frames come a tenth of a second apart."""

    def __init__(self, lane: Lane, faces_of: Callable[..., Faces], frame_at: Callable[..., Frame]) -> None:
        self.lane, self.till, self.now_s = lane, Demonstration(), 0.0
        self._faces_of, self._frame_at = faces_of, frame_at
        self.outcomes: list[Outcome] = []

    def show(self, *people: Person, frames: int = 1) -> None:
        for _ in range(frames):
            self.now_s = round(self.now_s + 0.1, 6)
            frame, faces = self._frame_at(self.now_s), self._faces_of(*people)
            self.outcomes += self.lane.observe(faces, frame, self.now_s)
            self.till.observe(self.lane, frame, faces, self.now_s)

    def wait(self, seconds: float) -> None:
        for _ in range(round(seconds * 20)):
            self.now_s = round(self.now_s + 0.05, 6)
            self.till.tick(self.lane, self.now_s)

    @property
    def screen(self) -> Screen:
        return self.till.show(self.now_s).screen


@pytest.fixture
def shop(make_lane: Callable[..., Lane], faces_of: Callable[..., Faces], frame_at: Callable[..., Frame]) -> Shop:
    shop = Shop(make_lane(mode="on-sale"), faces_of, frame_at)
    shop.show()
    return shop


def test_beer_for_an_older_customer_needs_no_id(shop: Shop) -> None:
    shop.till.scan("bread", shop.now_s)
    shop.show(Person(age=50), frames=5)
    assert shop.screen == Screen("nothing")
    shop.till.scan("beer", shop.now_s)
    assert shop.screen.alert
    assert shop.screen.alert.decision is Decision.NO_CHALLENGE


def test_beer_for_a_young_customer_asks_for_id_in_both_languages(shop: Shop) -> None:
    shop.show(Person(age=19), frames=5)
    shop.till.scan("beer", shop.now_s)
    assert shop.screen.shows == "waiting"
    shop.show(Person(age=19), frames=4)
    shown = shop.till.show(shop.now_s)
    assert shown.answered_s == pytest.approx(0.3)
    assert shown.screen.text
    assert shown.screen.text.en == "Ask for ID: looks younger than 25."
    assert shown.screen.text.ru == "Проверьте документы: выглядит моложе 25."


def test_beer_for_nobody_in_view_asks_for_id_within_a_second(shop: Shop) -> None:
    shop.till.scan("beer", shop.now_s)
    shop.show(frames=9)
    shown = shop.till.show(shop.now_s)
    assert shown.screen.alert
    assert shown.screen.alert.decision is Decision.UNKNOWN
    assert shown.answered_s
    assert shown.answered_s < 1


def test_a_dead_camera_asks_for_id_as_well(shop: Shop) -> None:
    shop.wait(2)
    shop.till.scan("beer", shop.now_s)
    shop.wait(0.9)
    assert shop.screen.text
    assert shop.screen.text.en == "Ask for ID: the camera is not working."


def test_an_id_that_is_ok_clears_the_screen(shop: Shop) -> None:
    shop.till.scan("beer", shop.now_s)
    shop.show(frames=9)
    shop.till.check("passed", shop.now_s)
    assert shop.screen == Screen("nothing")
    shop.till.close(shop.now_s, completed=True)
    assert shop.till.show(shop.now_s).sale is None


def test_an_id_that_is_not_ok_says_not_to_sell(shop: Shop) -> None:
    shop.till.scan("beer", shop.now_s)
    shop.till.check("failed", shop.now_s)
    assert shop.screen.shows == "do-not-sell"


def test_an_id_for_beer_is_none_for_vodka(shop: Shop) -> None:
    shop.show(Person(age=50), frames=5)
    shop.till.scan("beer", shop.now_s)
    shop.till.check("passed", shop.now_s)
    assert shop.screen == Screen("nothing")
    shop.till.scan("vodka", shop.now_s)
    shop.show(Person(age=50), frames=2)
    assert shop.screen.alert
    assert (shop.screen.alert.legal_age, shop.screen.alert.decision) == (21, Decision.CHALLENGE)


def test_the_real_lane_is_not_changed_and_records_nothing(shop: Shop) -> None:
    shop.till.scan("beer", shop.now_s)
    shop.show(Person(age=19), frames=10)
    shop.till.close(shop.now_s, completed=True)
    shop.show(Person(age=19), frames=10)
    assert shop.lane.open_sales == ()
    assert not shop.lane.analysing
    assert [outcome for outcome in shop.outcomes if isinstance(outcome, Closed)] == []
    assert {outcome.data.type for outcome in shop.outcomes if not isinstance(outcome, Closed)} == {"lane.state"}


def test_faces_are_sampled_only_while_its_sale_is_open(
    shop: Shop, faces_of: Callable[..., Faces], frame_at: Callable[..., Frame]
) -> None:
    faces = faces_of(Person(), Person(track=2, x=0.05))
    assert shop.till.should_sample(faces, frame_at(1)).tolist() == [False, False]
    shop.till.scan("bread", shop.now_s)
    assert shop.till.should_sample(faces, frame_at(1)).tolist() == [True, False]
    shop.till.close(shop.now_s, completed=False)
    assert shop.till.should_sample(faces, frame_at(1)).tolist() == [False, False]


def test_a_real_sale_ends_the_demonstration_at_once(shop: Shop) -> None:
    shop.till.scan("beer", shop.now_s)
    shop.lane.receive("till-7", "m-1", SaleOpened(sale_id="real"), shop.now_s)
    shop.show()
    assert shop.till.lane is None
    assert shop.till.show(shop.now_s).note == BUSY


def test_it_does_not_sell_while_a_real_sale_is_open(shop: Shop) -> None:
    shop.lane.receive("till-7", "m-1", SaleOpened(sale_id="real"), shop.now_s)
    shop.show()
    shop.till.scan("beer", shop.now_s)
    assert shop.till.show(shop.now_s).sale is None
    shop.show(Person(age=50), frames=5)
    answer, *_ = shop.lane.receive("till-7", "m-2", RestrictedItem(sale_id="real"), shop.now_s)[1:]
    assert not isinstance(answer, Closed)
    assert answer.data.type == "lane.alert"
    shop.lane.receive("till-7", "m-3", SaleClosed(sale_id="real"), shop.now_s)
    shop.show()
    shop.till.scan("beer", shop.now_s)
    assert shop.till.show(shop.now_s).note is None
    assert shop.till.lane


def test_an_unwatched_sale_ends_after_30_s(shop: Shop) -> None:
    shop.till.scan("beer", shop.now_s)
    shop.wait(29)
    assert shop.till.lane
    shop.wait(2)
    assert shop.till.lane is None


def test_before_the_first_frame_it_shows_that_the_lane_is_starting() -> None:
    till = Demonstration()
    till.scan("beer", 0.0)
    assert till.show(0.0).note == NOT_YET


def test_unknown_items_and_actions_without_a_sale_raise(shop: Shop) -> None:
    with pytest.raises(UsageError, match="no item 'absinthe'"):
        shop.till.scan("absinthe", shop.now_s)
    with pytest.raises(UsageError, match="no sale is open"):
        shop.till.check("passed", shop.now_s)
    with pytest.raises(UsageError, match="no sale is open"):
        shop.till.close(shop.now_s, completed=True)
