"""The setup page while the agent does not answer, after its restart, and with a link of another day."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from edge.web.tokens import TOKEN_FILE
from tests.browsers import StartPage, visit
from tests.ports import free_port

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = pytest.mark.slow


def test_without_the_agent_the_last_picture_and_decision_are_dimmed_and_the_page_comes_back_with_it(
    browser: Browser, start_page: StartPage
) -> None:
    web = f"127.0.0.1:{free_port()}"
    own = start_page(web=web)
    page = visit(browser, own.link).page
    page.wait_for_selector("#advice:not([data-decision=''])")
    own.process.kill()
    page.wait_for_selector("#lost:not([hidden])")
    said = r"The agent has not answered since \d\d:\d\d:\d\d\. The page continues by itself when it does\."
    assert re.fullmatch(said, page.inner_text("#lost"))
    assert page.locator("#stage.dim").count() == 1
    assert page.inner_text("#no-picture").startswith("This is the picture of ")
    assert page.inner_text("#advice-was").startswith("This was so at ")
    assert page.locator(".face:visible").count() == 0

    page.click("#language")
    assert page.inner_text("#lost").startswith("Агент не отвечает с ")
    assert page.inner_text("#advice-was").startswith("Так было в ")
    page.click("#zone-edit")
    page.click("#zone-save")
    page.wait_for_selector("#zone-result:not([hidden])")
    assert page.inner_text("#zone-result") == "Не получилось: Агент не отвечает."
    page.click("#tab-till")
    page.click("[data-sku=beer]")
    page.wait_for_function("() => document.querySelector('#prompt p').innerText === 'Агент не отвечает.'")
    page.click("#tab-doctor")
    page.click("#examine")
    page.wait_for_function("() => document.querySelector('#diagnosis').innerText.endsWith('Агент не отвечает.')")
    assert "fetch" not in page.inner_text("body")

    page.click("#tab-till")
    again = start_page(web=web)
    assert again.link == own.link
    page.wait_for_selector("#lost", state="hidden")
    page.wait_for_selector("#till:not([hidden])")
    assert page.get_attribute("#tab-till", "aria-selected") == "true", "the page is where it was"
    page.click("[data-sku=beer]")
    page.wait_for_selector("#basket li")
    page.click("#tab-camera")
    page.wait_for_selector("#stage:not(.dim) #picture[src^='data:image/jpeg']")
    page.context.close()


def test_an_open_page_whose_link_has_become_old_says_so(browser: Browser, start_page: StartPage) -> None:
    web = f"127.0.0.1:{free_port()}"
    own = start_page(web=web)
    page = visit(browser, own.link, locale="ru-RU").page
    own.stop()
    page.wait_for_selector("#lost:not([hidden])")
    file = own.link_file.with_name(TOKEN_FILE)
    file.write_text(json.dumps(json.loads(file.read_text()) | {"made_s": 0}))
    again = start_page(web=web)
    assert again.link != own.link
    page.get_by_text("Эта ссылка устарела: у страницы уже новая.").wait_for()
    assert page.inner_text("section[lang=ru] pre") == f"sudo cat {own.link_file}"
    page.get_by_label("код").fill(again.link.partition("token=")[2])
    page.click("button")
    page.wait_for_selector("#picture[src^='data:image/jpeg']")
    page.context.close()


def test_a_connection_that_breaks_for_a_moment_loses_nothing(browser: Browser, start_page: StartPage) -> None:
    """The network is gone and comes back; the agent runs on, and a zone that is being drawn stays."""
    page = visit(browser, start_page().link).page
    page.click("#zone-edit")
    page.context.set_offline(True)
    page.wait_for_selector("#lost:not([hidden])")
    page.context.set_offline(False)
    page.wait_for_selector("#lost", state="hidden")
    page.wait_for_selector("#stage:not(.dim)")
    assert page.is_visible("#zone-save")
    page.context.close()


def test_a_page_in_the_background_notices_a_restart_when_it_is_looked_at_again(
    browser: Browser, start_page: StartPage
) -> None:
    web = f"127.0.0.1:{free_port()}"
    own = start_page(web=web)
    page = visit(browser, own.link).page
    page.evaluate(
        """() => {
          window.isAway = true;
          Object.defineProperty(document, "hidden", { get: () => window.isAway });
        }"""
    )
    own.stop()
    start_page(web=web)
    with page.expect_navigation():
        page.evaluate("() => { window.isAway = false; document.dispatchEvent(new Event('visibilitychange')); }")
    page.wait_for_selector("#picture[src^='data:image/jpeg']")
    page.context.close()
