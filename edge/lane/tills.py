"""The connections of a lane: what each one is for, and when it was last heard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.till.messages import Ack, Hello, IdChecked

if TYPE_CHECKING:
    from edge.till.messages import Data, Role

_RIVAL_S = 60.0
"""A till with an open sale that was heard within this time may have a customer in the zone."""

_MAY_SEND: dict[Role, tuple[type[Data], ...]] = {"attendant": (Hello, Ack, IdChecked), "display": (Hello, Ack)}
"""What connections other than tills may send."""


class Tills:
    """Names are identities of connections. Times are seconds of the frames' clock."""

    def __init__(self) -> None:
        self.has_sold = False
        """Whether a till has ever said hello or opened a sale."""
        self._roles: dict[str, Role] = {}
        self._heard_s: dict[str, float] = {}

    @property
    def listeners(self) -> tuple[str, ...]:
        """Names of the attendants and displays: they are sent the alerts of all tills."""
        return tuple(name for name, role in self._roles.items() if role != "till")

    def hear(self, name: str, now_s: float) -> None:
        """A connection has sent a message."""
        self._heard_s[name] = now_s

    def greeted(self, name: str, role: Role) -> None:
        """A connection said hello."""
        self._roles[name] = role

    def role_of(self, name: str) -> Role:
        """What a connection is for: `till` until it says something else."""
        return self._roles.get(name, "till")

    def may_send(self, name: str, data: Data) -> bool:
        """Whether a connection of its role may send this message."""
        allowed = _MAY_SEND.get(self.role_of(name))
        return allowed is None or isinstance(data, allowed)

    def heard_lately(self, name: str, now_s: float) -> bool:
        """Whether a connection may still have a customer at the lane."""
        return now_s - self._heard_s.get(name, now_s) <= _RIVAL_S
