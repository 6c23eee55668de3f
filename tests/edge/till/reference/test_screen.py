"""What the cashier's screen shows: the table of docs/till-protocol.md, row by row."""

from __future__ import annotations

import pytest

from edge.decision.policy import Decision
from edge.till.messages import Text
from edge.till.reference import fallback_prompts
from tests.edge.till.reference.harness import TillHarness

ASKING = [Decision.CHALLENGE, Decision.UNKNOWN]


@pytest.fixture
def scanned(till: TillHarness) -> TillHarness:
    """A till with beer and milk in its basket."""
    till.open()
    till.scan("milk")
    till.scan("beer")
    till.acknowledge_all()
    return till


def english(till: TillHarness) -> str:
    assert isinstance(till.session.screen.text, Text)
    return till.session.screen.text.en


class TestNothingRestrictedLeft:
    def test_after_the_last_restricted_item_was_removed_nothing_is_shown(self, scanned: TillHarness) -> None:
        scanned.receive(scanned.alert())
        scanned.remove("beer")
        assert scanned.shows == "nothing"

    def test_nor_while_the_agent_is_silent(self, scanned: TillHarness) -> None:
        scanned.remove("beer")
        scanned.wait(10)
        assert ("agent-silent" in scanned.events, scanned.shows) == (True, "nothing")

    def test_nor_after_a_failed_check(self, scanned: TillHarness) -> None:
        scanned.check("failed")
        assert scanned.shows == "do-not-sell"
        scanned.remove("beer")
        assert scanned.shows == "nothing"

    def test_a_late_alert_is_not_shown_either(self, scanned: TillHarness) -> None:
        scanned.remove("beer")
        scanned.receive(scanned.alert())
        assert (scanned.details("not-shown")[0]["why"], scanned.shows) == ("nothing-restricted", "nothing")

    def test_scanned_again_it_is_a_new_question(self, scanned: TillHarness) -> None:
        scanned.receive(scanned.alert(Decision.NO_CHALLENGE))
        scanned.remove("beer")
        scanned.wait(5, with_health=True)
        scanned.scan("beer")
        assert scanned.shows == "waiting"
        scanned.wait(1, with_health=True)
        assert scanned.shows == "ask"

    def test_one_of_two_beers_changes_nothing(self, scanned: TillHarness) -> None:
        scanned.scan("beer")
        scanned.receive(scanned.alert())
        scanned.remove("beer")
        assert scanned.shows == "alert"


class TestChecks:
    def test_a_passed_check_covers_items_up_to_its_age(self, scanned: TillHarness) -> None:
        scanned.check("passed")
        scanned.scan("energy-drink")
        assert scanned.shows == "nothing", "16 is below the 18 of the beer"
        scanned.scan("vodka")
        scanned.wait(1, with_health=True)
        assert scanned.shows == "ask", "18 does not answer for 21"
        scanned.check("passed")
        assert scanned.shows == "nothing"

    def test_a_failed_check_for_21_forbids_only_items_from_21(self, scanned: TillHarness) -> None:
        scanned.scan("vodka")
        scanned.check("failed")
        assert scanned.shows == "do-not-sell"
        assert english(scanned) == "Do not sell items 21+. For the others, ask for ID."
        scanned.check("passed", minimum_age=18)
        assert english(scanned) == "Do not sell items 21+."
        scanned.remove("vodka")
        assert scanned.shows == "nothing"

    def test_a_failed_check_for_the_lowest_age_forbids_all(self, scanned: TillHarness) -> None:
        scanned.scan("vodka")
        scanned.check("failed", minimum_age=18)
        assert scanned.session.screen.text == fallback_prompts.DO_NOT_SELL

    def test_without_an_id_nothing_restricted_is_sold(self, scanned: TillHarness) -> None:
        scanned.scan("vodka")
        scanned.check("not-shown")
        assert scanned.session.screen.text == fallback_prompts.DO_NOT_SELL

    def test_the_last_check_counts(self, scanned: TillHarness) -> None:
        scanned.check("not-shown")
        scanned.check("passed")
        assert scanned.shows == "nothing"

    def test_a_check_also_holds_while_the_agent_is_silent(self, scanned: TillHarness) -> None:
        scanned.check("passed")
        scanned.wait(5)
        assert (scanned.session.screen.shows, scanned.events.count("agent-silent")) == ("nothing", 1)

    def test_an_alert_for_a_higher_age_than_was_checked_is_shown(self, scanned: TillHarness) -> None:
        """The lane's legal age may be higher than the till assumed."""
        scanned.check("passed")
        scanned.receive(scanned.alert(age=21))
        assert scanned.shows == "alert"
        scanned.check("passed")
        assert scanned.shows == "nothing"


