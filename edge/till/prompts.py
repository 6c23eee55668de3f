"""Prompts for the cashier in Russian and English: short, calm, and never more certain than the decision."""

from __future__ import annotations

from edge.decision.policy import Decision, Reason, Verdict
from edge.till.messages import Text

WHY: dict[Reason, tuple[str, str]] = {
    Reason.LOOKS_YOUNG: ("выглядит моложе {age}", "looks younger than {age}"),
    Reason.UNCERTAIN: ("возраст неясен", "the age is not clear"),
    Reason.NO_FACE: ("лица не видно", "no face in view"),
    Reason.TWO_PEOPLE: ("у кассы несколько человек", "several people at the till"),
    Reason.YOUNG_COMPANION: (
        "рядом кто-то выглядит моложе {age}",
        "someone nearby looks under {age}",
    ),
    Reason.SEVERAL_SALES: ("открыто несколько продаж", "several sales are open"),
    Reason.NO_LIMIT_FOR_AGE: ("спрашиваем у всех", "everybody is asked"),
    Reason.CUSTOMER_CHANGED: ("покупатель сменился", "the customer has changed"),
    Reason.CUSTOMER_LEFT: ("покупатель отошёл", "the customer stepped away"),
    Reason.FEW_LOOKS: ("лицо было видно недолго", "face seen too briefly"),
    Reason.CAMERA_LOST: ("камера не работает", "the camera is not working"),
    Reason.RESTARTED: ("система перезапустилась", "the system was restarted"),
    Reason.NOT_RECORDED: ("продажа не записывается", "the sale is not recorded"),
    Reason.SMALL: ("лицо слишком далеко", "the face is too far away"),
    Reason.TURNED: ("лицо повёрнуто в сторону", "the face is turned away"),
    Reason.DARK: ("слишком темно", "too dark"),
    Reason.BRIGHT: ("слишком светло", "too bright"),
    Reason.BLURRED: ("изображение нечёткое", "the picture is blurred"),
    Reason.DISTORTED: ("изображение искажено", "the picture is distorted"),
    Reason.UNCONFIRMED: ("лицо видно плохо", "the face is hard to see"),
}
"""Reasons to ask for ID in Russian and English. {age}: the challenge age; customers who look younger are asked."""


def prompt(verdict: Verdict, challenge_age: int | None, sold_from: int | None = None) -> Text:
    """The prompt for a verdict. Reasons without words are skipped.

    challenge_age: of the limit, None when everybody is asked. sold_from: the legal age that the verdict is for, where
    it is not the lane's own: the cashier must know it.
    """
    if verdict.decision is Decision.NO_CHALLENGE:
        russian, english = ("", "") if sold_from is None else (f" (товар {sold_from}+)", f" (item for {sold_from}+)")
        # The limit is a probability, so that a few who look a little younger than the challenge age are not asked.
        looks_over = min(challenge_age, int(verdict.age.mean)) if challenge_age and verdict.age else challenge_age
        return Text(
            ru=f"Выглядит старше {looks_over}{russian}. Если сомневаетесь, проверьте документы.",
            en=f"Looks over {looks_over}{english}. If in doubt, ask for ID.",
        )
    why = [words for reason in verdict.reasons if (words := in_words(reason, challenge_age))]
    russian, english = ", ".join(text.ru for text in why), ", ".join(text.en for text in why)
    ask_ru, ask_en = "Проверьте документы", "Ask for ID"
    if sold_from is not None:
        ask_ru, ask_en = f"{ask_ru} ({sold_from}+)", f"{ask_en} ({sold_from} and over)"
    return Text(
        ru=f"{ask_ru}: {russian}." if why else f"{ask_ru}.",
        en=f"{ask_en}: {english}." if why else f"{ask_en}.",
    )


def in_words(reason: Reason, challenge_age: int | None) -> Text | None:
    """A reason to ask, in words; None when it has none, or is about a challenge age and there is none."""
    russian, english = WHY.get(reason, ("", ""))
    if not russian or (challenge_age is None and "{age}" in russian):
        return None
    return Text(ru=russian.format(age=challenge_age), en=english.format(age=challenge_age))
