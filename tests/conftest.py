"""Fixtures for all tests: recordings, the drawn clip, and the agent as a user starts it."""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import pytest
from hypothesis import settings as hypothesis_settings

from edge.demo.clip import EMPTY_S, FRAMES_PER_SECOND, HEIGHT, STAND_S, WALK_S, WIDTH, clip_frames, write_clip
from tests.agents import AgentProcess, PageAgent, StartAgent
from tests.browsers import CHROMIUM, AxeFaults, StartPage, visit
from tests.clips import LONG_S, write_looped
from tests.commands import EdgeAgent, Mount, Replay, Run, run_edge_agent
from tests.npm import installed

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# No deadline: how long an example takes depends on how busy the machine is.
hypothesis_settings.register_profile("edge", deadline=None, derandomize=True, max_examples=50)
hypothesis_settings.load_profile("edge")

TESTS = Path(__file__).parent
RECORDINGS = TESTS / "replay" / "recordings"
PHOTOS = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session", autouse=True)
def _own_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Agents keep their files in a folder of the tests, never in the user's, and serve metrics on any free port.
    They believe the clock, and speak English."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("STATE_DIRECTORY", "CACHE_DIRECTORY", "LC_ALL", "LC_MESSAGES"):
            patch.delenv(name, raising=False)
        patch.setenv("LANG", "C.UTF-8")
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("EDGE_METRICS__LISTEN", "127.0.0.1:0")
        # In a container no time server may set the clock.
        patch.setenv("EDGE_CLOCK__TRUSTED", "true")
        yield


@pytest.fixture(scope="session")
def recordings() -> Path:
    """The folder of recorded videos; its README.md lists them."""
    return RECORDINGS


@pytest.fixture(scope="session")
def photos() -> Path:
    """The folder of photos of people with known ages, which is not part of the project. Skips the test without it."""
    if not PHOTOS.is_dir():
        pytest.skip(f"no photos: {PHOTOS} is missing")
    return PHOTOS


@pytest.fixture(scope="session")
def demo_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A drawn clip: somebody walks in, stands for five seconds, and leaves; 11.5 s at 30 frames/s."""
    file = tmp_path_factory.mktemp("clip") / "lane.mp4"
    write_clip(file)
    return file


@pytest.fixture(scope="session")
def moment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A drawn clip of half a second with nobody in it."""
    file = tmp_path_factory.mktemp("moment") / "lane.mp4"
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"mp4v"), FRAMES_PER_SECOND, (WIDTH, HEIGHT))
    for frame in itertools.islice(clip_frames(), FRAMES_PER_SECOND // 2):
        writer.write(frame)
    writer.release()
    return file


@pytest.fixture(scope="session")
def edge_agent() -> EdgeAgent:
    """Run `edge-agent` with arguments, and with EDGE_* variables by keyword."""
    return run_edge_agent


@pytest.fixture(scope="session")
def replay() -> Replay:
    """Replay a recording, once per session, and return its run with the events."""
    runs: dict[Path, Run] = {}

    def run(clip: Path) -> Run:
        if clip not in runs:
            runs[clip] = run_edge_agent("--video", clip, "--replay", "--events", "-")
            assert runs[clip].code == 0, runs[clip].err
        return runs[clip]

    return run


@pytest.fixture
def start_agent(tmp_path: Path) -> Iterator[StartAgent]:
    """Start agents as processes; those that still run after the test are killed."""
    agents: list[AgentProcess] = []

    def start(
        *flags: object,
        folder: Path | None = None,
        variables: Mapping[str, str] | None = None,
        wrapper: Sequence[str] = (),
        working_folder: Path | None = None,
    ) -> AgentProcess:
        agents.append(
            AgentProcess(
                folder or tmp_path, *flags, variables=variables, wrapper=wrapper, working_folder=working_folder
            )
        )
        return agents[-1]

    yield start
    for agent in agents:
        agent.kill()


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Mount]:
    """Mount a file system on a new folder, with options for `mount`. Skips the test where that is not allowed."""
    mounted: list[Path] = []

    def run(*options: str) -> Path:
        target = tmp_path / f"mount-{len(mounted)}"
        target.mkdir()
        done = subprocess.run(["mount", *options, str(target)], capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"cannot mount: {done.stderr.strip()}")
        mounted.append(target)
        return target

    yield run
    for target in reversed(mounted):
        subprocess.run(["umount", "--lazy", str(target)], check=True)


@pytest.fixture(scope="session")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip at 10 frames/s: someone walks in and stands at the till for longer than the tests take."""
    file = tmp_path_factory.mktemp("long") / "lane.mp4"
    frames, rate = list(clip_frames())[::3], FRAMES_PER_SECOND // 3
    comes = round((EMPTY_S + WALK_S) * rate)
    stands = frames[comes : comes + round(STAND_S * rate)]
    write_looped(file, stands, rate, LONG_S, beginning=frames[:comes])
    return file


@pytest.fixture
def start_page(long_clip: Path, tmp_path: Path) -> Iterator[StartPage]:
    """Start an agent of the test's own; it is killed if it still runs afterwards."""
    agents: list[PageAgent] = []

    def start(*flags: object, web: str = "127.0.0.1:0", with_config: bool = True) -> PageAgent:
        agents.append(PageAgent(tmp_path, long_clip, *flags, web=web, with_config=with_config))
        return agents[-1]

    yield start
    for agent in agents:
        agent.process.kill()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM:
        pytest.skip("no Chromium: on Debian, apt install chromium")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        # As root, Chromium only runs without its sandbox.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def agent(long_clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageAgent]:
    """An agent with a setup page that the tests of a module share."""
    agent = PageAgent(tmp_path_factory.mktemp("agent"), long_clip)
    yield agent
    agent.stop()


@pytest.fixture
def page(browser: Browser, agent: PageAgent) -> Iterator[Page]:
    """The installer's page of that agent in English, with its first picture. Fails the test on any script error or
    request to another address."""
    found = visit(browser, agent.link, viewport={"width": 1280, "height": 900})
    yield found.page
    found.page.context.close()
    # A rejected request that the page shows is also an error in the console.
    assert [error for error in found.errors if "status of 400" not in error and "status of 409" not in error] == []
    assert [url for url in found.requested if not url.startswith((agent.base, "data:"))] == []


@pytest.fixture(scope="session")
def axe_faults() -> AxeFaults:
    """Ask axe-core about a page."""
    script = (installed(TESTS / "accessibility", "axe-core") / "axe.min.js").read_text(encoding="utf-8")

    def faults(page: Page) -> list[tuple[str, list[str]]]:
        page.evaluate(script)
        found = page.evaluate("async () => (await axe.run()).violations")
        return [(fault["id"], [node["html"] for node in fault["nodes"]]) for fault in found]

    return faults
