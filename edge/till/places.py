"""The tills that an agent serves. Where names are not bound to keys, newcomers never take a served till's place."""

from __future__ import annotations

from dataclasses import dataclass

from edge.till.limits import PLACE_KEPT_S, PLACES, TILL_SILENT_S, TILLS, RateLimiter


@dataclass
class _Place:
    """connected: whether the till has sent a message since it was last forgotten."""

    limiter: RateLimiter
    connected: bool = False


class TillPlaces:
    """A till gets a place with its first message, and keeps it until it was silent for PLACE_KEPT_S, so that it can
    return at any time. Newcomers get one while fewer than TILLS are active and fewer than PLACES are taken. Times are
    of a monotonic clock."""

    def __init__(self) -> None:
        self._places: dict[bytes, _Place] = {}

    @property
    def connected(self) -> tuple[bytes, ...]:
        """The tills that have sent a message and were not forgotten since."""
        return tuple(name for name, place in self._places.items() if place.connected)

    def is_connected(self, name: bytes) -> bool:
        return name in self._places and self._places[name].connected

    def admit(self, name: bytes, now_s: float, *, has_key: bool) -> RateLimiter | None:
        """The rate limit of a till that sends a message, None when there is no place for it. A till that has a key
        always gets one."""
        if name not in self._places:
            if not has_key and not self._has_room(now_s):
                return None
            self._places[name] = _Place(RateLimiter(now_s))
        self._places[name].connected = True
        return self._places[name].limiter

    def forget(self, name: bytes, now_s: float) -> None:
        """The till counts as disconnected until its next message, unless that is ignored now."""
        if self.is_connected(name) and not self._places[name].limiter.ignored(now_s):
            self._places[name].connected = False

    def remove(self, names: set[bytes]) -> None:
        """Take the places of these tills away."""
        self._places = {name: place for name, place in self._places.items() if name not in names}

    def _has_room(self, now_s: float) -> bool:
        """Whether one more till can be served."""
        for name, place in list(self._places.items()):
            silent_s = place.limiter.silent_s(now_s)
            place.connected = place.connected and silent_s < TILL_SILENT_S
            if silent_s >= PLACE_KEPT_S:
                del self._places[name]
        return len(self.connected) < TILLS and len(self._places) < PLACES
