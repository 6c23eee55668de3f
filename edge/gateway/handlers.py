"""Turns everything that goes wrong in a request into a problem."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from edge.commands import shown
from edge.gateway.problems import HttpProblem, problem_response
from edge.gateway.relay import BacklogError, ConflictError
from edge.gateway.store import MOST_WAITING
from edge.records.database import StoreError

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

log = logging.getLogger(__name__)


def add_problem_handlers(app: FastAPI) -> None:
    """Add a handler for each kind of exception."""
    for kind, handler in (
        (HttpProblem, _problem),
        (ConflictError, _conflict),
        (BacklogError, _backlog),
        (StoreError, _storage),
        (RequestValidationError, _parameters),
        (HTTPException, _http),
        (ClientDisconnect, _gone),
        (Exception, _crash),
    ):
        app.add_exception_handler(kind, handler)


async def _problem(request: Request, problem: Exception) -> Response:  # noqa: ARG001
    assert isinstance(problem, HttpProblem)
    return problem.response


async def _conflict(request: Request, problem: Exception) -> Response:  # noqa: ARG001
    assert isinstance(problem, ConflictError)
    detail = f"id = {shown(problem.event_id)} was used for another event: give each event a new id"
    return HttpProblem("conflict", detail).response


async def _backlog(request: Request, problem: Exception) -> Response:  # noqa: ARG001
    detail = f"{MOST_WAITING} events wait for the agent, which does not answer: start it, and send again"
    return HttpProblem("backlog", detail, {"Retry-After": "5"}).response


async def _storage(request: Request, problem: Exception) -> Response:
    log.error("%s was not stored: %s", request.url.path, problem)
    return HttpProblem("storage", f"nothing was stored: {problem}; send it again").response


async def _parameters(request: Request, problem: Exception) -> Response:  # noqa: ARG001
    assert isinstance(problem, RequestValidationError)
    texts = [
        f"{'.'.join(map(str, each['loc'][1:]))} = {shown(each['input'])}: {each['msg']}" for each in problem.errors()
    ]
    return HttpProblem("malformed", "; ".join(texts)).response


async def _http(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, HTTPException)
    if problem.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = (problem.headers or {}).get("Allow", "")
        detail = f"{request.method} is not allowed here: use {allowed}"
        return problem_response(problem.status_code, "method-not-allowed", detail, problem.headers)
    detail = f"there is no {shown(request.url.path)}: docs/gateway.md lists what there is"
    return problem_response(problem.status_code, "no-such-page", detail, problem.headers)


async def _gone(request: Request, problem: Exception) -> Response:  # noqa: ARG001
    return HttpProblem("malformed", "the body of the request did not come").response


async def _crash(request: Request, problem: Exception) -> Response:
    log.error("%s %s failed: %s", request.method, request.url.path, type(problem).__name__)
    return problem_response(500, "internal", "the gateway failed: see its log")
