"""Prompts for the cashier in every language of the messages: short, calm, and never more certain than the decision."""

from __future__ import annotations

from edge.decision.policy import Decision, Reason, Verdict
from edge.language.words import Words, in_language, joined, words
from edge.till.messages import Text

WHY: dict[Reason, Words] = {
    Reason.LOOKS_YOUNG: words("looks younger than {age}"),
    Reason.UNCERTAIN: words("the age is not clear"),
    Reason.NO_FACE: words("no face in view"),
    Reason.TWO_PEOPLE: words("several people at the till"),
    Reason.YOUNG_COMPANION: words("someone nearby looks under {age}"),
    Reason.SEVERAL_SALES: words("several sales are open"),
    Reason.NO_LIMIT_FOR_AGE: words("everybody is asked"),
    Reason.CUSTOMER_CHANGED: words("the customer has changed"),
    Reason.CUSTOMER_LEFT: words("the customer stepped away"),
    Reason.FEW_LOOKS: words("face seen too briefly"),
    Reason.CAMERA_LOST: words("the camera is not working"),
    Reason.RESTARTED: words("the system was restarted"),
    Reason.NOT_RECORDED: words("the sale is not recorded"),
    Reason.SMALL: words("the face is too far away"),
    Reason.TURNED: words("the face is turned away"),
    Reason.DARK: words("too dark"),
    Reason.BRIGHT: words("too bright"),
    Reason.BLURRED: words("the picture is blurred"),
    Reason.DISTORTED: words("the picture is distorted"),
    Reason.EYES_COVERED: words("the eyes cannot be seen"),
    Reason.UNCONFIRMED: words("the face is hard to see"),
}
"""Reasons to ask for ID. {age}: the challenge age; customers who look younger are asked."""

_LOOKS_OVER = words("Looks over {age}. If in doubt, ask for ID.")
_LOOKS_OVER_FOR = words("Looks over {age} (item for {sold_from}+). If in doubt, ask for ID.")
_ASK, _ASK_WHY = words("Ask for ID."), words("Ask for ID: {why}.")
_ASK_FOR, _ASK_FOR_WHY = words("Ask for ID ({sold_from} and over)."), words("Ask for ID ({sold_from} and over): {why}.")


def prompt(verdict: Verdict, challenge_age: int | None, sold_from: int | None = None) -> Text:
    """The prompt for a verdict. Reasons without words are skipped.

    challenge_age: of the limit, None when everybody is asked. sold_from: the legal age that the verdict is for, where
    it is not the lane's own: the cashier must know it.
    """
    if verdict.decision is Decision.NO_CHALLENGE:
        # The limit is a probability, so that a few who look a little younger than the challenge age are not asked.
        looks_over = min(challenge_age, int(verdict.age.mean)) if challenge_age and verdict.age else challenge_age
        template = _LOOKS_OVER if sold_from is None else _LOOKS_OVER_FOR
        return as_text(template.format(age=looks_over, sold_from=sold_from))
    why = [text for reason in verdict.reasons if (text := _in_words(reason, challenge_age))]
    without, with_why = (_ASK, _ASK_WHY) if sold_from is None else (_ASK_FOR, _ASK_FOR_WHY)
    return as_text((with_why if why else without).format(why=joined(", ", why), sold_from=sold_from))


def in_words(reason: Reason, challenge_age: int | None) -> Text | None:
    """A reason to ask, in words; None when it has none, or is about a challenge age and there is none."""
    text = _in_words(reason, challenge_age)
    return as_text(text) if text else None


def as_text(text: Words) -> Text:
    """A text in the languages of the messages to tills."""
    return Text(ru=in_language(text, "ru"), en=in_language(text, "en"))


def _in_words(reason: Reason, challenge_age: int | None) -> Words | None:
    text = WHY.get(reason)
    if text is None or (challenge_age is None and "age" in text.names):
        return None
    return text.format(age=challenge_age)
