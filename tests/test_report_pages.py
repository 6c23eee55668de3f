"""The pages of all reports, as a director reads them: on a wide screen, a small one and a phone, light and dark."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edge.reports.command import report
from tests.browsers import AxeFaults
from tests.shops import make_shop

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = pytest.mark.slow

REPORTS = {
    "cashiers": ("--since", "4w"), "sales": ("--since", "3d"), "basket": ("--since", "6w"),
    "offers": ("--since", "6w"), "changes": ("--since", "6w"), "verify": (),
}  # fmt: skip
LANGUAGES = ("ru", "en")
WIDTHS = (1280, 1000, 820, 390)

CUT_OFF = """() => {
  const found = [];
  if (document.documentElement.scrollWidth > innerWidth) found.push("the page");
  for (const part of document.querySelectorAll(".scroll"))
    if (part.scrollWidth > part.clientWidth) found.push(`${part.textContent.trim().slice(0, 80)}`);
  return found;
}"""
"""What has to be scrolled sideways."""

UNREADABLE = """() => {
  const found = [];
  for (const picture of document.querySelectorAll("svg")) {
    if (!picture.checkVisibility()) continue;
    const whole = picture.getBoundingClientRect();
    const texts = [...picture.querySelectorAll("text")].filter((text) => text.textContent.trim());
    const boxes = texts.map((text) => text.getBoundingClientRect());
    for (const [i, text] of texts.entries()) {
      const turn = text.getScreenCTM();
      const size = parseFloat(getComputedStyle(text).fontSize) * Math.hypot(turn.a, turn.b);
      if (size < 9.5) found.push(`${text.textContent}: small, ${size.toFixed(1)} px`);
      if (boxes[i].left < whole.left - 1 || boxes[i].right > whole.right + 1)
        found.push(`${text.textContent}: cut off`);
      for (let j = 0; j < i; j++) {
        const across = Math.min(boxes[i].right, boxes[j].right) - Math.max(boxes[i].left, boxes[j].left);
        const down = Math.min(boxes[i].bottom, boxes[j].bottom) - Math.max(boxes[i].top, boxes[j].top);
        // Boxes have some room above and below the letters.
        if (across > 1 && down > 0.3 * boxes[i].height) found.push(`${text.textContent} over ${texts[j].textContent}`);
      }
    }
  }
  return found;
}"""
"""Texts in pictures that are small, cut off, or over one another."""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Each page by its name and language."""
    folder = tmp_path_factory.mktemp("shop")
    shop = make_shop(folder)
    found = {}
    for language in LANGUAGES:
        for name, options in REPORTS.items():
            page = found[f"{name} {language}"] = folder / f"{name}-{language}.html"
            logs = ["--folder", str(shop.archive)] if name == "verify" else []
            report([name, "--config", str(shop.config), "--language", language, *options, *logs, "--html", str(page)])
    return found


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_cut_off_and_the_words_of_pictures_can_be_read(
    browser: Browser, pages: dict[str, Path], width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900})
    visited = context.new_page()
    faults = {}
    for name, page in pages.items():
        visited.goto(page.as_uri())
        visited.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
        faults[name] = [*visited.evaluate(CUT_OFF), *visited.evaluate(UNREADABLE)]
    context.close()
    assert {name: found for name, found in faults.items() if found} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser: Browser, pages: dict[str, Path], axe_faults: AxeFaults, scheme: str) -> None:
    context = browser.new_context(color_scheme=scheme)  # type: ignore[arg-type]
    visited = context.new_page()
    faults = {}
    for name in (f"{name} ru" for name in REPORTS):
        visited.goto(pages[name].as_uri())
        faults[name] = axe_faults(visited)
    context.close()
    assert {name: found for name, found in faults.items() if found} == {}
