"""The routes of the setup page: its files, and the requests of its scripts."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from edge.errors import EdgeError, UsageError
from edge.settings.problems import in_one_line
from edge.web import doctor, zone
from edge.web.requests import NewZone, TillAction

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from starlette.requests import Request

    from edge.settings.config import Settings
    from edge.settings.lanes import Origin
    from edge.web.lane import WatchedLane

_PAGE_FOLDER = Path(__file__).parent / "page"
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class Application:
    """Starlette's routes to the lanes. While it runs, only the doctor and saving a zone access the disk."""

    def __init__(
        self, lanes: Mapping[str, WatchedLane], origin: Origin, reload: Callable[[Sequence[Settings]], None] | None
    ) -> None:
        """origin: the config file and flags; a zone is saved to that file. reload: applies settings to the lanes;
        without it a saved zone takes effect at the next start."""
        self._lanes, self._origin, self._reload = lanes, origin, reload
        self._doctor_lock = asyncio.Lock()
        routes = [
            Route("/" if file.name == "index.html" else f"/{file.name}", _page(file)) for file in _PAGE_FOLDER.iterdir()
        ]
        routes += [
            Route("/lanes", self._list_lanes),
            Route("/lanes/{lane}/snapshot", self._next_snapshot),
            Route("/lanes/{lane}/till", self._next_screen),
            Route("/lanes/{lane}/till", self._act, methods=["POST"]),
            Route("/lanes/{lane}/zone", self._save_zone, methods=["PUT"]),
            Route("/doctor", self._run_doctor, methods=["POST"]),
        ]
        self.asgi = Starlette(
            routes=routes,
            exception_handlers={
                EdgeError: _edge_error,
                ValidationError: _invalid_request,
                ClientDisconnect: _incomplete_request,
            },
        )

    async def _list_lanes(self, _: Request) -> Response:
        return JSONResponse([lane.describe() for lane in self._lanes.values()])

    async def _next_snapshot(self, request: Request) -> Response:
        return Response(await self._lane(request).snapshot(_after(request)), media_type="application/json")

    async def _next_screen(self, request: Request) -> Response:
        return JSONResponse(await self._lane(request).screen(_after(request)))

    async def _act(self, request: Request) -> Response:
        action = TillAction.model_validate_json(await request.body())
        return JSONResponse(self._lane(request).act(action))

    async def _save_zone(self, request: Request) -> Response:
        lane, drawn = self._lane(request), NewZone.model_validate_json(await request.body()).zone
        line = zone.as_toml(drawn)
        try:
            if self._origin.file is None:
                raise UsageError("this agent was started without --config FILE")
            zone.save(self._origin.file, lane.name, drawn)
            lanes = self._origin.load()
            if self._reload:
                self._reload(lanes)
        except EdgeError as error:
            return JSONResponse({"problem": str(error), "line": line}, 409)
        in_force = any(settings.lane == lane.name and settings.zone == drawn for settings in lanes)
        effect = "overridden" if not in_force else "now" if self._reload else "restart"
        return JSONResponse({"file": str(self._origin.file), "effect": effect})

    async def _run_doctor(self, _: Request) -> Response:
        async with self._doctor_lock:
            return JSONResponse(await doctor.findings(self._origin))

    def _lane(self, request: Request) -> WatchedLane:
        try:
            return self._lanes[request.path_params["lane"]]
        except KeyError:
            raise HTTPException(404) from None


def _page(file: Path) -> Any:
    content, media_type = file.read_bytes(), _TYPES[file.suffix]

    async def respond(_: Request) -> Response:
        return Response(content, media_type=media_type)

    return respond


def _after(request: Request) -> int:
    after = request.query_params.get("after", "0")
    return int(after) if after.isascii() and after.isdecimal() and len(after) < 18 else 0


async def _edge_error(_: Request, error: Exception) -> Response:
    """An error that the user can fix, in one line."""
    return JSONResponse({"problem": str(error)}, 409)


async def _invalid_request(_: Request, error: Exception) -> Response:
    assert isinstance(error, ValidationError)
    return JSONResponse({"problem": in_one_line(error, "message")}, 400)


async def _incomplete_request(_: Request, _error: Exception) -> Response:
    """The client has closed the connection, or its request took too long; nobody reads this."""
    return Response(status_code=400)
