"""Which tills are served: a till that was served keeps its place, and newcomers share what is left."""

from __future__ import annotations

from edge.till.limits import PENALTY_S, PLACE_KEPT_S, PLACES, TILL_SILENT_S, TILLS
from edge.till.places import TillPlaces


def admitted(places: TillPlaces, name: str, now_s: float, *, has_key: bool = False) -> bool:
    """Whether a till may send a message. It does, if it may."""
    limiter = places.admit(name.encode(), now_s, has_key=has_key)
    return limiter is not None and limiter.accept(now_s)


def test_no_more_newcomers_are_served_at_once_than_a_lane_has_tills() -> None:
    places = TillPlaces()
    assert [admitted(places, f"till-{number}", 0.0) for number in range(TILLS + 1)] == [True] * TILLS + [False]


def test_a_newcomer_is_served_when_another_till_is_gone_which_is_served_again_when_it_returns() -> None:
    places = TillPlaces()
    for number in range(TILLS):
        admitted(places, f"till-{number}", 0.0)
    places.forget(b"till-0", 1.0)
    assert admitted(places, "newcomer", 1.0)
    assert not admitted(places, "one too many", 1.0)
    assert admitted(places, "till-0", 2.0)
    assert len(places.connected) == TILLS + 1


def test_newcomers_that_change_their_names_take_all_free_places_and_no_others() -> None:
    places, now_s = TillPlaces(), 0.0
    assert admitted(places, "good", now_s)
    names = 0
    while admitted(places, f"newcomer-{names}", now_s):
        names += 1
        if names % (TILLS - 1) == 0:
            now_s += TILL_SILENT_S  # so that those are gone
    assert names == PLACES - 1
    assert admitted(places, "good", now_s)


def test_a_place_is_free_again_a_day_after_its_tills_last_message() -> None:
    places = TillPlaces()
    for number in range(PLACES):
        assert admitted(places, f"till-{number}", number * TILL_SILENT_S)
    full_s = PLACES * TILL_SILENT_S
    assert not admitted(places, "newcomer", full_s)
    assert not admitted(places, "newcomer", PLACE_KEPT_S - 1)
    assert admitted(places, "newcomer", PLACE_KEPT_S)
    assert not admitted(places, "another", PLACE_KEPT_S)


def test_a_till_with_a_key_is_always_served() -> None:
    places = TillPlaces()
    assert all(admitted(places, f"till-{number}", 0.0, has_key=True) for number in range(3 * PLACES))


def test_a_forgotten_till_keeps_its_rate_limit() -> None:
    places = TillPlaces()
    while admitted(places, "loud", 0.0):
        pass
    places.forget(b"loud", 1.0)
    assert places.is_connected(b"loud")
    places.forget(b"loud", PENALTY_S)
    assert not places.is_connected(b"loud")
    assert not admitted(places, "loud", 0.0)
