"""The published OpenAPI document is up to date, and a running gateway keeps to it, also when it is sent rubbish."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, settings

from edge.gateway.openapi import document, openapi_text
from tests.edge.gateway.conftest import ROOT
from tests.gateways import LIMIT_S, GatewayProcess, HttpTill, event

if sys.version_info < (3, 11):
    pytest.skip("Schemathesis, and the FastAPI that wrote the document, need Python 3.11", allow_module_level=True)

import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance, unsupported_method,
]  # fmt: skip
API = schemathesis.openapi.from_dict(document()).exclude(path_regex="/stream$")
"""Without the stream, which never ends."""


def test_the_published_document_is_the_one_that_the_code_makes() -> None:
    published = (ROOT / "docs" / "gateway-openapi.json").read_text(encoding="utf-8")
    assert published == openapi_text(), "run: python -m edge.gateway.openapi > docs/gateway-openapi.json"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of a gateway whose agent does not run."""
    folder = tmp_path_factory.mktemp("openapi")
    gateway = GatewayProcess(folder, "--till", "till-1", "--agent", f"ipc://{folder}/nobody")
    HttpTill(gateway.address).send(event("lane.sale.opened", id="e-1", sale_id="s-1"))
    yield gateway.address
    gateway.stop()


@pytest.mark.slow
@API.parametrize()
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True)
def test_the_gateway_keeps_to_its_document(case: schemathesis.Case, address: str) -> None:
    case.path_parameters = {name: {"till": "till-1"}.get(name, value) for name, value in case.path_parameters.items()}
    with suppress(KeyError, TypeError, ValueError):
        # A long poll waits for as long as it is told.
        case.query["wait"] = min(float(case.query["wait"]), 0.01) if float(case.query["wait"]) <= 30 else 31
    # Its 503 says that the agent is away, which is so here.
    checks = [each for each in CHECKS if each is not not_a_server_error or case.path != "/healthz"]
    case.call_and_validate(base_url=address, checks=checks, timeout=LIMIT_S)
