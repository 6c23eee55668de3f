"""The setup page as an installer uses it: a real agent on the drawn clip, headless Chromium, mouse and touch."""

from __future__ import annotations

import re
import ssl
import subprocess
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edge.doctor.checks import BOX_CHECKS, LANE_CHECKS
from edge.settings.load import load_settings
from edge.till.messages import Health, Hello, SaleClosed, SaleOpened
from edge.till.reference.dealer import Till
from edge.web.config_file import save as save_lines
from edge.web.config_file import zone_line
from tests.agents import PageAgent
from tests.browsers import StartPage, visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = pytest.mark.slow


def saved(agent: PageAgent) -> tuple[tuple[float, float], ...]:
    return load_settings([], agent.config).zone


def at(page: Page, x: float, y: float) -> tuple[float, float]:
    """The window coordinates of a point that is given as shares of the picture."""
    box = page.locator("#stage").bounding_box()
    assert box, "the picture is not shown"
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def drag(page: Page, start: tuple[float, float], to: tuple[float, float]) -> None:
    page.mouse.move(*at(page, *start))
    page.mouse.down()
    page.mouse.move(*at(page, 0.5, 0.5), steps=4)
    page.mouse.move(*at(page, *to), steps=4)
    page.mouse.up()


def save(page: Page) -> str:
    page.click("#zone-save")
    page.wait_for_selector("#zone-result:not([hidden])")
    return str(page.inner_text("#zone-result"))


def near(zone: tuple[tuple[float, float], ...], *corners: tuple[float, float]) -> bool:
    """Whether two zones agree to a hundredth of the picture: pointers move in whole pixels."""
    return len(zone) == len(corners) and all(
        abs(a - b) < 0.01 for have, want in zip(zone, corners, strict=True) for a, b in zip(have, want, strict=True)
    )


def test_a_zone_drawn_with_the_mouse_is_saved(page: Page, agent: PageAgent) -> None:
    page.click("#zone-edit")
    drag(page, (0.2, 0.1), (0.7, 0.9))
    message = save(page)
    assert agent.config.name in message
    assert "already in use" in message, "the running lane uses it"
    assert near(saved(agent), (0.2, 0.1), (0.7, 0.1), (0.7, 0.9), (0.2, 0.9))
    assert "# Lane four." in agent.config.read_text(encoding="utf-8")


def test_corners_can_be_moved_added_and_removed_and_edits_cancelled(page: Page, agent: PageAgent) -> None:
    save_lines(agent.config, "lane-1", zone_line(((0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8))))
    page.click("#zone-edit")
    drag(page, (0.2, 0.2), (0.7, 0.9))
    page.click("#zone-cancel")
    page.click("#zone-edit")
    drag(page, (0.3, 0.3), (0.9, 0.9))
    drag(page, (0.3, 0.3), (0.1, 0.2))
    drag(page, (0.9, 0.6), (0.95, 0.4))
    save(page)
    assert near(saved(agent), (0.1, 0.2), (0.9, 0.3), (0.95, 0.4), (0.9, 0.9), (0.3, 0.9))
    page.click("#zone-edit")
    page.mouse.click(*at(page, 0.95, 0.4))
    page.click("#zone-remove")
    page.mouse.click(*at(page, 0.9, 0.3))
    page.keyboard.press("ArrowUp")
    save(page)
    assert near(saved(agent), (0.1, 0.2), (0.9, 0.29), (0.9, 0.9), (0.3, 0.9))


def test_a_zone_too_small_for_a_customer_is_rejected(page: Page, agent: PageAgent) -> None:
    before = agent.config.read_bytes()
    page.click("#zone-edit")
    drag(page, (0.5, 0.5), (0.54, 0.54))
    assert "of the picture: draw it where the customer stands" in save(page)
    assert agent.config.read_bytes() == before


