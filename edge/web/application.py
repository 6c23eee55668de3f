"""What the setup page's addresses answer: the page itself, and what its script asks for."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
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

_PAGE = Path(__file__).parent / "page"
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class Application:
    """Starlette's routes to the lanes. Nothing is read from disk while it runs, but by doctor and for a zone."""

    def __init__(
        self, lanes: Mapping[str, WatchedLane], origin: Origin, reload: Callable[[Sequence[Settings]], None] | None
    ) -> None:
        """origin: where a zone is saved. reload: gives the lanes their settings anew; without it, a saved zone counts
        from the next start on."""
        self._lanes, self._origin, self._reload = lanes, origin, reload
        self._examining = asyncio.Lock()
        routes = [Route("/" if file.name == "index.html" else f"/{file.name}", _page(file)) for file in _PAGE.iterdir()]
        routes += [
            Route("/lanes", self._describe),
            Route("/lanes/{lane}/sight", self._see),
            Route("/lanes/{lane}/till", self._watch_till),
            Route("/lanes/{lane}/till", self._sell, methods=["POST"]),
            Route("/lanes/{lane}/zone", self._save_zone, methods=["PUT"]),
            Route("/doctor", self._examine, methods=["POST"]),
        ]
        self.asgi = Starlette(
            routes=routes,
            exception_handlers={EdgeError: _told, ValidationError: _malformed},
        )

    async def _describe(self, _: Request) -> Response:
        return JSONResponse([lane.describe() for lane in self._lanes.values()])

    async def _see(self, request: Request) -> Response:
        return Response(await self._lane(request).sight(_after(request)), media_type="application/json")

    async def _watch_till(self, request: Request) -> Response:
        return JSONResponse(await self._lane(request).screen(_after(request)))

    async def _sell(self, request: Request) -> Response:
        deed = TillAction.model_validate_json(await request.body())
        return JSONResponse(self._lane(request).sell(deed))

    async def _save_zone(self, request: Request) -> Response:
        lane, drawn = self._lane(request), NewZone.model_validate_json(await request.body()).zone
        line = zone.as_toml(drawn)
        try:
            if self._origin.file is None:
                raise UsageError("this agent was started without --config FILE")
            zone.save(self._origin.file, lane.name, drawn)
            settings = self._origin.load()
            if self._reload:
                self._reload(settings)
            counts = any(one.lane == lane.name and one.zone == drawn for one in settings)
        except EdgeError as problem:
            return JSONResponse({"problem": str(problem), "line": line}, 409)
        when = "overruled" if not counts else "saved" if self._reload else "restart"
        return JSONResponse({"file": str(self._origin.file), "counts": when})

    async def _examine(self, _: Request) -> Response:
        async with self._examining:
            return JSONResponse(await doctor.examine(self._origin))

    def _lane(self, request: Request) -> WatchedLane:
        try:
            return self._lanes[request.path_params["lane"]]
        except KeyError:
            raise HTTPException(404) from None


def _page(file: Path) -> Any:
    content, media_type = file.read_bytes(), _TYPES[file.suffix]

    async def answer(_: Request) -> Response:
        return Response(content, media_type=media_type)

    return answer


def _after(request: Request) -> int:
    after = request.query_params.get("after", "0")
    return int(after) if after.isascii() and after.isdecimal() and len(after) < 18 else 0


async def _told(_: Request, problem: Exception) -> Response:
    """What the user can mend, in its one line."""
    return JSONResponse({"problem": str(problem)}, 409)


async def _malformed(_: Request, problem: Exception) -> Response:
    assert isinstance(problem, ValidationError)
    return JSONResponse({"problem": in_one_line(problem, "message")}, 400)
