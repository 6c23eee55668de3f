"""A headless browser that visits an agent's setup page."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from tests.agents import PageAgent

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WITHIN_MS = 60_000
"""Timeout for everything without a stricter limit."""


class StartPage(Protocol):
    """Starts an agent of the test's own, with flags and options as for PageAgent."""

    def __call__(self, *flags: object, web: str = "127.0.0.1:0", with_config: bool = True) -> PageAgent: ...


class AxeFaults(Protocol):
    """What axe-core finds on a page: the rules that are broken, with the elements."""

    def __call__(self, page: Page) -> list[tuple[str, list[str]]]: ...


@dataclass
class Visit:
    """A browser's page, the addresses it requested, and the errors in its scripts and console."""

    page: Page
    requested: list[str]
    errors: list[str]


def visit(browser: Browser, link: str, **context: Any) -> Visit:
    options: dict[str, Any] = {"locale": "en-GB", "ignore_https_errors": True} | context
    page = browser.new_context(**options).new_page()
    page.set_default_timeout(WITHIN_MS)
    found = Visit(page, [], [])
    page.on("request", lambda request: found.requested.append(request.url))
    page.on("pageerror", lambda error: found.errors.append(str(error)))
    page.on("console", lambda message: found.errors.append(message.text) if message.type == "error" else None)
    page.goto(link)
    page.wait_for_selector("#picture[src^='data:image/jpeg']")
    return found