def test_on_a_phone_the_zone_is_drawn_with_a_finger(browser: Browser, agent: PageAgent) -> None:
    phone = {"viewport": {"width": 390, "height": 800}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
    page = visit(browser, agent.link, **phone).page
    page.tap("#zone-edit")
    finger = page.context.new_cdp_session(page)
    path = [(0.25, 0.15), (0.4, 0.5), (0.75, 0.85)]
    for kind, places in (("touchStart", path[:1]), ("touchMove", path[1:]), ("touchEnd", [None])):
        for place in places:
            x, y = at(page, *place) if place else (0, 0)
            points = [{"x": x, "y": y}] if place else []
            finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    save(page)
    assert near(saved(agent), (0.25, 0.15), (0.75, 0.15), (0.75, 0.85), (0.25, 0.85))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the page is not wider than the screen"
    page.context.close()


@pytest.mark.parametrize(
    ("locale", "asks", "checked"),
    [("en-GB", "ID", "ID checked: you may sell."), ("ru-RU", "документ", "Документы проверены: можно продавать.")],
)
def test_scanning_beer_shows_the_prompt_until_the_check(
    browser: Browser, agent: PageAgent, locale: str, asks: str, checked: str
) -> None:
    page = visit(browser, agent.link, locale=locale).page
    page.click("#tab-till")
    page.wait_for_selector("[data-sku=beer]")
    for _ in range(3):
        page.click("[data-sku=beer]")
        page.wait_for_function("() => document.querySelector('#prompt').dataset.decision")
        assert asks in page.inner_text("#prompt")
        page.click("[data-outcome=passed]")
        page.wait_for_function("text => document.querySelector('#prompt').innerText.trim() === text", arg=checked)
        page.click("#pay")
        page.wait_for_selector("#pay:disabled")
    page.context.close()


def test_the_camera_tab_shows_zone_faces_age_and_decision(page: Page) -> None:
    zone_all = page.evaluate("document.querySelector('.zone polygon').getAttribute('points')")
    assert len(zone_all.split()) >= 3
    page.wait_for_selector(".face rect")
    page.wait_for_selector("#advice:not([data-decision=''])")
    assert re.search(r"\d+ years", page.inner_text("#age"))
    assert "Customer" in page.inner_text("#faces")


def test_the_scale_shows_below_which_age_is_asked_for_the_item(browser: Browser, start_page: StartPage) -> None:
    own = start_page("--mode", "on-sale")
    page = visit(browser, own.link).page
    limits: dict[str, int] = {}
    for sku in ("beer", "vodka"):
        page.click("#tab-till")
        page.click(f"[data-sku={sku}]")
        page.click("#tab-camera")
        before = limits.get("beer", 0)
        found = page.wait_for_function(
            """before => {
              const age = /^Below (\\d+): ask for ID$/.exec(document.querySelector('#scale-legend').innerText)?.[1];
              return Number(age) > before && Number(age);
            }""",
            arg=before,
        )
        limits[sku] = found.json_value()
        assert page.is_visible("#scale-threshold")
    assert 18 < limits["beer"] < limits["vodka"]
    page.wait_for_function("() => document.querySelector('#advice').innerText.includes('(21 and over)')")
    page.context.close()


def test_the_language_can_be_switched_and_is_remembered(page: Page) -> None:
    page.click("#language")
    assert page.inner_text("#tab-till") == "Касса"
    assert page.evaluate("async () => [21, 23].map((await import('./words.js')).years)") == ["21 год", "23 года"]
    page.reload()
    assert page.inner_text("#tab-till") == "Касса"


def test_a_real_sale_ends_the_demonstration(page: Page, agent: PageAgent) -> None:
    page.click("#tab-till")
    page.click("[data-sku=bread]")
    page.wait_for_selector("#basket li")
    with closing(Till("till-7", agent.reliable)) as till:
        till.send(Hello(till="till-7"))
        till.send(SaleOpened(sale_id="real"))
        page.wait_for_function("() => !document.querySelector('#basket li')")
        page.click("[data-sku=beer]")
        busy = "document.querySelector('#prompt').innerText.startsWith('A real till has a sale open')"
        page.wait_for_function(f"() => {busy}")
        till.send(SaleClosed(sale_id="real"))
        page.wait_for_function(f"() => !{busy}")


def test_the_doctor_tab_shows_each_finding_as_it_comes_with_its_progress_worst_first(
    page: Page, agent: PageAgent
) -> None:
    page.evaluate(
        """() => {
          window.seen = [];
          const bar = document.querySelector("#progress progress");
          const note = () => {
            const count = document.querySelectorAll("#findings li").length;
            window.seen.push([count, bar.position < 0 ? 0 : bar.value, bar.max]);
          };
          new MutationObserver(note).observe(document.querySelector("#findings"), { childList: true });
        }"""
    )
    page.click("#tab-doctor")
    page.click("#examine")
    page.wait_for_selector("#progress:not([hidden])")
    assert page.is_disabled("#examine")
    page.wait_for_selector("#examine:not([disabled])")
    assert page.is_hidden("#progress")
    checks = len(BOX_CHECKS) + len(LANE_CHECKS)
    seen = page.evaluate("window.seen")
    assert len(seen) > 2, "not all at once"
    assert all(count == value and highest == checks for count, value, highest in seen)
    assert seen[-1][0] == checks
    verdicts = page.eval_on_selector_all("#findings li", "found => found.map(finding => finding.className)")
    assert verdicts == sorted(verdicts, key=["problem", "warning", "ok"].index)
    assert str(agent.config) in page.inner_text("#findings")
    for worse in page.query_selector_all("#findings .problem, #findings .warning"):
        assert "What to do: " in worse.inner_text()
    count = re.fullmatch(r"Everything is ok\.|Problems: \d+, warnings: \d+\.", page.inner_text("#diagnosis"))
    assert count
    page.click("#language")
    assert "Что сделать: " in page.inner_text("#findings")
    assert "это запись, а не камера" in page.inner_text("#findings"), "the findings follow the language of the page"


def test_a_doctor_that_finds_nothing_says_why(browser: Browser, start_page: StartPage) -> None:
    """Its config file is gone meanwhile."""
    own = start_page()
    page = visit(browser, own.link).page
    own.config.unlink()
    page.click("#tab-doctor")
    page.click("#examine")
    page.wait_for_selector("#examine:not([disabled])")
    assert page.inner_text("#diagnosis").startswith("That did not work: ")
    assert str(own.config) in page.inner_text("#diagnosis")
    page.context.close()


def test_scripts_on_the_page_cannot_send_to_another_origin(browser: Browser, agent: PageAgent) -> None:
    """This box under another name is another origin, too."""
    page = visit(browser, agent.link).page
    other_origin = agent.base.replace("127.0.0.1", "localhost")
    forbidden = page.evaluate(
        """url => new Promise(resolve => {
          document.addEventListener("securitypolicyviolation", event => resolve(event.effectiveDirective));
          fetch(url).then(() => resolve("sent"), () => {});
        })""",
        other_origin,
    )
    assert forbidden == "connect-src"
    page.context.close()


def test_every_path_without_the_token_is_rejected(agent: PageAgent) -> None:
    paths = (
        "",
        "page.js",
        "page.css",
        "icon.svg",
        "lanes",
        "lanes/lane-1/snapshot?after=0",
        "lanes/lane-1/till",
        "doctor",
    )
    for path in paths:
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(agent.base + path, timeout=30)


def test_watching_writes_no_picture_to_disk(page: Page, agent: PageAgent) -> None:
    page.wait_for_timeout(1000)
    files = [file for file in agent.config.parent.rglob("*") if file.is_file()]
    assert files
    for file in files:
        content = file.read_bytes()
        assert b"\xff\xd8\xff" not in content
        assert b"base64" not in content


def test_without_a_config_file_the_line_to_copy_is_shown(
    browser: Browser, tmp_path: Path, start_page: StartPage
) -> None:
    own = start_page(with_config=False)
    page = visit(browser, own.link).page
    page.click("#zone-edit")
    drag(page, (0.2, 0.1), (0.7, 0.9))
    assert "started without --config" in save(page)
    line = page.inner_text("#zone-line")
    (tmp_path / "copied.toml").write_text(line, encoding="utf-8")
    assert near(load_settings([], tmp_path / "copied.toml").zone, (0.2, 0.1), (0.7, 0.1), (0.7, 0.9), (0.2, 0.9))
    page.context.close()
    own.stop()


def test_unblurred_faces_are_marked_on_the_page_in_health_and_in_every_log_line(
    browser: Browser, start_page: StartPage
) -> None:
    own = start_page("--web-unblurred")
    page = visit(browser, own.link).page
    page.wait_for_selector("#unblurred:not([hidden])")
    with closing(Till("till-7", own.reliable)) as till:
        till.send(Hello(till="till-7"))
        while not isinstance(health := till.receive(60), Health):
            pass
        assert health.problems == ("the setup page shows faces unblurred",)
    page.context.close()
    lines = own.stop().splitlines()
    assert lines
    assert all(re.match(r"\S+ [A-Z]+ FACES SHOWN: ", line) for line in lines)


def test_with_a_certificate_the_page_is_served_over_https(tmp_path: Path, start_page: StartPage) -> None:
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    words = f"req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout {key} -out {chain}"
    subprocess.run(
        ["openssl", *words.split(), "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True
    )
    key.chmod(0o600)
    flags = ["--web-certificate", str(chain), "--web-key", str(key)]
    own = start_page(*flags, web="0.0.0.0:0")
    trusting = urllib.request.build_opener(
        urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=str(chain))),
        urllib.request.HTTPCookieProcessor(),
    )
    link = re.sub(r"//[^:]+", "//localhost", own.link)
    with trusting.open(link, timeout=30) as response:
        assert response.url == link.partition("?")[0]
        assert "<title>edge-agent</title>" in response.read().decode()
    own.stop()
