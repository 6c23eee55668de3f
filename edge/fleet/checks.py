"""Checks settings as a start of the agent would, without opening cameras or sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.ages import BUNDLED
from edge.ages.bundle import Bundle
from edge.errors import UsageError
from edge.lane.rules import load_limits
from edge.language.words import words
from edge.offers.load import read_book
from edge.till.keys import Keys
from edge.till.server import public_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edge.settings.config import Settings


def check_lanes(lanes: Sequence[Settings]) -> None:
    """Raises UsageError or RunError, one line, for what a start of the agent would reject: a model that is not whole or
    has no limit for a lane's legal age, addresses and keys of tills, the certificate of the setup page. And for offers
    that the lane would go on without."""
    first = lanes[0]
    if first.replay:
        raise UsageError(words("replay = true is for recordings, not for a box with tills: remove it"))
    bundle = Bundle(first.model or BUNDLED)
    for lane in lanes:
        if lane.camera is None and lane.video is None:
            raise UsageError(words('{lane} has no camera: set camera = "/dev/lane-camera"', lane=lane.lane))
        load_limits(lane.policy, bundle)
        public_settings({"till.reliable": lane.till.reliable, "till.live": lane.till.live}, Keys(lane.keys))
        if lane.offers.enabled and lane.insights.enabled:
            read_book(lane, None)
    if first.web is not None:
        from edge.web import address

        address.encryption(first, address.parse(first.web))
