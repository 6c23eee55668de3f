"""The units and drop-ins are valid for systemd, for every kind of box."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.deploy.debian import REPOSITORY

UNITS = REPOSITORY / "deploy" / "systemd"
EXPOSURE = {"cpu": 1.7, "nvidia": 1.9, "jetson": 1.9}
"""As computed by systemd 252; 10 is a service without any sandbox."""

pytestmark = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")


def analyze(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *words], capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(params=EXPOSURE)
def box(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path]:
    """A kind of box, and a folder with its unit as installed there, except that the program is /bin/true."""
    for name in ("edge-agent.service", "edge-agent@.service"):
        text = (UNITS / name).read_text().replace("/opt/edge-agent/current/bin/edge-agent", "/bin/true")
        (tmp_path / name).write_text(text)
        drop_ins = tmp_path / f"{name}.d"
        drop_ins.mkdir()
        for drop_in in (f"{request.param}.conf", "till-network.conf", "setup-page.conf"):
            shutil.copy(UNITS / drop_in, drop_ins)
    return request.param, tmp_path


@pytest.mark.parametrize("unit", ["edge-agent.service", "edge-agent@2.service"])
def test_systemd_accepts_every_line(unit: str, box: tuple[str, Path]) -> None:
    done = analyze("verify", "--man=no", str(box[1] / unit))
    ours = [line for line in done.stderr.splitlines() if "edge-agent" in line]
    assert (done.returncode, ours) == (0, [])


def test_the_exposure_is_what_the_sandbox_allows(box: tuple[str, Path]) -> None:
    kind, folder = box
    (folder / "edge-agent.service.d" / "till-network.conf").unlink()
    done = analyze("security", "--offline=yes", "--no-pager", str(folder / "edge-agent.service"))
    if "--offline" in done.stderr:
        pytest.skip("this systemd-analyze cannot analyse a unit that is not installed")
    found = float(re.findall(r"exposure level for \S+: ([\d.]+)", done.stdout)[0])
    assert found <= EXPOSURE[kind]


def test_the_unit_of_the_gateway_is_valid_and_as_closed_as_that_of_the_agent(tmp_path: Path) -> None:
    text = (UNITS / "edge-gateway.service").read_text().replace("/opt/edge-agent/current/bin/edge-gateway", "/bin/true")
    unit = tmp_path / "edge-gateway.service"
    unit.write_text(text)
    verified = analyze("verify", "--man=no", str(unit))
    ours = [line for line in verified.stderr.splitlines() if "edge-gateway" in line]
    assert (verified.returncode, ours) == (0, [])
    done = analyze("security", "--offline=yes", "--no-pager", str(unit))
    if "--offline" in done.stderr:
        pytest.skip("this systemd-analyze cannot analyse a unit that is not installed")
    found = float(re.findall(r"exposure level for \S+: ([\d.]+)", done.stdout)[0])
    assert found <= EXPOSURE["cpu"]


EXPORT = ("edge-agent-export.service", "edge-agent-export.timer", "edge-agent-upload.service")
EXPORT_EXPOSURE = {"edge-agent-export.service": 0.4, "edge-agent-upload.service": 1.4}


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """A folder with the units of the export as installed there, except that the programs are /bin/true."""
    for unit in EXPORT:
        text = (UNITS / unit).read_text()
        for program in ("/opt/edge-agent/current/bin/edge-agent", "/usr/bin/rclone"):
            text = text.replace(f"ExecStart={program}", "ExecStart=/bin/true")
        (tmp_path / unit).write_text(text)
    for unit in EXPORT[:2]:
        shutil.copy(tmp_path / unit, tmp_path / unit.replace(".", "@."))
    return tmp_path


@pytest.mark.parametrize("unit", [*EXPORT, "edge-agent-export@2.service", "edge-agent-export@2.timer"])
def test_systemd_accepts_every_line_of_the_export(unit: str, export: Path) -> None:
    done = analyze("verify", "--man=no", str(export / unit))
    ours = [line for line in done.stderr.splitlines() if "edge-agent" in line]
    assert (done.returncode, ours) == (0, [])


@pytest.mark.parametrize("unit", EXPORT_EXPOSURE)
def test_the_exposure_of_the_export_is_what_its_sandbox_allows(unit: str, export: Path) -> None:
    done = analyze("security", "--offline=yes", "--no-pager", str(export / unit))
    if "--offline" in done.stderr:
        pytest.skip("this systemd-analyze cannot analyse a unit that is not installed")
    found = float(re.findall(r"exposure level for \S+: ([\d.]+)", done.stdout)[0])
    assert found <= EXPORT_EXPOSURE[unit]


def test_what_reads_the_log_has_no_network_and_nothing_is_exported_unasked(export: Path) -> None:
    assert "PrivateNetwork=yes" in (export / EXPORT[0]).read_text()
    assert "[Install]" not in (export / EXPORT[0]).read_text() + (export / EXPORT[2]).read_text()
    assert "StateDirectory=edge-agent-export\n" in (export / EXPORT[2]).read_text()


@pytest.mark.parametrize("unit", ["edge-agent.service", *EXPORT[:2]])
def test_a_unit_and_its_template_are_the_same_file(unit: str) -> None:
    assert (UNITS / unit.replace(".", "@.")).readlink() == Path(unit)
