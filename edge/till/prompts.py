"""Prompts for the cashier in Russian and English: short, calm, and never more certain than the decision."""

from __future__ import annotations

from edge.decision.policy import Decision, Reason, Verdict
from edge.till.messages import Text

WHY: dict[Reason, tuple[str, str]] = {
    Reason.LOOKS_YOUNG: ("выглядит моложе {age}", "looks younger than {age}"),
    Reason.UNCERTAIN: ("возраст неясен", "the age is not clear"),
    Reason.NO_FACE: ("лица не видно", "no face in view"),
    Reason.TWO_PEOPLE: ("у кассы несколько человек", "more than one person at the till"),
    Reason.YOUNG_COMPANION: (
        "рядом с покупателем кто-то моложе {age}",
        "someone with the customer looks younger than {age}",
    ),
    Reason.SEVERAL_SALES: ("у этой камеры открыто несколько продаж", "several sales are open at this camera"),
    Reason.NO_LIMIT_FOR_AGE: ("этот товар продают только по документам", "this item is only sold with ID"),
    Reason.CUSTOMER_CHANGED: ("покупатель сменился", "the customer has changed"),
    Reason.CUSTOMER_LEFT: ("покупатель отошёл", "the customer has stepped away"),
    Reason.FEW_LOOKS: ("лицо было видно недолго", "the face was seen too briefly"),
    Reason.CAMERA_LOST: ("камера не работает", "the camera is not working"),
    Reason.RESTARTED: ("система перезапустилась", "the system was restarted"),
    Reason.NOT_RECORDED: ("продажа не записывается", "the sale cannot be recorded"),
    Reason.SMALL: ("лицо слишком далеко", "the face is too far away"),
    Reason.TURNED: ("лицо повёрнуто в сторону", "the face is turned away"),
    Reason.DARK: ("слишком темно", "too dark"),
    Reason.BRIGHT: ("слишком светло", "too bright"),
    Reason.BLURRED: ("изображение нечёткое", "the picture is blurred"),
    Reason.UNCONFIRMED: ("лицо видно плохо", "the face is hard to see"),
}
"""Reasons to ask for ID in Russian and English. {age}: the challenge age; customers who look younger are asked."""


def prompt(verdict: Verdict, challenge_age: int) -> Text:
    """The prompt for a verdict. Reasons without an entry in WHY are skipped."""
    if verdict.decision is Decision.NO_CHALLENGE:
        return Text(
            ru=f"Выглядит старше {challenge_age}. Если сомневаетесь, проверьте документы.",
            en=f"Looks over {challenge_age}. If in doubt, ask for ID.",
        )
    why = [WHY[reason] for reason in verdict.reasons if reason in WHY]
    russian = ", ".join(ru for ru, _ in why).format(age=challenge_age)
    english = ", ".join(en for _, en in why).format(age=challenge_age)
    return Text(
        ru=f"Проверьте документы: {russian}." if why else "Проверьте документы.",
        en=f"Ask for ID: {english}." if why else "Ask for ID.",
    )
