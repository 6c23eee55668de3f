"""Who may do what on the setup page: the installer changes the lane, the viewer looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from edge.language.words import in_all_languages, words

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from starlette.requests import Request

    from edge.web.tokens import Tokens

Role = Literal["installer", "viewer"]

ROLES: tuple[Role, ...] = ("installer", "viewer")

READ_METHODS = ("GET", "HEAD")

_ONLY_LOOKS = words("This link is only for looking: changes need the installer's link.")


@dataclass(frozen=True, slots=True)
class PageAccess:
    """How one role opens the page. link_file: holds the link with the token."""

    tokens: Tokens
    link_file: Path


class RoleRoute(Route):
    """A route that only one role may use, or any. role: the viewer's routes are open to the installer, too."""

    def __init__(
        self, role: Role, path: str, respond: Callable[[Request], Awaitable[Response]], method: str = "GET"
    ) -> None:
        self.role = role

        async def checked(request: Request) -> Response:
            return await respond(request) if may(request, role) else forbidden()

        super().__init__(path, checked, methods=[method])


def may(request: Request, role: Role) -> bool:
    """Whether the request comes from somebody with this role, or from the installer, who may do everything."""
    return request.scope.get("role") in (role, "installer")


def forbidden() -> Response:
    """The answer to a viewer who wants to change something."""
    return JSONResponse({"problem": in_all_languages(_ONLY_LOOKS)}, 403)
