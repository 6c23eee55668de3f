"""The customer zone: which person is the customer, which faces to sample, and the doubts about the customer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.decision.customer import CustomerZone
from edge.decision.policy import Decision, Limit, Reason, decide
from edge.settings.config import Settings
from edge.settings.sections import PolicySettings
from edge.vision.faces import NO_TRACK, Faces
from tests.edge.people import LIMIT, Person, faces_of, settings_with

SHAPE = (480, 640, 3)
LEGAL_AGE = 18
POLICY = PolicySettings()

people = st.lists(
    st.builds(
        Person,
        track=st.sampled_from([NO_TRACK, 0, 1, 2, 3]),
        x=st.sampled_from([0.05, 0.14, 0.3, 0.5, 0.7, 0.86, 0.95]),
        eyes_px=st.sampled_from([10, 35, 40, 80]),
        reasons=st.sampled_from([(), ("dark",), ("unconfirmed",), ("small", "unconfirmed")]),
    ),
    max_size=4,
    unique_by=lambda person: person.track,
)


companions = st.lists(
    st.builds(
        Person,
        track=st.sampled_from([2, 3, 4]),
        x=st.sampled_from([0.5, 0.7, 0.86]),
        age=st.sampled_from([15, 24, 60]),
        eyes_px=st.sampled_from([10, 20, 29, 80]),
        reasons=st.sampled_from([(), (), (), ("dark",), ("unconfirmed",)]),
    ),
    max_size=3,
    unique_by=lambda person: person.track,
)
hidden_in_a_frame = st.tuples(*[st.sampled_from([False, False, False, True])] * 4)


def show(zone: CustomerZone, *people: Person, from_s: float = 0.0, frames: int = 3) -> None:
    """Show people to a zone in `frames` frames, a tenth of a second apart, the first at `from_s`."""
    faces = faces_of(*people)
    for number in range(frames):
        zone.observe(faces, SHAPE, from_s + number / 10)


@pytest.fixture
def zone() -> CustomerZone:
    return CustomerZone(Settings())


def customer_of(zone: CustomerZone) -> int | None:
    return zone.customer.track_id if zone.customer else None


def test_only_confirmed_people_who_are_visible_in_the_zone_are_counted(zone: CustomerZone) -> None:
    unsure, aside = Person(track=3, x=0.6, reasons=("unconfirmed",)), Person(track=4, x=0.95)
    show(zone, Person(track=1, x=0.3), Person(track=2, x=0.8), unsure, aside)
    assert zone.count_present(0.2) == 2
    show(zone, Person(track=1, x=0.3), from_s=0.3, frames=6)
    assert zone.count_present(0.8) == 1


def test_an_empty_zone_has_no_customer_and_the_doubt_no_face(zone: CustomerZone) -> None:
    show(zone)
    assert zone.customer is None
    assert zone.doubts(0.2, LIMIT, LEGAL_AGE) == (Reason.NO_FACE,)


def test_a_person_in_the_zone_becomes_the_customer_and_keeps_their_samples(zone: CustomerZone) -> None:
    show(zone, Person(track=7, age=50), frames=5)
    assert zone.customer is not None
    assert (zone.customer.track_id, zone.customer.age.samples) == (7, 5)
    assert zone.customer.age.estimate(18).mean == pytest.approx(50, abs=0.01)
    assert zone.doubts(0.4, LIMIT, LEGAL_AGE) == ()


def test_one_confirmed_sample_is_not_enough_for_a_person(zone: CustomerZone) -> None:
    show(zone, Person(), frames=1)
    assert zone.customer is None
    show(zone, Person(), from_s=0.1, frames=1)
    assert customer_of(zone) == 1


@pytest.mark.parametrize(("x", "inside"), [(0.14, False), (0.16, True), (0.84, True), (0.86, False)])
def test_the_centre_of_the_face_decides_whether_it_is_in_the_zone(x: float, inside: bool, zone: CustomerZone) -> None:
    show(zone, Person(x=x))
    assert (zone.customer is not None) == inside


def test_the_zone_may_be_any_polygon() -> None:
    triangle = CustomerZone(Settings(zone=((0, 0), (1, 0), (0, 1))))
    show(triangle, Person(track=1, x=0.7, y=0.7))
    assert triangle.customer is None
    show(triangle, Person(track=1, x=0.3, y=0.3))
    assert customer_of(triangle) == 1


def test_the_nearer_of_two_who_come_together_is_the_customer(zone: CustomerZone) -> None:
    show(zone, Person(track=1, x=0.3, eyes_px=40), Person(track=2, x=0.6, eyes_px=70))
    assert customer_of(zone) == 2
    assert zone.doubts(0.2, LIMIT, LEGAL_AGE) == ()


def test_the_customer_stays_the_customer_when_a_nearer_person_comes(zone: CustomerZone) -> None:
    show(zone, Person(track=1, x=0.3, eyes_px=40))
    show(zone, Person(track=1, x=0.3, eyes_px=40), Person(track=2, x=0.6, eyes_px=90), from_s=0.3)
    assert customer_of(zone) == 1


@pytest.mark.parametrize(("eyes_px", "doubts"), [(31, (Reason.TWO_PEOPLE,)), (29, ())])
def test_a_second_face_of_three_quarters_the_size_could_be_the_customer(
    eyes_px: float, doubts: tuple[Reason, ...], zone: CustomerZone
) -> None:
    show(zone, Person(track=1, x=0.3, eyes_px=40), Person(track=2, x=0.6, eyes_px=eyes_px))
    assert zone.doubts(0.2, LIMIT, LEGAL_AGE) == doubts


def test_a_second_person_beside_the_zone_raises_no_doubt(zone: CustomerZone) -> None:
    show(zone, Person(track=1), Person(track=2, x=0.95, eyes_px=80))
    assert zone.doubts(0.2, LIMIT, LEGAL_AGE) == ()


def test_a_second_face_that_is_not_confirmed_raises_no_doubt(zone: CustomerZone) -> None:
    show(zone, Person(track=1, x=0.3), Person(track=2, x=0.6, reasons=("unconfirmed",)))
    assert zone.doubts(0.2, LIMIT, LEGAL_AGE) == ()


def test_a_rival_not_seen_for_half_a_second_is_no_rival(zone: CustomerZone) -> None:
    show(zone, Person(track=1, x=0.3), Person(track=2, x=0.6))
    show(zone, Person(track=1, x=0.3), from_s=0.3, frames=6)
    assert zone.doubts(0.8, LIMIT, LEGAL_AGE) == ()


BUYER = Person(track=1, x=0.3, age=50, eyes_px=40)


def behind(age: float | None = 15, **values: Any) -> Person:
    """Somebody half a step behind the buyer."""
    return replace(Person(track=2, x=0.6, age=age, eyes_px=29), **values)


def test_somebody_behind_the_buyer_who_looks_young_is_a_doubt(zone: CustomerZone) -> None:
    show(zone, BUYER, behind(15))
    assert zone.doubts(0.2, LIMIT, LEGAL_AGE) == (Reason.YOUNG_COMPANION,)


@pytest.mark.parametrize(("age", "doubts"), [(24, (Reason.YOUNG_COMPANION,)), (26, ())])
def test_a_companion_looks_young_when_they_would_be_asked_themselves(
    age: float, doubts: tuple[Reason, ...], zone: CustomerZone
) -> None:
    show(zone, BUYER, behind(age))
    assert zone.doubts(0.2, LIMIT, LEGAL_AGE) == doubts


def test_a_companion_looks_young_for_the_sales_legal_age(zone: CustomerZone) -> None:
    show(zone, BUYER, behind(32))
    assert zone.doubts(0.2, LIMIT, 18) == ()
    assert zone.doubts(0.2, Limit(21, 0.001, challenge_age=35), 21) == (Reason.YOUNG_COMPANION,)


def test_the_shop_may_turn_companions_off() -> None:
    zone = CustomerZone(settings_with(policy={"ask_for_companions": False}))
    show(zone, BUYER, behind(15), replace(behind(None, reasons=("dark",)), track=3, x=0.8), frames=15)
    assert zone.doubts(1.4, LIMIT, LEGAL_AGE) == ()


def test_a_companion_needs_as_many_samples_as_the_customer(zone: CustomerZone) -> None:
    show(zone, BUYER, frames=5)
    show(zone, BUYER, behind(15), from_s=0.5, frames=2)
    assert zone.doubts(0.6, LIMIT, LEGAL_AGE) == ()
    show(zone, BUYER, behind(15), from_s=0.7, frames=1)
    assert zone.doubts(0.7, LIMIT, LEGAL_AGE) == (Reason.YOUNG_COMPANION,)


def test_a_companion_who_turns_away_for_a_moment_is_still_there(zone: CustomerZone) -> None:
    show(zone, BUYER, behind(15), frames=5)
    show(zone, BUYER, from_s=0.5, frames=18)
    assert zone.doubts(2.2, LIMIT, LEGAL_AGE) == (Reason.YOUNG_COMPANION,)
    show(zone, BUYER, from_s=2.3, frames=3)
    assert zone.doubts(2.5, LIMIT, LEGAL_AGE) == (), "two seconds have passed"


@pytest.mark.parametrize("reason", ["turned", "dark", "bright", "blurred"])
def test_somebody_whose_age_cannot_be_estimated_is_a_doubt_after_a_second(reason: str, zone: CustomerZone) -> None:
    """Who passes by, or has just come, is none."""
    unreadable = behind(age=None, reasons=(reason,))
    show(zone, BUYER, unreadable, frames=10)
    assert zone.doubts(0.9, LIMIT, LEGAL_AGE) == ()
    show(zone, BUYER, unreadable, from_s=1.0, frames=2)
    assert zone.doubts(1.1, LIMIT, LEGAL_AGE) == (Reason.TWO_PEOPLE,)
    show(zone, BUYER, behind(40), from_s=1.2, frames=3)
    assert zone.doubts(1.4, LIMIT, LEGAL_AGE) == (), "now it can"


def test_somebody_too_far_away_for_an_estimate_is_no_companion(zone: CustomerZone) -> None:
    show(zone, BUYER, behind(age=None, eyes_px=15, reasons=("small",)), frames=15)
    assert zone.doubts(1.4, LIMIT, LEGAL_AGE) == ()


def test_a_young_companion_is_named_before_others_who_cannot_be_estimated(zone: CustomerZone) -> None:
    unreadable = replace(behind(age=None, reasons=("dark",)), track=3, x=0.8)
    show(zone, BUYER, unreadable, behind(15), frames=15)
    assert zone.doubts(1.4, LIMIT, LEGAL_AGE) == (Reason.YOUNG_COMPANION,)


def test_beside_the_zone_printed_or_not_confirmed_nobody_is_a_companion(zone: CustomerZone) -> None:
    for second in range(31):
        buyer = replace(BUYER, x=0.3 + second % 2 * 0.05)
        poster, aside, unsure = behind(15), replace(behind(15), track=3, x=0.95), replace(behind(15), track=4, x=0.8)
        unsure = replace(unsure, reasons=("unconfirmed",))
        show(zone, buyer, poster, aside, unsure, from_s=float(second), frames=10)
    assert zone.doubts(30.9, LIMIT, LEGAL_AGE) == ()


def test_companions_do_not_matter_when_the_customer_is_asked_anyway(zone: CustomerZone) -> None:
    """The cashier is shown the better reason, and a CHALLENGE stays."""
    show(zone, replace(BUYER, age=20), behind(15))
    assert zone.doubts(0.2, LIMIT, LEGAL_AGE) == ()


@given(
    companions,
    st.lists(hidden_in_a_frame, min_size=5, max_size=25),
    st.sampled_from([None, LIMIT, replace(LIMIT, min_mean_age=30)]),
)
def test_nobody_passes_while_somebody_else_in_the_zone_looks_young(
    others: list[Person], hidden: list[tuple[bool, ...]], limit: Limit | None
) -> None:
    """Counts the samples of everybody by itself. others: with a customer of 50 years. hidden: by frame and person."""
    zone = CustomerZone(Settings())
    samples: dict[int, int] = {}
    confirmed: dict[int, int] = {}
    for number, frame in enumerate(hidden):
        shown = [person for person, gone in zip([BUYER, *others], frame, strict=False) if not gone]
        zone.observe(faces_of(*shown), SHAPE, number / 10)
        for person in shown:
            samples[person.track] = samples.get(person.track, 0) + (not person.reasons)
            confirmed[person.track] = confirmed.get(person.track, 0) + ("unconfirmed" not in person.reasons)
        customer = zone.customer
        doubts = zone.doubts(number / 10, limit, LEGAL_AGE)
        verdict = decide(customer.age if customer else None, doubts, limit, LEGAL_AGE, POLICY)
        young = [
            person.track
            for person in shown
            if 0.15 <= person.x <= 0.85
            and person.age in {15, 24}
            and samples[person.track] >= POLICY.min_looks
            and confirmed[person.track] >= 2
        ]
        assert not (young and verdict.decision is Decision.NO_CHALLENGE)


def test_a_printed_face_is_neither_a_customer_nor_a_rival(zone: CustomerZone) -> None:
    poster = Person(track=1, x=0.3)
    show(zone, poster, frames=290)
    assert customer_of(zone) == 1, "half a minute has not passed yet"
    show(zone, poster, from_s=29.0, frames=20)
    assert customer_of(zone) is None
    assert zone.count_present(30.9) == 0
    show(zone, poster, Person(track=2, x=0.6), from_s=31.0)
    assert customer_of(zone) == 2
    assert zone.doubts(31.2, LIMIT, LEGAL_AGE) == ()


def test_a_face_that_moves_a_fifth_of_its_eye_distance_is_not_a_print(zone: CustomerZone) -> None:
    for second in range(60):
        show(zone, Person(track=1, x=0.5 + (second // 20 % 2) * 0.2 * 40 / 640), from_s=float(second), frames=10)
    assert customer_of(zone) == 1


def test_a_face_hidden_for_less_than_two_seconds_is_still_the_customer(zone: CustomerZone) -> None:
    show(zone, Person(track=1))
    show(zone, from_s=0.3, frames=18)
    assert customer_of(zone) == 1
    show(zone, from_s=2.3, frames=1)
    assert zone.customer is None


def test_samples_are_dropped_when_a_person_is_away_too_long(zone: CustomerZone) -> None:
    show(zone, Person(track=1), frames=5)
    show(zone, from_s=3.0)
    show(zone, Person(track=1), from_s=4.0, frames=2)
    assert zone.customer is not None
    assert zone.customer.age.samples == 2


def test_if_every_sample_was_rejected_the_doubts_are_the_last_reasons(zone: CustomerZone) -> None:
    show(zone, Person(reasons=("dark", "blurred")))
    assert zone.doubts(0.2, LIMIT, LEGAL_AGE) == (Reason.DARK, Reason.BLURRED)
    show(zone, Person(), from_s=0.3, frames=1)
    assert zone.doubts(0.3, LIMIT, LEGAL_AGE) == ()


def test_faces_that_are_not_sampled_do_not_count(zone: CustomerZone) -> None:
    show(zone, Person(), frames=3)
    show(zone, Person(quality=float("nan"), age=None), from_s=0.3, frames=5)
    assert zone.customer is not None
    assert (zone.customer.age.samples, zone.customer.confirmed_samples) == (3, 3)
    assert zone.customer.last_s == pytest.approx(0.7)


def test_forgetting_ages_keeps_the_customer(zone: CustomerZone) -> None:
    show(zone, Person(track=1), frames=5)
    zone.forget_ages()
    assert zone.customer is not None
    assert (zone.customer.track_id, zone.customer.age.samples) == (1, 0)


@given(st.lists(people, max_size=25))
def test_faces_outside_unconfirmed_or_untracked_never_become_the_customer(seen: list[list[Person]]) -> None:
    zone = CustomerZone(Settings())
    confirmed: dict[int, int] = {}
    for number, frame in enumerate(seen):
        zone.observe(faces_of(*frame), SHAPE, number / 10)
        for person in frame:
            if 0.15 <= person.x <= 0.85 and "unconfirmed" not in person.reasons:
                confirmed[person.track] = confirmed.get(person.track, 0) + 1
        if zone.customer:
            assert zone.customer.track_id != NO_TRACK
            assert confirmed.get(zone.customer.track_id, 0) >= 2


def sample_times(zone: CustomerZone, faces: Faces, seconds: float, *, from_s: float = 0.0) -> list[float]:
    """When the face in row 0 is sampled, at 30 frames/s, if every sample passes."""
    times = []
    for frame in range(round(seconds * 30)):
        now_s = from_s + frame / 30
        sampled = zone.should_sample(faces, SHAPE, now_s)
        quality = np.where(sampled, 0.8, np.nan).astype(np.float32)
        age_probs = np.where(sampled[:, None], np.full(101, 1 / 101), np.nan).astype(np.float32)
        zone.observe(faces.with_(quality=quality, age_probs=age_probs), SHAPE, now_s)
        if sampled[0]:
            times.append(now_s)
    return times


def test_a_customer_is_sampled_ten_times_a_second_and_then_less_and_less_often(zone: CustomerZone) -> None:
    times = sample_times(zone, faces_of(Person(track=1)), 20)
    assert np.diff(times)[:9] == pytest.approx(0.1, abs=0.01)
    assert np.diff(times)[12:18] == pytest.approx(0.2, abs=0.01)
    assert np.diff(times)[32:] == pytest.approx(0.8, abs=0.01)


def test_a_new_sale_samples_its_customer_from_the_start(zone: CustomerZone) -> None:
    faces = faces_of(Person(track=1))
    sample_times(zone, faces, 10)
    zone.forget_ages()
    assert np.diff(sample_times(zone, faces, 1, from_s=10))[:8] == pytest.approx(0.1, abs=0.01)


def test_faces_outside_the_zone_are_not_sampled(zone: CustomerZone) -> None:
    faces = faces_of(Person(track=1, x=0.5), Person(track=2, x=0.95))
    assert zone.should_sample(faces, SHAPE, 0).tolist() == [True, False]
    assert zone.should_sample(faces[np.array([1])], SHAPE, 0).tolist() == [False]
    assert zone.should_sample(Faces(), SHAPE, 0).tolist() == []


def test_a_face_half_way_to_its_time_joins_the_batch_of_another(zone: CustomerZone) -> None:
    first, both = faces_of(Person(track=1)), faces_of(Person(track=1), Person(track=2, x=0.7))
    sample_times(zone, first, 0.1)
    rows = []
    for frame in range(90):
        now_s = 0.1 + frame / 30
        sampled = zone.should_sample(both, SHAPE, now_s)
        zone.observe(both.with_(quality=np.where(sampled, 0.8, np.nan).astype(np.float32)), SHAPE, now_s)
        rows.append(sampled.tolist())
    assert {tuple(row) for row in rows} == {(True, True), (False, False)}
