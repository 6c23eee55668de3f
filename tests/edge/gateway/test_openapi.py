"""The published OpenAPI document is up to date."""

from __future__ import annotations

import sys

import pytest

from edge.gateway.openapi import openapi_text
from tests.edge.gateway.conftest import ROOT


@pytest.mark.skipif(sys.version_info < (3, 11), reason="the FastAPI that wrote the document needs Python 3.11")
def test_the_published_document_is_the_one_that_the_code_makes() -> None:
    published = (ROOT / "docs" / "gateway-openapi.json").read_text(encoding="utf-8")
    assert published == openapi_text(), "run: python -m edge.gateway.openapi > docs/gateway-openapi.json"
