"""The offer book: which rule matches a customer and a basket, and which goods and customers are excluded."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.decision.bands import band_names, band_probabilities
from edge.errors import UsageError
from edge.offers.sheet import Rule, reject_forbidden
from edge.purchases.goods import Goods
from edge.purchases.restricted_words import RestrictedWords
from edge.till.messages import BasketLine, OfferReply, Text
from tests.edge.offers.conftest import ADULTS, EDGES, NOW, age_at, book_of, line_of, rule_of, sheet_of

WORDS = RestrictedWords()
names = st.sampled_from(["crackers", "cheese", "dairy", "beer", "вино", "soft drinks", "tobacco", "fruit"])
rules = st.lists(
    st.builds(rule_of, st.sampled_from(band_names(EDGES)), when=names, offer=names), max_size=12
)  # fmt: skip
baskets = st.lists(
    st.builds(line_of, names, quantity=st.sampled_from([1, 2, -1]), restricted=st.booleans()), max_size=6
)
ages, spreads = st.floats(5, 95), st.floats(0.5, 12)


def test_a_basket_with_the_triggers_gets_the_offer() -> None:
    found = book_of().matching_rule([line_of("dairy"), line_of("crackers")], age_at(50), NOW, set())
    assert found
    assert (found.band, found.offer.category, found.text.ru) == ("45-59", "cheese", "Предложите: cheese.")


@pytest.mark.parametrize("basket", [[], ["dairy"], ["crackers", "cheese"]])
def test_without_the_triggers_or_with_the_goods_nothing_is_offered(basket: list[str]) -> None:
    assert book_of().matching_rule(list(map(line_of, basket)), age_at(50), NOW, set()) is None


def test_the_first_rule_that_matches_is_used() -> None:
    several = book_of(rule_of(when="fruit"), rule_of(offer="honey"), rule_of(offer="butter"))
    found = several.matching_rule([line_of("crackers")], age_at(50), NOW, set())
    assert found
    assert found.offer.category == "honey"


def test_the_catalogue_gives_the_category_if_the_till_does_not() -> None:
    listed = book_of(catalogue={"tuc": "crackers"})
    assert listed.matching_rule([line_of(None, sku="tuc")], age_at(50), NOW, set())


def test_excluded_goods_are_neither_offered_nor_a_trigger() -> None:
    for excluded in ("cheese", "crackers"):
        assert book_of(exclude=(excluded,)).matching_rule([line_of("crackers")], age_at(50), NOW, set()) is None
    by_article = book_of(exclude=("sku-crackers",))
    assert by_article.matching_rule([line_of("crackers")], age_at(50), NOW, set()) is None
    assert by_article.matching_rule([line_of("crackers"), line_of("crackers", sku="other")], age_at(50), NOW, set())


def test_an_uncertain_band_gets_no_offer() -> None:
    assert book_of(min_p_band=0.4).matching_rule([line_of("crackers")], age_at(50, 15), NOW, set()) is None
    assert book_of(min_p_band=0.2).matching_rule([line_of("crackers")], age_at(50, 15), NOW, set())


def test_an_expired_sheet_makes_no_offers() -> None:
    good = book_of()
    assert good.matching_rule([line_of("crackers")], age_at(50), good.sheet.expires_at - timedelta(seconds=1), set())
    assert good.matching_rule([line_of("crackers")], age_at(50), good.sheet.expires_at, set()) is None


@given(rules, baskets, ages, spreads, st.sampled_from([16, 18, 21]), st.sets(names))
def test_forbidden_goods_are_never_offered(
    rules: list[Rule], basket: list[BasketLine], years: float, spread: float, legal_age: int, restricted: set[str]
) -> None:  # fmt: skip
    """With only those rules that may be signed."""
    allowed = [rule for rule in rules if not _is_forbidden(rule, legal_age)]
    sheet = book_of(*allowed, legal_age=legal_age, exclude=("fruit",)) if allowed else book_of(legal_age=legal_age)
    age = age_at(years, spread)
    found = sheet.matching_rule(basket, age, NOW, restricted)
    if found is None:
        return
    marked = {line.category for line in basket if line.restricted}
    assert not {found.offer.category} & ({"fruit"} | restricted | marked)
    assert WORDS.found_in(str(found.offer.category)) is None
    assert sheet.sheet.starts_at(found.band) >= legal_age
    assert age.estimate(legal_age).p_under_legal <= 0.05
    probs = dict(zip(band_names(EDGES), band_probabilities(age.distribution, EDGES), strict=True))
    assert probs[found.band] == max(probs.values()) >= 0.4
    assert found.offer.category not in {line.category for line in basket if line.quantity > 0}


def _is_forbidden(rule: Rule, legal_age: int) -> bool:
    try:
        reject_forbidden(book_of(rule).sheet, legal_age, WORDS)
    except UsageError:
        return True
    return False


@given(st.floats(5, 60), spreads, st.floats(0, 0.3))
def test_a_customer_who_may_be_under_age_gets_no_offer(years: float, spread: float, most: float) -> None:
    age = age_at(years, spread)
    sheet = book_of(max_p_under_legal=most, min_p_band=0)
    found = sheet.matching_rule([line_of("crackers")], age, NOW, set())
    under = age.estimate(18).p_under_legal
    assert found is None or under <= most
    assert found or under > most or years < 18.5


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (rule_of("0-17"), "(0-17: cheese) is for ages from 0, below the legal age of 18: remove the rule"),
        (rule_of("60+", offer="Пиво"), "(60+: Пиво) is about 'Пиво', which is restricted (пив*): remove the rule"),
        (rule_of("60+", offer="bееr"), "is about 'bееr', which is restricted (beer): remove the rule"),
        (rule_of("60+", when="wine"), "(60+: cheese) is about 'wine', which is restricted (wine): remove the rule"),
        (rule_of("60+", text=Text(ru="К сыру - бокал вина", en="Cheese")), "the text of rule"),
        (rule_of("60+", text=Text(ru="Сыр", en="A w1ne")), "restricted goods (wine), 'A w1ne': change the text"),
        (rule_of("60+", offer="drugs"), "names goods in offers.exclude: remove the rule"),
        (rule_of("60+", offer="46"), "(60+: 46) is about 'Настойки', which is restricted (настойк*): remove the rule"),
    ],
)  # fmt: skip
def test_a_rule_for_minors_or_about_restricted_goods_is_rejected_in_one_line(rule: Rule, message: str) -> None:
    with pytest.raises(UsageError) as problem:
        reject_forbidden(sheet_of(rule), 18, WORDS, ["drugs"], {"46": "Настойки", "47": "Сыры"})
    assert message in str(problem.value)
    assert "\n" not in str(problem.value)


def test_a_rule_for_adults_about_ordinary_goods_is_accepted() -> None:
    reject_forbidden(sheet_of(), 18, WORDS, ["drugs"], {"cheese": "Сыры"})
    with pytest.raises(UsageError, match=r"\(18-24: cheese\) is for ages from 18, below the legal age of 21"):
        reject_forbidden(sheet_of(rule_of("18-24")), 21, WORDS)


def test_a_shop_adds_words_and_may_allow_energy_drinks() -> None:
    own = book_of(restricted_words=("квас", "сыр*")).words
    with pytest.raises(UsageError, match=r"is about 'Сырки', which is restricted \(сыр\*\)"):
        reject_forbidden(sheet_of(rule_of("60+", offer="Сырки")), 18, own)
    energy = sheet_of(rule_of("60+", offer="Энергетики"))
    with pytest.raises(UsageError, match=r"restricted \(энергетик\*\)"):
        reject_forbidden(energy, 18, WORDS)
    reject_forbidden(energy, 18, book_of(energy_drinks=True).words)


def test_goods_of_a_restricted_category_are_no_trigger_and_not_offered() -> None:
    """The rule knows their skus only; their category is in the catalogue, or comes from the till."""
    by_sku = rule_of().model_copy(update={"when": (Goods(sku="46"),)})
    assert book_of(by_sku).matching_rule([line_of("snacks", sku="46")], age_at(50), NOW, set())
    assert book_of(by_sku).matching_rule([line_of("Пивo", sku="46")], age_at(50), NOW, set()) is None
    offered = rule_of().model_copy(update={"offer": Goods(sku="46")})
    assert book_of(offered, catalogue={"46": "snacks"}).matching_rule([line_of("crackers")], age_at(50), NOW, set())
    for book in (book_of(offered, catalogue={"46": "beer"}), book_of(by_sku, catalogue={"46": "beer"})):
        assert book.rules == ()
        assert book.matching_rule([line_of("crackers"), line_of(None, sku="46")], age_at(50), NOW, set()) is None


def test_the_held_out_share_of_sales_is_kept_and_repeatable() -> None:
    offers = book_of(held_out=0.2)
    drawn = [offers.make_offer(rule_of(), f"sale-{number}", "id").held_out for number in range(5000)]
    assert sum(drawn) / len(drawn) == pytest.approx(0.2, abs=0.02)
    assert drawn == [offers.make_offer(rule_of(), f"sale-{number}", "id").held_out for number in range(5000)]


@pytest.mark.parametrize("outcome", ["taken", "refused", "shown", "not-shown"])
def test_the_result_of_an_offer_is_the_reply_of_the_till_and_whether_it_was_bought(
    outcome: Literal["taken", "refused", "shown", "not-shown"],
) -> None:
    offered = book_of().make_offer(rule_of(), "sale-1", "offer-1")
    result = book_of().resolve(offered, OfferReply(offer_id="offer-1", outcome=outcome), [line_of("cheese")])
    assert (result.outcome, result.bought) == (outcome, True)


def test_an_offer_without_a_reply_of_its_own_is_unanswered() -> None:
    offered = book_of().make_offer(rule_of(), "sale-1", "offer-1")
    other = OfferReply(offer_id="offer-2", outcome="taken")
    for reply in (None, other):
        assert book_of().resolve(offered, reply, [line_of("dairy")]).outcome == "unanswered"
    assert book_of().resolve(offered, None, None).bought is None


def test_the_name_of_a_rule_does_not_depend_on_its_text() -> None:
    rule = rule_of()
    assert rule.name == rule.model_copy(update={"text": rule_of(offer="x").text}).name != rule_of(ADULTS[0]).name
