"""The box on which the agent is installed, a recording for its camera, and a till."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.demo.clip import EMPTY_S, FRAMES_PER_SECOND, STAND_S, WALK_S, clip_frames
from tests.clips import LONG_S, write_looped
from tests.deploy.bundles import Signer, make_bundle
from tests.deploy.debian import Debian, UnavailableError, booted
from tests.deploy.installed import UNIT, settings
from tests.ports import free_port
from tests.tills import TillDriver

_FRAMES_PER_SECOND = 10


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of a person who stands at the till and does not leave."""
    first = round((EMPTY_S + WALK_S) * FRAMES_PER_SECOND)
    frames = list(itertools.islice(clip_frames(), first, first + round(STAND_S * FRAMES_PER_SECOND)))
    file = tmp_path_factory.mktemp("camera") / "standing.mp4"
    write_looped(file, frames + frames[::-1], _FRAMES_PER_SECOND, LONG_S)
    return file


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Debian]:
    """A Debian that has just booted, with nothing installed."""
    try:
        with booted(tmp_path_factory.mktemp("box")) as debian:
            yield debian
    except UnavailableError as problem:
        pytest.skip(str(problem))


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signer]:
    """Who signs the bundles."""
    if shutil.which("gpg") is None:
        pytest.skip("no gpg here: apt-get install gpg gpg-agent")
    signer = Signer(tmp_path_factory.mktemp("gpg") / "home")
    yield signer
    signer.close()


@pytest.fixture(scope="module")
def stick(tmp_path_factory: pytest.TempPathFactory, signer: Signer) -> Path:
    """What an installer brings to a box without internet access: install.sh, the bundle, the public key."""
    try:
        return make_bundle(signer, tmp_path_factory.mktemp("stick"))
    except UnavailableError as problem:
        pytest.skip(str(problem))


@pytest.fixture(scope="module")
def ports() -> tuple[int, int]:
    """Two free ports; the box shares the network of this machine."""
    return free_port(), free_port()


@pytest.fixture(scope="module")
def installed(box: Debian, ports: tuple[int, int], stick: Path) -> Debian:
    """The box after the installation from a bundle, without a network, a checkout and a camera."""
    # It shares the network with this machine, on which another agent may use the default ports.
    (box.root / "etc/edge-agent").mkdir()
    settings(box, ports, watched="camera")
    (bundle,) = stick.glob("*.bundle")
    for file in (bundle, stick / "install.sh", stick / "releases.gpg"):
        shutil.copy(file, box.root / "srv")
    install = "/srv/install.sh", "--from", f"/srv/{bundle.name}", "--key", "/srv/releases.gpg"
    box.run("unshare", "--net", *install, "--network", "10.77.0.0/16", timeout_s=600)
    (box.root / "srv" / bundle.name).unlink()
    return box


@pytest.fixture(scope="module")
def lane(installed: Debian, standing: Path, ports: tuple[int, int]) -> Debian:
    """The box with a person in front of its camera."""
    shutil.copy(standing, installed.root / "srv" / "standing.mp4")
    settings(installed, ports)
    installed.run("systemctl", "restart", UNIT)
    return installed


@pytest.fixture
def till(ports: tuple[int, int]) -> Iterator[TillDriver]:
    """A till that is connected to the box."""
    till = TillDriver("till-1", f"tcp://127.0.0.1:{ports[0]}")
    yield till
    till.close()
