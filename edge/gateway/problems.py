"""Errors of the HTTP API, as problems in JSON (RFC 9457): the thing, the value and the fix."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Literal

from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from collections.abc import Mapping

PROBLEM_TYPE = "application/problem+json"

ProblemCode = Literal[
    "malformed", "too-large", "unknown-type", "unknown-version", "not-for-agent", "not-allowed", "conflict",
    "no-token", "wrong-token", "another-till", "no-such-till", "no-such-event", "too-fast", "backlog", "storage",
    "unsupported-media-type", "wrong-host", "no-such-page",
]  # fmt: skip
"""The first six are those of `lane.error`."""

STATUS_OF: dict[ProblemCode, int] = {
    "malformed": 400, "too-large": 413, "unknown-type": 422, "unknown-version": 422, "not-for-agent": 422,
    "not-allowed": 422, "conflict": 409, "no-token": 401, "wrong-token": 401, "another-till": 403, "no-such-till": 404,
    "no-such-event": 404, "too-fast": 429, "backlog": 503, "storage": 507, "unsupported-media-type": 415,
    "wrong-host": 421, "no-such-page": 404,
}  # fmt: skip


class ProblemDetails(BaseModel):
    """What was wrong with a request. `type` is `urn:edge-gateway:CODE`."""

    model_config = ConfigDict(frozen=True)

    type: str
    title: str
    status: int
    detail: str = Field(description="the thing, the value and the fix, in a sentence")


class HttpProblem(Exception):  # noqa: N818  # the name in RFC 9457
    """Ends a request with a problem."""

    def __init__(self, code: ProblemCode, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.code, self.detail, self.headers = code, detail, headers

    @property
    def response(self) -> JSONResponse:
        return problem_response(STATUS_OF[self.code], self.code, self.detail, self.headers)


def problem_response(
    status: int, code: str, detail: str, headers: Mapping[str, str] | None = None
) -> JSONResponse:  # fmt: skip
    """An answer with a problem."""
    content = ProblemDetails(
        type=f"urn:edge-gateway:{code}", title=HTTPStatus(status).phrase, status=status, detail=detail
    )
    return JSONResponse(content.model_dump(), status, headers, media_type=PROBLEM_TYPE)
