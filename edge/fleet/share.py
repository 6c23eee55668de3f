"""A share of the boxes of a chain, for changes that go out in stages. Which boxes it has follows from their names."""

from __future__ import annotations

import argparse
import hashlib

from edge.commands import number
from edge.language.words import words


def share_of(store: str, box: str) -> float:
    """A number from 0 up to 1 that is always the same for a box, and evenly spread over boxes. A box belongs to every
    share above its number: who is among 10 % of the boxes is also among 50 %."""
    digest = hashlib.sha256(f"{store}\0{box}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def percent(text: str) -> float:
    """A share such as "10%", "10 %" or "2.5%", as a number from 0 to 1, for a parser's `type`."""
    share = number(text.removesuffix("%").rstrip()) / 100 if text.endswith("%") else -1.0
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(words("{value} is not a share of the boxes: use 0% to 100%", value=text))
    return share
