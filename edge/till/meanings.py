"""What error codes and reasons mean, for those who write tills: docs/till-protocol.md and the AsyncAPI document."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from edge.decision.policy import Reason
from edge.till.limits import MESSAGE_BYTES

if TYPE_CHECKING:
    from edge.till.messages import ErrorCode


class ErrorMeaning(NamedTuple):
    """What a code means, and what the till does. Markdown."""

    meaning: str
    to_do: str


ERROR_MEANINGS: dict[ErrorCode, ErrorMeaning] = {
    "malformed": ErrorMeaning(
        "not a CloudEvent in JSON, or a value that is needed is missing or cannot be used",
        "do not repeat it; fix the till",
    ),
    "too-large": ErrorMeaning(
        f"longer than {MESSAGE_BYTES // 1024} KiB",
        "do not repeat it; send less, for example no unknown fields in basket lines",
    ),
    "unknown-type": ErrorMeaning(
        "this agent does not know the type", "do not repeat it; fix the till, or use a newer agent"
    ),
    "unknown-version": ErrorMeaning(
        "this agent does not know this version of the type", "do not repeat it; send version 1, or use a newer agent"
    ),
    "not-for-agent": ErrorMeaning("only agents send this type", "do not repeat it; fix the till"),
    "not-allowed": ErrorMeaning(
        "an attendant or a display may not send this type", "do not repeat it; greet with another `role`"
    ),
    "no-such-sale": ErrorMeaning(
        "the agent does not know this sale", "open it again, then send the message again with a new `id`, once"
    ),
    "sale-over": ErrorMeaning("this sale is over", "do not repeat it; give a new sale a new `sale_id`"),
    "wrong-mode": ErrorMeaning(
        "the lane runs in mode `continuous`, without a till's sales", "set the lane's mode to `auto` or `on-sale`"
    ),
    "expired": ErrorMeaning(
        "an alert came too late and must not be shown", "save it, and acknowledge it with its `alert_id`"
    ),
}
"""A till treats an unknown code like `malformed`."""

REASON_MEANINGS: dict[Reason, str] = {
    Reason.LOOKS_OLDER: "the customer looks older than `threshold`",
    Reason.LOOKS_YOUNG: "the customer looks younger than `threshold`",
    Reason.UNCERTAIN: "the customer looks older, but may be under the legal age",
    Reason.NO_FACE: "no face in view",
    Reason.TWO_PEOPLE: "several people stand where the customer does",
    Reason.YOUNG_COMPANION: "someone beside the customer looks younger than `threshold`",
    Reason.SEVERAL_SALES: "sales of several tills are open at this camera, so nobody knows whose face it is",
    Reason.NO_LIMIT_FOR_AGE: "the model has no limit for this legal age, so everybody is asked",
    Reason.CUSTOMER_CHANGED: "another person stands there since the sale began",
    Reason.CUSTOMER_LEFT: "the customer has left the place",
    Reason.FEW_LOOKS: "the face was seen too briefly",
    Reason.CAMERA_LOST: "the camera gives no pictures",
    Reason.RESTARTED: "the agent was restarted during the sale",
    Reason.NOT_RECORDED: "sales cannot be recorded",
    Reason.SMALL: "the face is too far away",
    Reason.TURNED: "the face is turned away",
    Reason.DARK: "the face is too dark",
    Reason.BRIGHT: "the face is too bright",
    Reason.BLURRED: "the picture is blurred",
    Reason.DISTORTED: "the picture is squeezed, stretched or bent, which changes how old a face looks",
    Reason.EYES_COVERED: "sunglasses or something else covers the eyes",
    Reason.UNCONFIRMED: "a second look did not find a face there",
    Reason.NEW_LOOK: "this alert replaces an `UNKNOWN`, after a new sample of the face",
}
