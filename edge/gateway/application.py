"""The HTTP API: events in, messages and screens out."""

from __future__ import annotations

import json
import re
import time
from datetime import datetime, timezone
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, FastAPI, Path, Query, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from fastapi.security import HTTPBearer
from prometheus_client.exposition import choose_encoder

from edge import __version__
from edge.commands import shown
from edge.gateway.bodies import Accepted, AcceptedEvent, EventProgress, GatewayHealth, Messages, TillHealth
from edge.gateway.cloudevents import MOST_BODY_BYTES, read_events
from edge.gateway.gateway import Cursor
from edge.gateway.handlers import add_problem_handlers
from edge.gateway.problems import STATUS_OF, HttpProblem, ProblemCode, ProblemDetails
from edge.gateway.screen import Status
from edge.gateway.stream import EVENT_STREAM, server_sent_events
from edge.till.limits import PENALTY_S, RateLimiter

if TYPE_CHECKING:
    from edge.gateway.access import Access
    from edge.gateway.gateway import Gateway, News
    from edge.gateway.metrics import GatewayMetrics

LONGEST_WAIT_S = 30.0
_CURSOR = re.compile(r"([0-9a-f]{8})-((?:\d{1,18}(?:\.\d{1,18}){0,63})?)(?:-([0-9a-f]{8}))?", re.ASCII)
_API_ABOUT = """\
Lets tills that speak HTTP and JSON use edge-agent. docs/gateway.md explains it, docs/till-protocol.md the events.

**A till that gets no answer from the gateway within a second asks for ID, and one that gets none for 3 s asks everyone
for ID.**
"""
_OWN_BOX = ("127.0.0.1", "::1")

Till = Annotated[str, Path(description="name of the till")]
After = Annotated[str, Query(description="the `next` of the answer before; confirms its messages")]
_bearer = HTTPBearer(auto_error=False, description="the till's token; not needed by a till without one on this box")


def problems(*codes: ProblemCode) -> dict[int | str, dict[str, Any]]:
    """The documentation of problems, by status."""
    by_status: dict[int | str, list[str]] = {}
    for code in ("malformed", "no-token", "wrong-token", "another-till", "no-such-till", "wrong-host", *codes):
        by_status.setdefault(STATUS_OF[code], []).append(f"`{code}`")
    return {
        status: {"model": ProblemDetails, "description": f"{HTTPStatus(int(status)).phrase}: {', '.join(named)}"}
        for status, named in by_status.items()
    }


