"""The setup page of a box with three lanes: what it shows always belongs to the chosen lane."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from edge.web.view import WATCHED_S
from tests.agents import AgentProcess, box_config
from tests.browsers import visit
from tests.clips import LONG_S, write_looped

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = pytest.mark.slow

COLOURS = {"lane-1": (220, 40, 40), "lane-2": (40, 200, 40), "lane-3": (40, 40, 220)}
"""What the camera of each lane shows: blue, green, red (BGR)."""

RECORD = """() => {
  window.shown = [];
  const picture = document.querySelector("#picture");
  new MutationObserver(() => {
    if (picture.src) window.shown.push([document.querySelector("#lane").value, picture.src]);
  }).observe(picture, { attributeFilter: ["src"] });
  window.left = [];
  document.querySelector("#lane").addEventListener("change", () => window.left.push(picture.hidden));
}"""
"""Notes each picture with the lane under whose name it was shown, and whether the old one was gone on each change."""


@pytest.fixture(scope="module")
def link(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The link to the page of a box whose lanes see one colour each."""
    folder = tmp_path_factory.mktemp("box")
    for lane, colour in COLOURS.items():
        picture = np.full((240, 320, 3), colour, np.uint8)
        picture[::16] //= 2
        write_looped(folder / f"{lane}.mp4", [picture] * 5, 5, LONG_S)
    sources = {lane: f'video = "{folder}/{lane}.mp4"' for lane in COLOURS}
    agent = AgentProcess(folder, "--config", box_config(folder, sources, 'web = "127.0.0.1:0"'))
    yield Path(agent.wait_for_log(r"its link is in (\S+)")[1]).read_text(encoding="utf-8").strip()
    agent.stop()


@pytest.fixture
def page(browser: Browser, link: str) -> Iterator[Page]:
    found = visit(browser, link)
    yield found.page
    found.page.context.close()
    assert found.errors == []


def lane_of(source: str) -> str:
    """The lane whose camera shows the colour of this picture, a data URL."""
    jpeg = np.frombuffer(base64.b64decode(source.partition(",")[2]), np.uint8)
    picture = cv2.imdecode(jpeg, cv2.IMREAD_COLOR)
    assert picture is not None
    mean = picture.reshape(-1, 3).mean(axis=0)
    return min(COLOURS, key=lambda lane: float(np.abs(mean - COLOURS[lane]).sum()))


def wait_for_picture(page: Page) -> None:
    page.wait_for_selector("#picture[src^='data:image/jpeg']")


def hold_back(page: Page, pattern: str) -> list[Route]:
    """The requests that wait from now on until they are continued."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(pattern, hold)
    return held


def wait_until_held(page: Page, held: list[Route]) -> None:
    while not held:
        page.wait_for_timeout(20)  # only while it waits does playwright hand over requests


def test_only_pictures_of_the_chosen_lane_are_shown(page: Page) -> None:
    page.evaluate(RECORD)
    chosen = ["lane-2", "lane-3", "lane-1", "lane-3", "lane-2", "lane-1"]
    for lane in chosen:
        page.select_option("#lane", lane)
        wait_for_picture(page)
    shown = page.evaluate("window.shown")
    assert page.evaluate("window.left") == [True] * len(chosen), "no picture of another lane is left"
    assert len(shown) >= len(chosen)
    assert [(lane, lane_of(source)) for lane, source in shown] == [(lane, lane) for lane, _ in shown]


def test_an_answer_for_the_lane_before_is_dropped_when_it_comes(page: Page) -> None:
    """A slow network holds the answer back until the page shows another lane."""
    held = hold_back(page, "**/lanes/lane-1/snapshot*")
    wait_until_held(page, held)
    page.select_option("#lane", "lane-2")
    wait_for_picture(page)
    page.evaluate(RECORD)
    for route in held:
        route.continue_()
    page.wait_for_function("() => window.shown.length >= 3")
    assert {lane_of(source) for _, source in page.evaluate("window.shown")} == {"lane-2"}


def test_a_healthy_camera_has_its_picture_at_once_however_long_another_was_watched(page: Page) -> None:
    """The pictures of a lane are numbered while it is watched: the first lane's number is ahead of the others'."""
    page.wait_for_timeout(3000)
    page.evaluate(
        """() => {
          window.said = [];
          const line = document.querySelector("#no-picture");
          const note = () => line.hidden || window.said.push(line.textContent);
          new MutationObserver(note).observe(line, { attributes: true, childList: true });
        }"""
    )
    page.select_option("#lane", "lane-3")
    wait_for_picture(page)
    page.wait_for_timeout(1000)
    assert set(page.evaluate("window.said")) <= {"Waiting for a picture…"}


def test_what_was_saved_for_a_lane_stays_with_it_and_is_said_only_there(page: Page) -> None:
    """The answer to the saved zone comes when the page shows another lane."""
    held = hold_back(page, "**/lanes/lane-1/zone")
    before = page.get_attribute(".zone polygon", "points")
    page.click("#zone-edit")
    box = page.locator("#stage").bounding_box()
    assert box
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.2 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.8 * box["height"], steps=4)
    page.mouse.up()
    page.click("#zone-save")
    wait_until_held(page, held)
    drawn = page.get_attribute(".zone polygon", "points")
    page.select_option("#lane", "lane-2")
    with page.expect_response("**/lanes/lane-1/zone"):
        held[0].continue_()
    wait_for_picture(page)
    assert page.is_hidden("#zone-result")
    assert page.get_attribute(".zone polygon", "points") == before
    page.select_option("#lane", "lane-1")
    page.wait_for_selector(f".zone polygon[points='{drawn}']", state="attached")


def test_a_basket_of_one_lane_is_not_shown_at_another(page: Page) -> None:
    page.click("#tab-till")
    page.click("[data-sku=bread]")
    page.wait_for_selector("#basket li")
    page.select_option("#lane", "lane-2")
    assert page.locator("#basket li").count() == 0
    page.wait_for_function("() => document.querySelector('#pay').disabled")
    page.select_option("#lane", "lane-1")
    page.wait_for_selector("#basket li")
    page.click("#void")
    page.wait_for_function("() => !document.querySelector('#basket li')")


def test_a_lane_that_nobody_watched_shows_no_old_picture(page: Page) -> None:
    def snapshot(after: int) -> int:
        answer = page.context.request.get(f"{page.url.partition('#')[0]}lanes/lane-2/snapshot?after={after}")
        return int(answer.json()["number"])

    last = snapshot(snapshot(0))
    page.wait_for_timeout((WATCHED_S + 1) * 1000)  # in which nobody asks for it
    assert snapshot(0) > last
    assert snapshot(1_000_000) > last, "a number of an earlier start of the agent"
