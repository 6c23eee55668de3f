"""The errors of argparse as texts of the catalogue: it knows no other language than English."""

from __future__ import annotations

import re

from edge.language.words import Words, verbatim, words

_ARGPARSE_MESSAGES = (
    (r"the following arguments are required: (?P<names>.+)", words("the following arguments are required: {names}")),
    (r"one of the arguments (?P<names>.+) is required", words("one of the arguments {names} is required")),
    (r"expected one argument", words("expected one argument")),
    (r"expected at most one argument", words("expected at most one argument")),
    (r"expected at least one argument", words("expected at least one argument")),
    (r"expected (?P<n>\d+) arguments?", words("expected {n} arguments")),
    (r"not allowed with argument (?P<name>.+)", words("not allowed with argument {name}")),
    (r"ignored explicit argument (?P<value>.+)", words("ignored explicit argument {value}")),
    (r"invalid \w+ value: (?P<value>.+)", words("invalid value: {value}")),
    (r"ambiguous option: (?P<option>.+) could match (?P<matches>.+)",
     words("ambiguous option: {option} could match {matches}")),
)  # fmt: skip


def argument_words(message: str) -> Words:
    """What argparse, or the type of an argument, says about an argument. An unknown message stays English."""
    if isinstance(message, Words):
        return message
    for pattern, text in _ARGPARSE_MESSAGES:
        if found := re.fullmatch(pattern, message, re.DOTALL):
            return text.format(**found.groupdict()) if found.groupdict() else text
    return verbatim(message)