class Api:
    """The handlers. They run in the event loop."""

    def __init__(self, gateway: Gateway, access: Access, metrics: GatewayMetrics) -> None:
        self._gateway, self._access, self._metrics = gateway, access, metrics
        now_s = time.monotonic()
        self._limits = {each.name: RateLimiter(now_s) for each in gateway.settings.till}

    def add_to(self, app: FastAPI) -> None:
        """Add the routes."""
        events, secured = "/v1/tills/{till}/events", [Depends(_bearer)]
        app.add_api_route(
            events, self.post_events, methods=["POST"], status_code=202, response_model=Accepted,
            summary="Send events",
            responses=problems(
                "too-large", "unsupported-media-type", "unknown-type", "conflict", "too-fast", "backlog", "storage"
            ),
            dependencies=secured,
        )  # fmt: skip
        app.add_api_route(
            events + "/{event_id:path}", self.event, response_model=EventProgress, summary="What became of an event",
            responses=problems("no-such-event"), dependencies=secured,
        )  # fmt: skip
        app.add_api_route(
            "/v1/tills/{till}/messages", self.messages, response_model=Messages,
            summary="Wait for messages and for another screen", responses=problems("storage"), dependencies=secured,
        )  # fmt: skip
        app.add_api_route(
            "/v1/tills/{till}/screen", self.screen, response_model=Status, summary="What to show now",
            responses=problems(), dependencies=secured,
        )  # fmt: skip
        app.add_api_route(
            "/v1/tills/{till}/stream", self.stream, response_class=StreamingResponse,
            summary="Messages and screens as Server-Sent Events",
            responses={200: {"content": {EVENT_STREAM: {"schema": {"type": "string"}}}}, **problems()},
            dependencies=secured,
        )  # fmt: skip
        app.add_api_route(
            "/healthz", self.health, response_model=GatewayHealth, summary="How the gateway is",
            responses={503: {"model": GatewayHealth, "description": "degraded"}, **_only("no-such-page", "wrong-host")},
        )  # fmt: skip
        app.add_api_route("/metrics", self.metrics, response_class=PlainTextResponse, include_in_schema=False)

    async def post_events(self, till: Till, request: Request) -> Accepted:
        """Send one event (`application/cloudevents+json`), several (`application/cloudevents-batch+json`), or one in
        binary mode (`application/json` with `ce-` headers). They are stored before the answer, all or none. Sending the
        same event again changes nothing; another one with the same id is a conflict."""
        self._check(till, request)
        self._check_rate(till, request)
        events = read_events(request.headers, await _body(request), till, datetime.now(timezone.utc))
        await self._gateway.post(till, events)
        return Accepted(accepted=tuple(AcceptedEvent(id=each.event.id, dropped=each.dropped) for each in events))

    async def event(self, till: Till, event_id: str, request: Request) -> EventProgress:
        """Whether the agent has answered an event, and how. An answered event is known for 24 hours."""
        self._check(till, request)
        state = await self._gateway.state_of(till, event_id)
        if state is None:
            raise HttpProblem("no-such-event", f"event {shown(event_id)} is not known: send it first")
        answer = json.loads(state.answer) if state.answer else None
        return EventProgress(id=event_id, state="answered" if state.answered else "waiting", answer=answer)

    async def messages(
        self,
        till: Till,
        request: Request,
        after: After = "",
        wait: Annotated[float, Query(ge=0, le=LONGEST_WAIT_S, description="seconds to wait for something new")] = 0.0,
    ) -> Messages:
        """Answers at once if there is a message after the cursor `after`, or another screen than in the answer before;
        otherwise as soon as there is, or after `wait` seconds. Alerts that have expired are left out."""
        self._check(till, request)
        # The cursor names the messages of the answer exactly: what was left out of it is not confirmed.
        numbers, mark = self._read_cursor(after)
        if numbers:
            await self._gateway.confirm(till, numbers)
        found = await self._gateway.news(till, Cursor(0, mark), wait)
        return Messages(
            **found.status.model_dump(),
            messages=tuple(each.event.model_dump(mode="json", exclude_none=True) for each in found.messages),
            next=self._cursor_of(found),
        )

    async def screen(self, till: Till, request: Request) -> Status:
        """What the till should show its cashier now, and how the agent is."""
        self._check(till, request)
        return (await self._gateway.news(till, Cursor())).status

    async def stream(self, till: Till, request: Request) -> StreamingResponse:
        """An event for each message, named by its type, with the CloudEvent as its data; and an event `screen` when the
        screen changes, and each second. `Last-Event-ID` continues after that message. Confirm messages with
        `lane.ack`."""
        self._check(till, request)
        numbers, _ = self._read_cursor(request.headers.get("last-event-id", ""))
        events = server_sent_events(self._gateway, till, Cursor(max(numbers, default=0)))
        return StreamingResponse(events, media_type=EVENT_STREAM)

    async def health(self, request: Request) -> Response:
        """How the gateway and its agents are. For programs on this box."""
        _check_private(request)
        tills = {
            till: TillHealth(
                agent=each.agent, waiting=each.waiting, unconfirmed=each.unconfirmed, problem=each.problem
            )
            for till, each in (await self._gateway.counts()).items()
        }  # fmt: skip
        well = all(each.agent == "ok" and not each.problem for each in tills.values())
        health = GatewayHealth(status="ok" if well else "degraded", tills=tills)
        return JSONResponse(health.model_dump(), 200 if well else 503)

    async def metrics(self, request: Request) -> Response:
        """For Prometheus on this box."""
        _check_private(request)
        self._metrics.set(await self._gateway.counts())
        encode, kind = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(self._metrics.registry), media_type=kind)

    def _check(self, till: str, request: Request) -> None:
        self._access.check(till, request.headers.get("authorization"))

    def _check_rate(self, till: str, request: Request) -> None:
        length = request.headers.get("content-length", "0")
        if not self._limits[till].accept(time.monotonic(), min(MOST_BODY_BYTES, int(length))):
            raise HttpProblem(
                "too-fast",
                f"till {till} sends more than 50 requests a second: wait {PENALTY_S:.0f} s",
                {"Retry-After": f"{PENALTY_S:.0f}"},
            )

    def _read_cursor(self, text: str) -> tuple[tuple[int, ...], str]:
        """Numbers of messages, and the mark of a status. A cursor of another gateway's store means nothing."""
        found = _CURSOR.fullmatch(text)
        if not found or found[1] != self._gateway.core.store_id:
            return (), ""
        return tuple(int(number) for number in found[2].split(".") if number), found[3] or ""

    def _cursor_of(self, news: News) -> str:
        numbers = ".".join(str(each.number) for each in news.messages)
        return f"{self._gateway.core.store_id}-{numbers}-{news.next.mark}"


async def _body(request: Request) -> bytes:
    """The body of a request. Raises HttpProblem when it is too large."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_BODY_BYTES:
            raise HttpProblem(
                "too-large", f"the body has more than {MOST_BODY_BYTES // 1024} KiB: send less"
            )  # fmt: skip
    return bytes(body)


def _check_private(request: Request) -> None:
    if request.client is None or request.client.host not in _OWN_BOX:
        raise HttpProblem("no-such-page", "this page is only for programs on the gateway's box")


def _only(*codes: ProblemCode) -> dict[int | str, dict[str, Any]]:
    return {STATUS_OF[code]: {"model": ProblemDetails, "description": f"`{code}`"} for code in codes}


def application(gateway: Gateway, access: Access, metrics: GatewayMetrics) -> FastAPI:
    """The ASGI application, without its guard."""
    app = _app()
    Api(gateway, access, metrics).add_to(app)
    add_problem_handlers(app)
    return app


def routes_for_documents() -> FastAPI:
    """An application whose routes can be described, and not called."""
    app = _app()
    Api.__new__(Api).add_to(app)
    return app


def _app() -> FastAPI:
    return FastAPI(
        title="edge-gateway", version=__version__, description=_API_ABOUT, docs_url=None, redoc_url=None,
        openapi_url=None,
    )  # fmt: skip
