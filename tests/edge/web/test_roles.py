"""Who may use which route of the page: every route names a role, and a viewer can change nothing."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Message

from edge.settings.lanes import Origin
from edge.web.application import Application
from edge.web.roles import READ_METHODS, Role, RoleRoute

ROUTES = list(Application({}, Origin(), None).asgi.routes)
FOR_INSTALLERS = {
    ("GET", "/lanes/{lane}/preview"),
    ("GET", "/lanes/{lane}/till"),
    ("POST", "/lanes/{lane}/till"),
    ("PUT", "/lanes/{lane}/zone"),
    ("PUT", "/lanes/{lane}/picture"),
    ("POST", "/doctor"),
}
"""Everything else only shows something."""


def declared() -> list[tuple[str, str, Role]]:
    """Method, path and role of every route."""
    found = []
    for route in ROUTES:
        assert isinstance(route, RoleRoute), f"{route} names no role"
        found += [(method, route.path, route.role) for method in (route.methods or ()) if method != "HEAD"]
    return found


def test_every_route_names_its_role() -> None:
    assert {(method, path) for method, path, role in declared() if role == "installer"} == FOR_INSTALLERS
    assert {(method, path) for method, path, role in declared() if role == "viewer"}.isdisjoint(FOR_INSTALLERS)


def test_each_change_is_for_the_installer() -> None:
    assert {role for method, _, role in declared() if method not in READ_METHODS} == {"installer"}


async def answer(route: RoleRoute, role: Role | None, method: str) -> int:
    """The status of the route's answer, without the guard before it."""
    scope: dict[str, Any] = {
        "type": "http", "method": method, "path": route.path, "headers": [], "query_string": b"",
        "path_params": {"lane": "lane-1"},
    }  # fmt: skip
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"{}", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await route.app(scope | ({"role": role} if role else {}), receive, send)
    return int(sent[0]["status"])


@pytest.mark.parametrize("role", ["viewer", None])
@pytest.mark.parametrize(("method", "path"), sorted(FOR_INSTALLERS))
def test_the_route_itself_rejects_others(method: str, path: str, role: Role | None) -> None:
    """Also if nothing stood before it."""
    for route in ROUTES:
        if isinstance(route, RoleRoute) and route.path == path and method in (route.methods or ()):
            assert asyncio.run(answer(route, role, method)) == 403
            break
    else:
        pytest.fail("there is no such route")


def test_the_rejection_is_one_clear_line() -> None:
    async def respond(_: Request) -> Response:
        return PlainTextResponse("secret")

    async def texts() -> bytes:
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        async def receive() -> Message:
            return {"type": "http.disconnect"}

        scope = {"type": "http", "method": "PUT", "path": "/x", "headers": [], "role": "viewer"}
        await RoleRoute("installer", "/x", respond, "PUT").app(scope, receive, send)
        return bytes(sent[1]["body"])

    problem = json.loads(asyncio.run(texts()))["problem"]
    assert set(problem) == {"en", "ru"}
    assert "\n" not in problem["en"] + problem["ru"]
