"""The setup page with keys alone, for screen readers, and for those who see little: axe-core finds nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from edge.settings.load import load_settings
from edge.web.config_file import save as save_lines
from edge.web.config_file import zone_line
from tests.agents import PageAgent
from tests.browsers import AxeFaults, StartPage, visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = pytest.mark.slow

PHONE = {"viewport": {"width": 390, "height": 844}}
DARK = {"color_scheme": "dark"}

CONTRASTS = """() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => {
    const [r, g, b] = numbers(colour).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [dark, bright] = [light(a), light(b)].sort((x, y) => x - y);
    return (bright + 0.05) / (dark + 0.05);
  };
  const behind = (element) => {
    const colour = getComputedStyle(element).backgroundColor;
    return numbers(colour)[3] === 0 ? behind(element.parentElement) : colour;
  };
  const bordered = [...document.querySelectorAll("button:not([role=tab], .quiet), select, .verdict")];
  return bordered
    .filter((element) => element.checkVisibility() && !element.disabled)
    .map((element) => [
      element.id || element.textContent,
      contrast(getComputedStyle(element).borderTopColor, behind(element.parentElement)),
    ]);
}"""
"""Name and contrast of each border that shows where a control or a decision is, against what is behind it."""


@pytest.mark.parametrize("look", [{}, DARK, PHONE, {"locale": "ru-RU"}], ids=["light", "dark", "phone", "russian"])
def test_axe_finds_nothing_on_any_tab(
    browser: Browser, agent: PageAgent, axe_faults: AxeFaults, look: dict[str, Any]
) -> None:
    page = visit(browser, agent.link, **look).page
    page.wait_for_selector("#advice:not([data-decision=''])")
    assert axe_faults(page) == []
    for press in ("#zone-edit", "#zone-cancel", "#picture-edit", "#picture-cancel", "#tab-till", "[data-sku=beer]"):
        page.click(press)
        assert axe_faults(page) == [], press
    page.wait_for_selector("#prompt:not([data-decision=''])")
    assert axe_faults(page) == []
    page.click("#void")
    page.click("#tab-doctor")
    assert axe_faults(page) == []
    page.context.close()


def test_axe_finds_nothing_without_the_agent_and_without_the_token(
    browser: Browser, start_page: StartPage, axe_faults: AxeFaults
) -> None:
    own = start_page()
    page = visit(browser, own.link).page
    page.wait_for_selector("#advice:not([data-decision=''])")
    stranger = browser.new_context(locale="ru-RU").new_page()
    stranger.goto(own.base + "?token=wrong")
    assert axe_faults(stranger) == []
    stranger.context.close()
    own.process.kill()
    page.wait_for_selector("#lost:not([hidden])")
    page.wait_for_timeout(500)  # until the colours of the decision have faded
    assert axe_faults(page) == []
    page.click("#tab-till")
    page.wait_for_timeout(500)
    assert axe_faults(page) == []
    page.context.close()


@pytest.mark.parametrize("look", [{}, DARK], ids=["light", "dark"])
def test_borders_of_controls_stand_out_three_to_one(browser: Browser, agent: PageAgent, look: dict[str, Any]) -> None:
    page = visit(browser, agent.link, **look).page
    page.wait_for_selector("#advice:not([data-decision=''])")
    found = page.evaluate(CONTRASTS)
    page.click("#tab-till")
    page.wait_for_selector("[data-sku=beer]")
    found += page.evaluate(CONTRASTS)
    assert len(found) >= 14
    assert [(name, ratio) for name, ratio in found if ratio < 3] == []
    page.context.close()


def focused(page: Page) -> str:
    """What a screen reader calls the element that has the focus."""
    return str(page.evaluate("document.activeElement.ariaLabel ?? document.activeElement.textContent.trim()"))


def test_corners_are_reached_moved_added_and_removed_with_keys_alone(page: Page, agent: PageAgent) -> None:
    save_lines(agent.config, "lane-1", zone_line(((0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8))))
    agent.process.reload()
    agent.process.wait_for_log("now with settings")
    page.reload()
    page.wait_for_selector("#picture[src^='data:image/jpeg']")
    page.focus("#zone-edit")
    page.keyboard.press("Enter")
    assert focused(page) == "Corner 1 of 4: 20 % from the left, 20 % from the top"
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+ArrowUp")
    assert focused(page) == "Corner 1 of 4: 19 % from the left, 10 % from the top"
    assert page.inner_text("#zone-place") == focused(page), "a screen reader says it"
    page.keyboard.press("Tab")
    assert focused(page) == "Add a corner after corner 1"
    page.keyboard.press("Enter")
    assert focused(page) == "Corner 2 of 5: 50 % from the left, 15 % from the top"
    page.wait_for_function("start => document.querySelector('#picture').src !== start", arg=page.evaluate(
        "document.querySelector('#picture').src"
    ))  # fmt: skip
    assert focused(page).startswith("Corner 2 of 5"), "the next picture leaves the focus"
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Delete")
    assert focused(page) == "Corner 3 of 4: 80 % from the left, 80 % from the top"
    while focused(page) != "Save zone":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#zone-result:not([hidden])")
    assert focused(page) == "Change the customer zone"
    zone = load_settings([], agent.config).zone
    assert zone == ((0.19, 0.1), (0.495, 0.15), (0.8, 0.8), (0.2, 0.8))


def test_escape_cancels_and_the_focus_goes_back_to_the_button(page: Page) -> None:
    before = page.get_attribute(".zone polygon", "points")
    page.focus("#zone-edit")
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+ArrowRight")
    assert page.get_attribute(".zone polygon", "points") != before
    page.keyboard.press("Escape")
    assert page.get_attribute(".zone polygon", "points") == before
    assert focused(page) == "Change the customer zone"
    page.focus("#picture-edit")
    page.keyboard.press("Enter")
    assert page.is_visible("#picture-tools")
    page.keyboard.press("Escape")
    assert page.is_hidden("#picture-tools")
    assert focused(page) == "Turn or stretch the picture"


def test_tabs_are_changed_with_arrows_home_and_end(page: Page) -> None:
    page.focus("#tab-camera")
    for key, name, section in (
        ("ArrowRight", "Till", "#till"),
        ("ArrowRight", "Check", "#doctor"),
        ("ArrowRight", "Camera", "#camera"),
        ("ArrowLeft", "Check", "#doctor"),
        ("Home", "Camera", "#camera"),
        ("End", "Check", "#doctor"),
    ):
        page.keyboard.press(key)
        assert focused(page) == name
        assert page.is_visible(section)
        assert page.title() == f"lane-1 · {name} · edge-agent"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    assert focused(page) == "Check", "one tab stop for all tabs: the one that is shown"
    assert page.inner_text("h1") == "lane-1"


def test_a_scanned_item_keeps_the_focus(page: Page) -> None:
    page.click("#tab-till")
    page.focus("[data-sku=bread]")
    for bought in ("bread52.00", "bread × 2104.00"):
        page.keyboard.press("Enter")
        page.wait_for_function(f"() => document.querySelector('#basket li')?.textContent === '{bought}'")
        assert page.evaluate("document.activeElement.dataset.sku") == "bread"
    page.click("#void")


def test_with_less_motion_the_picture_changes_about_once_a_second(browser: Browser, agent: PageAgent) -> None:
    """Not so many pictures are requested as otherwise: compared with a page beside it, whatever the machine's speed."""
    counts = {}
    pages = [visit(browser, agent.link, reduced_motion=motion) for motion in ("reduce", "no-preference")]
    pages[0].page.wait_for_timeout(5000)
    for name, found in zip(("less", "all"), pages, strict=True):
        counts[name] = sum("snapshot" in url for url in found.requested)
        found.page.context.close()
    assert counts["less"] < counts["all"] / 2
