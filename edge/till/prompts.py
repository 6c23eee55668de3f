"""What the cashier reads, in Russian and English: short, calm, and never more certain than the agent is."""

from __future__ import annotations

from edge.decision.policy import Decision, Reason, Verdict
from edge.till.messages import Text

WHY: dict[Reason, tuple[str, str]] = {
    Reason.LOOKS_YOUNG: ("выглядит моложе {age}", "looks younger than {age}"),
    Reason.UNCERTAIN: ("возраст неясен", "the age is not clear"),
    Reason.NO_FACE: ("лица не видно", "no face in view"),
    Reason.TWO_PEOPLE: ("у кассы не один человек", "more than one person at the till"),
    Reason.CUSTOMER_CHANGED: ("покупатель сменился", "the customer has changed"),
    Reason.CUSTOMER_LEFT: ("покупатель отошёл", "the customer has stepped away"),
    Reason.FEW_LOOKS: ("лицо видно слишком недолго", "the face was in view too briefly"),
    Reason.CAMERA_LOST: ("камера не работает", "the camera is not working"),
    Reason.RESTARTED: ("система перезапущена во время продажи", "the system was restarted during the sale"),
    Reason.NOT_RECORDED: ("система не может вести запись", "the system cannot keep its record"),
    Reason.SMALL: ("лицо слишком далеко", "the face is too far away"),
    Reason.TURNED: ("лицо повёрнуто в сторону", "the face is turned away"),
    Reason.DARK: ("слишком темно", "too dark"),
    Reason.BRIGHT: ("слишком светло", "too bright"),
    Reason.BLURRED: ("изображение нечёткое", "the picture is blurred"),
    Reason.UNCONFIRMED: ("лицо видно плохо", "the face is not clearly seen"),
}
"""Doubts in Russian and in English; {age} is the age below which everybody is asked."""


def prompt(verdict: Verdict, challenge_age: int) -> Text:
    """The text for a verdict."""
    if verdict.decision is Decision.NO_CHALLENGE:
        return Text(
            ru=f"Выглядит старше {challenge_age}. Есть сомнения — спросите документ.",
            en=f"Looks over {challenge_age}. If in doubt, ask for ID.",
        )
    why = [WHY[reason] for reason in verdict.reasons if reason in WHY]
    russian = ", ".join(ru for ru, _ in why).format(age=challenge_age)
    english = ", ".join(en for _, en in why).format(age=challenge_age)
    return Text(
        ru=f"Спросите документ: {russian}." if why else "Спросите документ.",
        en=f"Ask for ID: {english}." if why else "Ask for ID.",
    )
