"""A camera fails while sales go on: what the tills receive, and that nothing has to be restarted."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from edge.decision.policy import Decision, Reason
from edge.till.messages import Health
from tests.agents import AgentProcess, StartAgent, box_config
from tests.cameras.rtsp import RtspCamera
from tests.cameras.snapshots import SnapshotCamera
from tests.tills import TillDriver

pytestmark = pytest.mark.slow


def ok(health: Health) -> bool:
    return health.status == "ok"


def without_picture(health: Health) -> bool:
    return any("gives no picture" in problem for problem in health.problems)


def refused(health: Health) -> bool:
    """A busy box may report that there is no picture before it knows the reason."""
    return any("Connection refused" in problem for problem in health.problems)


def sell_with_pictures(till: TillDriver) -> None:
    """Sell until an answer is about a picture: on a busy machine the pictures may stop for a moment again."""
    while Reason.CAMERA_LOST in till.decide().reasons:
        till.health_when(ok)


@pytest.fixture
def agent(camera: RtspCamera, start_agent: StartAgent) -> AgentProcess:
    return start_agent("--camera", camera.url)


def test_a_camera_fails_and_recovers_while_sales_go_on(camera: RtspCamera, agent: AgentProcess) -> None:
    with closing(TillDriver("till-1", agent.reliable)) as till:
        till.greet()
        till.health_when(ok)
        camera.stop()
        till.health_when(without_picture)
        blind = till.decide()
        assert (blind.decision, blind.reasons, blind.age) == (Decision.UNKNOWN, (Reason.CAMERA_LOST,), None)

        camera.start()
        till.health_when(ok)
        sell_with_pictures(till)

        camera.silent = True
        till.health_when(without_picture)
    agent.stop()


def test_a_missing_camera_does_not_affect_the_other_lanes(
    camera: RtspCamera, tmp_path: Path, start_agent: StartAgent
) -> None:
    missing = RtspCamera()
    missing.stop()
    sources = {"wine": f'camera = "{missing.url}"', "beer": f'camera = "{camera.url}"'}
    start_agent("--config", box_config(tmp_path, sources))
    beer, wine = (TillDriver("till-1", f"ipc://{tmp_path}/{lane}") for lane in ("beer", "wine"))
    with closing(beer), closing(wine):
        beer.greet()
        wine.greet()
        beer.health_when(ok)
        wine.health_when(refused)
        assert wine.decide().reasons == (Reason.CAMERA_LOST,)
        sell_with_pictures(beer)
        missing.start()
        wine.health_when(ok)
        sell_with_pictures(wine)
    missing.stop()


@pytest.mark.parametrize(("given_by", "kind"), [("flag", RtspCamera), ("file", RtspCamera), ("flag", SnapshotCamera)])
def test_a_single_lane_waits_for_a_camera_that_was_never_there(
    given_by: str, kind: type[RtspCamera | SnapshotCamera], tmp_path: Path, start_agent: StartAgent
) -> None:
    """As in a container: without systemd, and without a terminal. Nothing has to be started again."""
    missing = kind()
    missing.stop()
    file = tmp_path / "lane.toml"
    file.write_text(
        f'camera = "{missing.url}"\nstate_dir = "{tmp_path}/state"\n'
        f'[till]\nreliable = "ipc://{tmp_path}/reliable"\nlive = "ipc://{tmp_path}/live"\n',
        encoding="utf-8",
    )
    flags = ("--camera", missing.url) if given_by == "flag" else ("--config", file)
    agent = start_agent(*flags)
    with closing(TillDriver("till-1", agent.reliable)) as till:
        till.greet()
        till.health_when(refused)
        assert till.decide().reasons == (Reason.CAMERA_LOST,)
        missing.start()
        till.health_when(ok)
        sell_with_pictures(till)
    agent.stop()
    missing.stop()


def test_a_camera_whose_pictures_take_long_to_arrive_is_used(start_agent: StartAgent) -> None:
    """A picture counts from the beginning of its answer; once it is complete, it is older than others ever get."""
    camera = SnapshotCamera(body_s=0.25)
    agent = start_agent("--camera", camera.url)
    with closing(TillDriver("till-1", agent.reliable)) as till:
        till.greet()
        till.health_when(ok)
        sell_with_pictures(till)
    agent.stop()
    camera.stop()