class TestSeveralAges:
    def test_no_challenge_for_18_does_not_answer_for_21(self, scanned: TillHarness) -> None:
        scanned.receive(scanned.alert(Decision.NO_CHALLENGE, age=18))
        assert scanned.shows == "alert"
        scanned.scan("vodka")
        assert scanned.shows == "waiting"
        scanned.wait(1, with_health=True)
        assert scanned.shows == "ask"
        scanned.receive(scanned.alert(Decision.NO_CHALLENGE, age=21))
        assert scanned.shows == "alert"

    def test_a_late_no_challenge_for_18_is_not_shown_for_vodka(self, scanned: TillHarness) -> None:
        scanned.scan("vodka")
        scanned.receive(scanned.alert(Decision.NO_CHALLENGE, age=18))
        assert (scanned.details("not-shown")[0]["why"], scanned.shows) == ("lower-age", "waiting")

    def test_a_lower_age_asks_nothing_new(self, scanned: TillHarness) -> None:
        scanned.receive(scanned.alert(Decision.NO_CHALLENGE, age=18))
        scanned.scan("energy-drink")
        assert scanned.shows == "alert"

    def test_when_the_strictest_item_is_removed_its_alert_is_removed_too(self, scanned: TillHarness) -> None:
        scanned.scan("vodka")
        scanned.receive(scanned.alert(Decision.CHALLENGE, age=21))
        scanned.remove("vodka")
        assert scanned.shows == "waiting", "the agent sends a new one for 18"
        scanned.receive(scanned.alert(Decision.NO_CHALLENGE, age=18))
        assert scanned.shows == "alert"

    def test_a_lane_with_another_legal_age_says_so_in_its_first_alert(self, scanned: TillHarness) -> None:
        scanned.receive(scanned.alert(Decision.NO_CHALLENGE, age=16))
        assert scanned.shows == "alert", "beer has no age of its own: it is the lane's"

    def test_an_alert_of_an_older_agent_is_for_the_lanes_legal_age(self, scanned: TillHarness) -> None:
        scanned.receive(scanned.alert(Decision.NO_CHALLENGE, age=None))
        assert scanned.shows == "alert"
        scanned.scan("vodka")
        scanned.wait(1, with_health=True)
        assert scanned.shows == "ask"


THREE_HOURS_S = 3 * 3600.0


@pytest.mark.parametrize("late_s", [THREE_HOURS_S, -THREE_HOURS_S, 3, -3])
class TestClocks:
    @pytest.fixture
    def scanned(self, till: TillHarness, late_s: float) -> TillHarness:
        """Its clock differs from the agent's. Health comes each second, and says so."""
        till.health(late_s=late_s)
        till.open()
        till.scan("beer")
        till.acknowledge_all()
        return till

    def test_no_challenge_is_shown_as_ask_for_id_at_once(self, scanned: TillHarness, late_s: float) -> None:
        scanned.receive(scanned.alert(Decision.NO_CHALLENGE, behind_s=late_s))
        assert (scanned.shows, scanned.session.screen.text) == ("ask", fallback_prompts.CLOCKS)
        assert scanned.details("not-shown")[0]["why"] == "clocks-differ"

    def test_and_stays_so_after_it_has_expired(self, scanned: TillHarness, late_s: float) -> None:
        scanned.receive(scanned.alert(Decision.NO_CHALLENGE, behind_s=late_s))
        for _ in range(35):
            scanned.wait(1)
            scanned.health(late_s=late_s)
            assert scanned.shows == "ask"
        scanned.health()
        assert scanned.shows == "ask", "it was never on the screen"

    @pytest.mark.parametrize("decision", ASKING)
    def test_an_alert_that_asks_is_shown_and_expires_after_its_time(
        self, scanned: TillHarness, decision: Decision, late_s: float
    ) -> None:
        scanned.receive(scanned.alert(decision, behind_s=late_s))
        shown = []
        for _ in range(31):
            shown.append(scanned.shows)
            scanned.wait(1)
            scanned.health(late_s=late_s)
        assert shown == ["alert"] * 30 + ["ask"]


def test_before_the_first_heartbeat_no_challenge_is_not_trusted() -> None:
    till = TillHarness()
    till.acknowledge_all()
    till.open()
    till.scan()
    till.receive(till.alert(Decision.NO_CHALLENGE))
    assert till.shows == "ask"
    till.health()
    assert (till.shows, till.events.count("shown")) == ("alert", 1)


def test_clocks_that_come_to_differ_remove_a_no_challenge(scanned: TillHarness) -> None:
    scanned.receive(scanned.alert(Decision.NO_CHALLENGE))
    assert scanned.shows == "alert"
    scanned.health(late_s=60)
    assert scanned.shows == "ask"
