"""The container files: what they copy exists, and users, versions and paths are those of the service."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from edge.settings.toml_files import read_toml
from tests.deploy.debian import REPOSITORY

FOLDER = REPOSITORY / "deploy" / "containers"
FILES = sorted(FOLDER.glob("Containerfile.*"))


@pytest.fixture(params=FILES, ids=lambda file: file.suffix[1:])
def lines(request: pytest.FixtureRequest) -> list[str]:
    """The instructions of a file, one per line."""
    return instructions(request.param)


def instructions(file: Path) -> list[str]:
    text = "\n".join(line for line in file.read_text().splitlines() if not line.startswith("#"))
    return [line for line in re.sub(r"\\\n\s*", "", text).splitlines() if line]


def words_of(lines: list[str], name: str) -> list[list[str]]:
    return [line.split()[1:] for line in lines if line.startswith(f"{name} ")]


def allowed() -> set[str]:
    """The files and folders of the repository that the builder sees."""
    shown = (REPOSITORY / ".dockerignore").read_text().splitlines()
    return {line.removeprefix("!") for line in shown if line.startswith("!")}


def test_every_kind_of_box_has_a_container_file() -> None:
    kinds = {file.stem for file in (REPOSITORY / "deploy" / "systemd").glob("*.conf")} & {"cpu", "nvidia", "jetson"}
    assert {file.suffix[1:] for file in FILES} == kinds == {"cpu", "nvidia", "jetson"}


def test_what_is_copied_exists_and_is_visible_to_the_builder(lines: list[str]) -> None:
    for words in words_of(lines, "COPY"):
        if not words[0].startswith("--from="):
            for source in words[:-1]:
                assert (REPOSITORY / source).exists()
                assert source in allowed()


def test_every_package_of_the_project_is_copied() -> None:
    patterns = read_toml(REPOSITORY / "pyproject.toml")["tool"]["setuptools"]["packages"]["find"]["include"]
    packages = {pattern.removesuffix("*") for pattern in patterns}
    for kind in ("cpu", "jetson"):
        copied = {words[0] for words in words_of(instructions(FOLDER / f"Containerfile.{kind}"), "COPY")}
        assert packages <= copied


def test_it_runs_as_a_user_without_privileges(lines: list[str]) -> None:
    assert words_of(lines, "USER")[-1] == ["10001:10001"]


def test_only_tested_versions_are_installed(lines: list[str]) -> None:
    installed = [command for words in words_of(lines, "RUN") for command in " ".join(words).split(" && ")]
    installed = [command for command in installed if "pip install" in command]
    assert installed
    for command in installed:
        assert "--constraint" in command or '"cuda-bindings>=12.6,<13"' in command


def test_state_and_cache_are_in_the_folders_of_the_service() -> None:
    for kind in ("cpu", "jetson"):
        text = (FOLDER / f"Containerfile.{kind}").read_text()
        assert "STATE_DIRECTORY=/var/lib/edge-agent CACHE_DIRECTORY=/var/cache/edge-agent" in text
        assert 'CMD ["run", "--config", "/etc/edge-agent/lane.toml"]' in text


def test_the_setup_page_and_the_reports_of_purchases_are_installed(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert "ARG EXTRAS=web,insights" in text or "ARG BASE=localhost/edge-agent:cpu" in text


def test_it_has_labels_and_a_health_check(lines: list[str]) -> None:
    if "ARG BASE=localhost/edge-agent:cpu" in lines:
        return  # it has those of its base
    (labels,) = words_of(lines, "LABEL")
    names = {label.partition("=")[0] for label in labels if label.startswith("org.")}
    wanted = ("title", "description", "licenses", "version", "revision")
    assert names == {f"org.opencontainers.image.{name}" for name in wanted}
    (check,) = words_of(lines, "HEALTHCHECK")
    assert check[-1] == '"/opt/edge-agent/bin/edge-agent-alive"]'


def test_without_mediapipe_yunet_is_the_default() -> None:
    arm = "import platform; platform.machine = lambda: 'aarch64'"
    code = f"{arm}; from edge.settings.sections import DetectorSettings; print(DetectorSettings().name)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=180)
    assert done.stdout == "yunet\n"


def test_the_readme_names_the_base_image_of_each_file() -> None:
    readme = (FOLDER / "README.md").read_text()
    for file in FILES:
        (base,) = (words[0] for words in words_of(instructions(file), "ARG") if words[0].startswith("BASE="))
        assert f"`{file.name}`" in readme
        assert base.removeprefix("BASE=").removeprefix("docker.io/library/").removeprefix("localhost/") in readme
