"""The JSON that the page receives: a lane's settings, its newest frame, and the demonstration till's screen."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from edge.decision.policy import Reason, Verdict
from edge.till.prompts import in_words, prompt
from edge.till.reference.catalogue import CATALOGUE, find_item

if TYPE_CHECKING:
    from edge.settings.config import Settings
    from edge.web.demonstration import TillView
    from edge.web.view import Snapshot


def lane(settings: Settings) -> dict[str, Any]:
    """A lane's name, zone, picture settings and catalogue, which do not change from frame to frame."""
    return {
        "name": settings.lane,
        "zone": settings.zone,
        "picture": settings.picture.model_dump(),
        "unblurred": settings.web_unblurred,
        "catalogue": [
            {
                "sku": item.sku,
                "name": item.name.model_dump(),
                "price": item.price,
                "restricted": item.restricted,
                "minimum_age": item.minimum_age or settings.policy.legal_age,
            }
            for item in CATALOGUE
        ],
    }


def snapshot(seen: Snapshot, jpeg: bytes, settings: Settings) -> dict[str, Any]:
    """A frame as JPEG, its faces (boxes as shares of width and height), and the lane's state."""
    height, width = seen.frame.pixels.shape[:2]
    state = seen.state
    faces = []
    for row, (left, top, right, bottom) in enumerate(seen.faces.boxes.tolist()):
        track = int(seen.faces.track_ids[row])
        person = seen.people.get(track)
        age = person.age.estimate(settings.policy.legal_age) if person and person.age.samples else None
        faces.append({
            "box": [left / width, top / height, (right - left) / width, (bottom - top) / height],
            "in_zone": person is not None,
            "is_customer": state is not None and state.customer == track,
            "age": [age.mean, age.low, age.high] if age else None,
            "reasons": _in_words(person.rejected, seen.challenge_age) if person else [],
        })  # fmt: skip
    return {
        "number": seen.number,
        "threshold": seen.challenge_age,
        "picture": "data:image/jpeg;base64," + base64.b64encode(jpeg).decode(),
        "width": width,
        "height": height,
        "faces": faces,
        "people": state.people if state else 0,
        "analysing": bool(state and state.analysing),
        "decision": state.decision if state else None,
        "advice": _advice(seen, settings.policy.legal_age),
        "age": state.age.model_dump() if state and state.age else None,
    }


def till(view: TillView) -> dict[str, Any]:
    """The screen of the demonstration till."""
    screen, sale = view.screen, view.sale
    basket = [
        {
            "sku": line.sku,
            "name": find_item(line.sku).name.model_dump(),
            "quantity": line.quantity,
            "price": line.price,
            "restricted": line.restricted,
        }
        for line in (sale.basket if sale else ())
        if line.sku
    ]
    return {
        "shows": screen.shows,
        "text": screen.text.model_dump() if screen.text else None,
        "decision": screen.alert.decision if screen.alert else None,
        "open": sale is not None,
        "check": sale.check if sale else None,
        "basket": basket,
        "note": view.note.model_dump() if view.note else None,
        "answered_s": view.answered_s,
    }


def _advice(seen: Snapshot, own_legal_age: int) -> dict[str, str] | None:
    """The prompt that a cashier would read now; None before a decision. own_legal_age: of the lane."""
    state = seen.state
    if state is None or state.decision is None:
        return None
    reasons = tuple(reason for reason in state.reasons if isinstance(reason, Reason))
    sold_from = None if seen.legal_age == own_legal_age else seen.legal_age
    return prompt(Verdict(state.decision, reasons, None, 0), seen.challenge_age, sold_from).model_dump()


def _in_words(reasons: tuple[str, ...], challenge_age: int | None) -> list[dict[str, str]]:
    return [text.model_dump() for reason in reasons if (text := in_words(Reason(reason), challenge_age))]
