"""A minimal Debian 12 with systemd, booted in a container. debootstrap makes it once; changes are discarded."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from edge.settings.toml_files import read_toml

REPOSITORY = Path(__file__).parents[2]
CACHE = REPOSITORY / ".cache" / "debian"

PACKAGES = "systemd,systemd-sysv,dbus,udev"
"""In addition to a minimal Debian: with these it boots. What the installer needs comes from the bundle."""

TOOLS = ("debootstrap", "systemd-nspawn", "nsenter", "mount")

PIP = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/wheels"}
"""The box has no internet: pip takes packages from a folder."""

_CONTROL_GROUPS = [Path("/sys/fs/cgroup", part) for part in ("", "systemd", "unified")]
"""Where systemd's groups can be: of version 2, or of both versions beside each other."""

_IN_GROUPS = (
    "sh", "-c", 'while [ "$1" != -- ]; do echo $$ >"$1/cgroup.procs"; shift; done; shift; exec "$@"', "in-groups",
)  # fmt: skip
"""Runs a command in control groups: _IN_GROUPS, their folders, --, the command."""


class UnavailableError(Exception):
    """The box cannot be booted on this machine; the text is the reason."""


class Debian:
    """A running box. root: the folder of its files on this machine."""

    def __init__(self, root: Path, leader: int) -> None:
        self.root, self._leader = root, leader

    def run(self, *words: str, timeout_s: float = 60, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command as root inside the box."""
        inside = f"--root=/proc/{self._leader}/root"
        enter = "nsenter", "--target", str(self._leader), "-m", "-p", "-u", "-i", "-C", inside
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        own = {"PATH": path, "HOME": "/root", "LANG": "C.UTF-8", **PIP}
        variables = [f"{name}={value}" for name, value in own.items()]
        command = [*enter, "--", "env", "--ignore-environment", "--chdir=/", *variables, *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False)
        assert not check or done.returncode == 0, f"{' '.join(words)}: {done.stdout}{done.stderr}"
        return done

    def show(self, unit: str, what: str) -> str:
        """A property of a unit."""
        return self.run("systemctl", "show", unit, "--property", what, "--value").stdout.strip()

    def log(self, unit: str) -> list[str]:
        """All log lines of a unit, its own and those of systemd."""
        return self.run("journalctl", "--unit", unit, "--output", "cat", "--no-pager").stdout.splitlines()


@contextmanager
def booted(folder: Path) -> Iterator[Debian]:
    """Boot a box whose changes go to `folder` and are deleted afterwards. Raises UnavailableError."""
    _require_tools()
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:  # another test run may be making them now
        fcntl.flock(lock, fcntl.LOCK_EX)
        system, wheels = _system(), _wheels()
    upper, work, root = (folder / name for name in ("upper", "work", "root"))
    for made in (upper, work, root):
        made.mkdir()
    layers = f"lowerdir={system},upperdir={upper},workdir={work}"
    _run_or_skip("mount", "-t", "overlay", "overlay", "-o", layers, str(root))
    shares = f"--bind-ro={wheels}:/wheels", f"--bind-ro={REPOSITORY}:/source"
    command = [
        "systemd-nspawn",
        "-D",
        str(root),
        "--boot",
        "--register=no",
        "--keep-unit",
        "--console=read-only",
        *shares,
    ]
    try:
        with (
            _own_control_groups() as groups,
            (folder / "console").open("wb") as console,
            subprocess.Popen(
                [*_IN_GROUPS, *groups, "--", *command],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
            ) as container,
        ):
            try:
                yield _when_up(container, root, folder / "console")
            finally:
                # SIGTERM shuts it down; after 20 s it is killed.
                container.terminate()
                try:
                    container.wait(20)
                except subprocess.TimeoutExpired:
                    container.kill()
    finally:
        subprocess.run(["umount", "--lazy", str(root)], check=False)
        shutil.rmtree(upper, ignore_errors=True)


@contextmanager
def _own_control_groups() -> Iterator[list[str]]:
    """Control groups for one box. In those of the machine two boxes would stop each other's services."""
    mounted = [root for root in _CONTROL_GROUPS if (root / "cgroup.procs").exists()]
    groups = [
        Path(tempfile.mkdtemp(prefix="edge-agent-box-", dir=root)) for root in mounted if os.access(root, os.W_OK)
    ]
    try:
        yield [str(group) for group in groups]
    finally:
        for group in groups:
            inner = [path for path in group.rglob("*") if path.is_dir()]
            for each in (*sorted(inner, reverse=True), group):
                with suppress(OSError):  # a process that ends late still has it
                    each.rmdir()


def python_packages() -> Path:
    """The folder with the Python packages for the box. Raises UnavailableError."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _wheels()


def _require_tools() -> None:
    if os.geteuid() != 0:
        raise UnavailableError("only root can boot a container")
    if missing := [tool for tool in TOOLS if shutil.which(tool) is None]:
        raise UnavailableError(f"no {', '.join(missing)} here: apt-get install debootstrap systemd-container")


def _system() -> Path:
    """The folder with the files of the system, made when `PACKAGES` has changed; another box may use the old one."""
    system = CACHE / f"system-{sha256(PACKAGES.encode()).hexdigest()[:8]}"
    if not system.is_dir():
        partial = CACHE / f"partial-{os.getpid()}"
        _run_or_skip(
            "debootstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", str(partial), timeout_s=600
        )
        # Empty, so that each boot generates its own.
        (partial / "etc" / "machine-id").write_text("")
        partial.rename(system)
    return system


def _wheels() -> Path:
    """The folder with the Python packages for the box, downloaded when the requirements have changed."""
    wheels, asked = CACHE / "wheels", CACHE / "wheels.for"
    project = read_toml(REPOSITORY / "pyproject.toml")
    constraints = REPOSITORY / "constraints.txt"
    extras = project["project"]["optional-dependencies"]
    needed = [
        *project["project"]["dependencies"], *extras["web"], *extras["insights"], *extras["gateway"],
        *project["build-system"]["requires"],
        "pip", "wheel",
    ]  # fmt: skip
    stand_ins = sorted((REPOSITORY / "deploy" / "stand-ins").glob("*/pyproject.toml"))
    question = f"{needed}{constraints.read_text()}{[file.read_text() for file in stand_ins]}"
    if not asked.is_file() or asked.read_text() != question:
        shutil.rmtree(wheels, ignore_errors=True)
        pip = sys.executable, "-m", "pip"
        with tempfile.TemporaryDirectory() as folder:
            # Built in a copy, since setuptools writes beside its sources.
            sources = [shutil.copytree(file.parent, Path(folder) / file.parent.name) for file in stand_ins]
            _run_or_skip(
                *pip, "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, *map(str, sources), timeout_s=300
            )
            needed += map(str, Path(folder).glob("*.whl"))
            download = (
                "download",
                "--quiet",
                "--dest",
                str(wheels),
                "--only-binary",
                ":all:",
                "--python-version",
                "3.11",
            )
            _run_or_skip(*pip, *download, "--constraint", str(constraints), *needed, timeout_s=300)
        asked.write_text(question)
    return wheels


def _run_or_skip(*command: str, timeout_s: float = 30) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False)
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines() or ["without a message"]
        raise UnavailableError(f"{Path(command[0]).name} failed: {last[-1]}")


def _when_up(container: subprocess.Popen[bytes], root: Path, console: Path) -> Debian:
    children = Path(f"/proc/{container.pid}/task/{container.pid}/children")
    end_s = time.monotonic() + 90
    while time.monotonic() < end_s and container.poll() is None:
        # Before the booted process nspawn has short-lived children.
        for leader in map(int, children.read_text().split()):
            box = Debian(root, leader)
            if box.run("systemctl", "is-system-running", check=False).stdout.strip() in ("running", "degraded"):
                return box
        time.sleep(0.5)
    raise UnavailableError(f"it does not boot here: {console.read_text(errors='replace').strip().splitlines()[-1:]}")
