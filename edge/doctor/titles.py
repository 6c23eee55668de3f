"""What the checks are called in the languages of people; their names, as in docs/doctor.md, are the English ones."""

from __future__ import annotations

from edge.language.words import Words, verbatim, words

TITLES = (
    words("config"),
    words("user"),
    words("clock"),
    words("model"),
    words("limits"),
    words("backend"),
    words("gpu"),
    words("engine"),
    words("speed"),
    words("agent"),
    words("disk"),
    words("record"),
    words("retention"),
    words("keys"),
    words("sockets"),
    words("tills"),
    words("till clocks"),
    words("messages"),
    words("offers"),
    words("camera"),
    words("shape"),
    words("grain"),
    words("frame rate"),
    words("upright"),
    words("customer"),
    words("light"),
    words("focus"),
    words("face size"),
    words("proportions"),
    words("looks"),
)
_BY_NAME = {str.__str__(title): title for title in TITLES}


def title_of(name: str) -> Words:
    """The title of a check; an unknown name is its own."""
    return _BY_NAME.get(name) or verbatim(name)
