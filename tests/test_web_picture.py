"""The picture's shape, turn and mirror on the setup page, as an installer sets them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edge.settings.load import load_settings
from edge.settings.sections import PictureSettings
from edge.web.config_file import save as save_lines
from edge.web.config_file import zone_line
from tests.browsers import StartPage, visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = pytest.mark.slow


def test_the_picture_is_tried_before_it_is_saved_and_the_zone_turns_with_it(
    browser: Browser, start_page: StartPage
) -> None:
    own = start_page()
    save_lines(own.config, "lane-1", zone_line(((0.2, 0.1), (0.9, 0.1), (0.9, 0.7))))
    own.process.reload()
    own.process.wait_for_log("now with settings")
    page = visit(browser, own.link).page
    before = own.config.read_bytes()

    def wait_for_shape(width: int, height: int) -> None:
        page.wait_for_function(f"() => document.querySelector('#stage').style.aspectRatio === '{width} / {height}'")

    page.click("#picture-edit")
    page.select_option("#picture-aspect", "16:9")
    wait_for_shape(640, 360)
    page.click("#picture-turn")
    wait_for_shape(360, 640)
    page.check("#picture-mirror")
    assert not page.is_visible(".zone"), "the zone belongs to the picture as it is"
    page.click("#picture-cancel")
    wait_for_shape(640, 480)
    assert own.config.read_bytes() == before, "trying changes nothing"

    page.click("#picture-edit")
    page.click("#picture-turn")
    page.check("#picture-mirror")
    page.click("#picture-save")
    page.wait_for_selector("#picture-result:not([hidden])")
    assert "already in use. Check the customer zone." in page.inner_text("#picture-result")
    wait_for_shape(480, 640)
    settings = load_settings([], own.config)
    assert settings.picture == PictureSettings(rotate=90, mirror=True)
    assert settings.zone == ((0.1, 0.2), (0.1, 0.9), (0.7, 0.9))
    page.click("#language")
    assert page.inner_text("#picture-edit") == "Повернуть или растянуть картинку"
    page.context.close()


def test_a_picture_that_cannot_be_saved_is_shown_as_lines_to_copy(browser: Browser, start_page: StartPage) -> None:
    page = visit(browser, start_page(with_config=False).link).page
    page.click("#picture-edit")
    page.select_option("#picture-aspect", "4:3")
    page.click("#picture-save")
    page.wait_for_selector("#picture-lines:not([hidden])")
    assert page.inner_text("#picture-lines") == 'picture = {aspect = "4:3", rotate = 0, mirror = false}'
    page.context.close()
