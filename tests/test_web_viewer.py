"""The two links of the setup page: the viewer's shows what the lane sees and changes nothing; the installer's says who
changed what."""

from __future__ import annotations

import json
import re
import stat
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from edge.records.audit import Audit
from edge.records.database import Database
from tests.agents import PageAgent
from tests.browsers import AxeFaults, StartPage, visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = pytest.mark.slow

PHONE = {"viewport": {"width": 390, "height": 844}, "locale": "ru-RU"}


def viewer_link(agent: PageAgent) -> str:
    file = agent.link_file.with_name("setup-page-viewer.link")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    return file.read_text(encoding="utf-8").strip()


def controls(page: Page) -> list[str]:
    """What can be pressed or filled in."""
    found = page.eval_on_selector_all(
        "button, input, select, [tabindex]", "all => all.filter(each => each.checkVisibility()).map(each => each.id)"
    )
    return [str(each) for each in found]


@pytest.mark.parametrize(
    ("look", "title"),
    [({}, "lane-1 · Camera · viewer · edge-agent"), (PHONE, "lane-1 · Камера · просмотр · edge-agent")],
    ids=["english", "russian phone"],
)
def test_a_viewer_sees_the_lane_and_has_no_control_that_changes_it(
    browser: Browser, agent: PageAgent, axe_faults: AxeFaults, look: dict[str, Any], title: str
) -> None:
    page = visit(browser, viewer_link(agent), **look).page
    page.wait_for_selector("#advice:not([data-decision=''])")
    assert page.title() == title
    assert re.fullmatch(r"lane-1\s+(viewer|просмотр)", page.inner_text("h1"))
    assert controls(page) == ["tab-camera", "tab-doctor", "language"]
    assert page.locator(".zone polygon").count() == 1
    assert axe_faults(page) == []
    page.focus("#tab-camera")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("#diagnosis:not([hidden])")
    assert page.is_visible("#doctor")
    assert controls(page) == ["tab-camera", "tab-doctor", "language"]
    assert axe_faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.context.close()


def test_the_agent_rejects_a_change_of_a_viewer_that_the_page_did_not_offer(browser: Browser, agent: PageAgent) -> None:
    page = visit(browser, viewer_link(agent)).page
    before = agent.config.read_bytes()
    page.evaluate("document.body.classList.remove('viewer')")
    page.click("#zone-edit")
    page.click("#zone-save")
    page.wait_for_selector("#zone-result:not([hidden])")
    said = "This link is only for looking: changes need the installer's link."
    assert page.inner_text("#zone-result") == f"That did not work: {said}"
    for method, path in (("PUT", "picture"), ("POST", "till")):
        status = page.evaluate(
            "async ([method, path]) => (await fetch(`lanes/lane-1/${path}`, { method, body: '{}' })).status",
            [method, path],
        )
        assert status == 403
    assert agent.config.read_bytes() == before
    page.context.close()


def test_a_viewer_reads_what_the_installer_has_checked(browser: Browser, start_page: StartPage) -> None:
    own = start_page()
    page = visit(browser, viewer_link(own)).page
    page.click("#tab-doctor")
    page.get_by_text("Nobody has checked the lane here since the agent started.").wait_for()
    installer = visit(browser, own.link).page
    installer.click("#tab-doctor")
    installer.click("#examine")
    page.wait_for_selector("#findings li")
    assert re.match(r"Checked on .*\. (Problems: \d+, warnings: \d+|Everything is ok)\.", page.inner_text("#diagnosis"))
    for found in (page, installer):
        found.context.close()


def test_the_installer_s_name_is_kept_by_the_browser_and_recorded_with_both_zones(
    browser: Browser, start_page: StartPage
) -> None:
    own = start_page()
    page = visit(browser, own.link).page
    assert not page.is_visible("#author-name"), "it is asked for only while something is changed"
    page.click("#zone-edit")
    page.get_by_label("Your name, for the record of changes").fill("  Анна \u202e Петрова ")
    page.focus("#overlay [data-handle]")
    page.keyboard.press("ArrowRight")
    page.click("#zone-save")
    page.wait_for_selector("#zone-result:not([hidden])")
    own.process.wait_for_log("zone changed")
    page.reload()
    page.click("#picture-edit")
    assert page.input_value("#author-name") == "Анна \u202e Петрова"
    page.context.close()
    own.stop()
    with closing(Database(own.link_file.parent, read_only=True)) as database:
        *_, (_, change) = Audit(database).changes()
        assert Audit(database).verify() == []
    assert (change.by, change.name, [each.setting for each in change.changed]) == ("page", "Анна Петрова", ["zone"])
    assert change.changed[0].before != change.changed[0].after


def test_links_of_both_roles_go_with_the_agent_and_come_back(browser: Browser, start_page: StartPage) -> None:
    own = start_page()
    link, file = viewer_link(own), own.link_file.with_name("setup-page-viewer.token")
    log = own.stop()
    assert link.partition("token=")[2] not in log
    assert not own.link_file.with_name("setup-page-viewer.link").exists()
    again = start_page()
    assert viewer_link(again).partition("token=")[2] == link.partition("token=")[2]
    installer = again.link
    again.stop()
    file.unlink()
    last = start_page()
    assert viewer_link(last).partition("token=")[2] != link.partition("token=")[2], "that link is revoked"
    assert last.link.partition("token=")[2] == installer.partition("token=")[2], "and no other"
    assert json.loads(file.read_text())["earlier"] == []
