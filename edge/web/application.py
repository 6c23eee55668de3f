"""The routes of the setup page: its files, and the requests of its scripts."""

from __future__ import annotations

import asyncio
import json
import secrets
from contextlib import aclosing
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response, StreamingResponse

from edge.errors import EdgeError, UsageError
from edge.frames.geometry import moved
from edge.language.words import in_all_languages, words
from edge.settings.author import ON_PAGE
from edge.settings.config import Settings
from edge.settings.problems import in_one_line
from edge.settings.sections import PictureSettings
from edge.web import config_file, doctor, texts
from edge.web.requests import NewPicture, NewZone, TillAction
from edge.web.roles import RoleRoute

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from starlette.requests import Request

    from edge.settings.author import Author
    from edge.settings.lanes import Origin
    from edge.web.lane import WatchedLane

_PAGE_FOLDER = Path(__file__).parent / "page"
_MEDIA_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class Application:
    """Starlette's routes to the lanes. While it runs, only the doctor and saving settings access the disk."""

    def __init__(
        self, lanes: Mapping[str, WatchedLane], origin: Origin,
        reload: Callable[[Sequence[Settings], Author], object] | None,
    ) -> None:  # fmt: skip
        """origin: the config file and flags; zone and picture are saved to that file. reload: applies settings to the
        lanes; without it they take effect at the next start."""
        self._lanes, self._origin, self._reload = lanes, origin, reload
        self._doctor_lock = asyncio.Lock()
        self._examined: dict[str, Any] = {"at": None, "findings": []}
        """What the doctor found last, and when."""
        # By it an open page knows that the agent has been restarted.
        self._started = secrets.token_hex(8)
        routes = [
            RoleRoute("viewer", "/" if file.name == "index.html" else f"/{file.name}", _page(file))
            for file in _PAGE_FOLDER.iterdir()
        ]
        routes += [
            RoleRoute("viewer", "/texts.js", _sent(texts.script().encode(), _MEDIA_TYPES[".js"])),
            RoleRoute("viewer", "/lanes", self._list_lanes),
            RoleRoute("viewer", "/lanes/{lane}/snapshot", self._next_snapshot),
            RoleRoute("installer", "/lanes/{lane}/preview", self._next_preview),
            RoleRoute("installer", "/lanes/{lane}/till", self._next_screen),
            RoleRoute("installer", "/lanes/{lane}/till", self._act, "POST"),
            RoleRoute("installer", "/lanes/{lane}/zone", self._save_zone, "PUT"),
            RoleRoute("installer", "/lanes/{lane}/picture", self._save_picture, "PUT"),
            RoleRoute("viewer", "/doctor", self._last_findings),
            RoleRoute("installer", "/doctor", self._run_doctor, "POST"),
        ]
        self.asgi = Starlette(
            routes=routes,
            exception_handlers={
                EdgeError: _edge_error,
                ValidationError: _invalid_request,
                ClientDisconnect: _incomplete_request,
            },
        )

    async def _list_lanes(self, request: Request) -> Response:
        lanes = [lane.describe() for lane in self._lanes.values()]
        return JSONResponse({"started": self._started, "role": request.scope["role"], "lanes": lanes})

    async def _next_snapshot(self, request: Request) -> Response:
        return Response(await self._lane(request).snapshot(_after(request)), media_type="application/json")

    async def _next_preview(self, request: Request) -> Response:
        tried = {name: value for name, value in request.query_params.items() if name != "after"}
        picture = PictureSettings.model_validate(tried)
        content = await self._lane(request).preview(_after(request), picture)
        return Response(content, media_type="application/json")

    async def _next_screen(self, request: Request) -> Response:
        return JSONResponse(await self._lane(request).screen(_after(request)))

    async def _act(self, request: Request) -> Response:
        action = TillAction.model_validate_json(await request.body())
        return JSONResponse(self._lane(request).act(action))

    async def _save_zone(self, request: Request) -> Response:
        lane, drawn = self._lane(request), NewZone.model_validate_json(await request.body())
        return self._save(lane, drawn.by, {"zone": drawn.zone}, config_file.zone_line(drawn.zone))

    async def _save_picture(self, request: Request) -> Response:
        """Saves how the picture is seen. A zone that was drawn stays on the same floor of the shop."""
        lane, received = self._lane(request), NewPicture.model_validate_json(await request.body())
        picture = received.picture
        wanted: dict[str, Any] = {"picture": picture}
        lines = [config_file.picture_line(picture)]
        settings = lane.settings
        zone = moved(settings.zone, settings.picture, picture)
        if zone != settings.zone and settings.zone != Settings.model_fields["zone"].default:
            wanted["zone"] = zone
            lines.append(config_file.zone_line(zone))
        return self._save(lane, received.by, wanted, *lines)

    def _save(self, lane: WatchedLane, by: str, wanted: Mapping[str, Any], *lines: str) -> Response:
        """Write lines into the config file and apply them. by: the installer's name. wanted: the values that they
        set."""
        try:
            if self._origin.file is None:
                raise UsageError(words("this agent was started without --config FILE"))
            config_file.save(self._origin.file, lane.name, *lines)
            lanes = self._origin.load()
            if self._reload:
                self._reload(lanes, ON_PAGE.named(by))
        except EdgeError as error:
            return JSONResponse({"problem": in_all_languages(error), "line": "\n".join(lines)}, 409)
        loaded = next((settings for settings in lanes if settings.lane == lane.name), None)
        in_force = loaded and all(getattr(loaded, name) == value for name, value in wanted.items())
        effect = "overridden" if not in_force else "now" if self._reload else "restart"
        return JSONResponse({"file": str(self._origin.file), "effect": effect, "zone": (loaded or lane.settings).zone})

    async def _last_findings(self, _: Request) -> Response:
        return JSONResponse(self._examined)

    async def _run_doctor(self, _: Request) -> Response:
        return StreamingResponse(self._examination(), media_type="application/x-ndjson")

    async def _examination(self) -> AsyncIterator[str]:
        """Lines of JSON: how many checks there are, each finding as it comes, and how it ended."""
        end: dict[str, Any] = {"end": True}
        findings: list[Any] = []
        try:
            async with self._doctor_lock, aclosing(doctor.reports(self._origin)) as reports:
                async for report in reports:
                    checks = report.get("checks")
                    total = {"checks": checks["box"] + len(self._lanes) * checks["lane"]} if checks else report
                    findings += [report["finding"]] if "finding" in report else []
                    yield json.dumps(total) + "\n"
            self._examined = {"at": datetime.now(timezone.utc).isoformat(), "findings": findings}
        except EdgeError as error:
            end["problem"] = in_all_languages(error)
        yield json.dumps(end) + "\n"

    def _lane(self, request: Request) -> WatchedLane:
        try:
            return self._lanes[request.path_params["lane"]]
        except KeyError:
            raise HTTPException(404) from None


def _page(file: Path) -> Any:
    return _sent(file.read_bytes(), _MEDIA_TYPES[file.suffix])


def _sent(content: bytes, media_type: str) -> Any:
    async def respond(_: Request) -> Response:
        return Response(content, media_type=media_type)

    return respond


def _after(request: Request) -> int:
    after = request.query_params.get("after", "0")
    return int(after) if after.isascii() and after.isdecimal() and len(after) < 18 else 0


async def _edge_error(_: Request, error: Exception) -> Response:
    """An error that the user can fix, in one line."""
    return JSONResponse({"problem": in_all_languages(error)}, 409)


async def _invalid_request(_: Request, error: Exception) -> Response:
    assert isinstance(error, ValidationError)
    return JSONResponse({"problem": in_all_languages(in_one_line(error, "message"))}, 400)


async def _incomplete_request(_: Request, _error: Exception) -> Response:
    """The client has closed the connection, or its request took too long; nobody reads this."""
    return Response(status_code=400)
