"""What the values in a record of a sale are called, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.decision.policy import Decision, Reason
from edge.language.words import Words, joined, verbatim, words
from edge.reports.compliance import time_of_check

if TYPE_CHECKING:
    from edge.records.records import CheckRecord, SaleRecord
    from edge.reports.compliance import CheckTime

_ASKS_EVERYBODY = 101
"""The threshold of a lane that asks everybody."""

ANSWERS: dict[str, Words] = {
    Decision.CHALLENGE.value: words("ask for ID"),
    Decision.NO_CHALLENGE.value: words("need not ask"),
    Decision.UNKNOWN.value: words("ask for ID: age unknown"),
}
"""What the lane told the cashier, by decision."""

ANSWERS_FOR: dict[str, Words] = {
    Decision.CHALLENGE.value: words("ask for ID ({age}+)"),
    Decision.NO_CHALLENGE.value: words("need not ask ({age}+)"),
    Decision.UNKNOWN.value: words("ask for ID ({age}+): age unknown"),
}
"""The same, with the minimum age of the goods."""

REASON_WORDS: dict[str, Words] = {
    Reason.LOOKS_OLDER.value: words("looks older"),
    Reason.LOOKS_YOUNG.value: words("looks young"),
    Reason.UNCERTAIN.value: words("age not clear"),
    Reason.NO_FACE.value: words("no face in view"),
    Reason.TWO_PEOPLE.value: words("several people"),
    Reason.YOUNG_COMPANION.value: words("somebody young beside the customer"),
    Reason.SEVERAL_SALES.value: words("several sales open"),
    Reason.NO_LIMIT_FOR_AGE.value: words("everybody is asked for such goods"),
    Reason.CUSTOMER_CHANGED.value: words("customer changed"),
    Reason.CUSTOMER_LEFT.value: words("customer left"),
    Reason.FEW_LOOKS.value: words("face seen too briefly"),
    Reason.CAMERA_LOST.value: words("camera not working"),
    Reason.RESTARTED.value: words("system restarted"),
    Reason.NOT_RECORDED.value: words("sale not recorded"),
    Reason.SMALL.value: words("face too far away"),
    Reason.TURNED.value: words("face turned away"),
    Reason.DARK.value: words("too dark"),
    Reason.BRIGHT.value: words("too bright"),
    Reason.BLURRED.value: words("picture blurred"),
    Reason.DISTORTED.value: words("picture distorted"),
    Reason.EYES_COVERED.value: words("eyes not seen"),
    Reason.UNCONFIRMED.value: words("face hard to see"),
    Reason.NEW_LOOK.value: words("face seen anew"),
}
"""Why, by reason of the till protocol."""

OUTCOMES: dict[str, Words] = {
    "passed": words("passed"),
    "failed": words("failed: too young"),
    "not-shown": words("no document shown"),
}
"""The result of a check."""

MEANS: dict[str, Words] = {
    "document": words("document"),
    "digital-id": words("digital ID"),
    "known-customer": words("known customer"),
    "manager-override": words("manager override"),
    "obviously-of-age": words("obviously of age"),
    "not-shown": words("not shown"),
    "not-reported": words("not reported"),
}
"""How the age was known, see `edge.reports.compliance.SEEN`."""

ENDS: dict[str, Words] = {
    "completed": words("completed"),
    "cancelled": words("cancelled"),
    "withdrawn": words("withdrawn"),
    "not-asked": words("not asked"),
    "suspended": words("suspended"),
    "abandoned": words("abandoned"),
}
"""How a sale ended, by `edge.records.records.Ended`."""

CHECK_TIMES: dict[CheckTime, Words] = {
    "before the sale": words("before the sale"),
    "before the first scan": words("before the first scan"),
    "during the sale": words("during the sale"),
    "after payment": words("after payment"),
    "after the end": words("after the end"),
}
"""When a check was made, relative to its sale."""


def named(names: dict[str, Words], value: str) -> Words:
    """The words for a value. One that a newer version wrote stays as it is."""
    return names.get(value) or verbatim(value)


def never_asked(sale: SaleRecord) -> bool:
    """Whether the till never asked the lane about this sale."""
    return sale.ended == "not-asked" and not sale.alerts


def answer_words(sale: SaleRecord) -> Words:
    """What the lane told the cashier, and why."""
    answer = sale.answer
    if not answer:
        return words("the till did not ask") if never_asked(sale) else words("no answer reached the till: ask for ID")
    decision = answer.decision.value
    told = ANSWERS[decision] if sale.minimum_age is None else ANSWERS_FOR[decision].format(age=sale.minimum_age)
    found: list[Words] = [named(REASON_WORDS, reason.value) for reason in answer.reasons]
    if answer.age:
        low, high = round(answer.age.low), round(answer.age.high)
        found.append(words("looks {age} ({low} – {high})", age=answer.age.completed_years, low=low, high=high))
    if answer.threshold < _ASKS_EVERYBODY:
        found.append(words("asks below about {age}", age=answer.threshold))
    else:
        found.append(words("everybody is asked"))
    return joined(", ", [told, *found])


def check_words(sale: SaleRecord, check: CheckRecord) -> Words:
    """A check with what is special about it: how the age was known, who made it, where and when."""
    outcome = named(OUTCOMES, check.outcome)
    if not check.answers_for(sale.minimum_age):
        outcome = words("{outcome}, for {age}", outcome=outcome, age=check.minimum_age)
    found = [outcome]
    if check.means:
        found.append(named(MEANS, check.means))
    if check.authorised_by:
        found.append(words("authorised by {name}", name=check.authorised_by))
    if check.cashier_id and check.cashier_id != sale.cashier_id:
        found.append(words("by {name}", name=check.cashier_id))
    if check.till != sale.till:
        found.append(words("at {till}", till=check.till))
    if (time := time_of_check(sale, check)) != "during the sale":
        found.append(CHECK_TIMES[time])
    return joined(", ", found)
