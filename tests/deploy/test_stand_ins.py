"""The stand-ins: each has the version that was tested, and no code."""

from __future__ import annotations

import re

import pytest

from edge.settings.toml_files import read_toml
from tests.deploy.debian import REPOSITORY

FOLDER = REPOSITORY / "deploy" / "stand-ins"
STAND_INS = sorted(file.parent.name for file in FOLDER.glob("*/pyproject.toml"))


@pytest.fixture(params=STAND_INS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def project(name: str) -> dict[str, str]:
    return dict(read_toml(FOLDER / name / "pyproject.toml")["project"])


def constrained() -> dict[str, str]:
    """The versions in constraints.txt."""
    return dict(re.findall(r"^([\w-]+)==([^;\s]+)", (REPOSITORY / "constraints.txt").read_text(), re.MULTILINE))


def test_a_stand_in_has_no_code_and_is_explained(name: str) -> None:
    assert [file.name for file in (FOLDER / name).rglob("*.py")] == []
    assert read_toml(FOLDER / name / "pyproject.toml")["tool"]["setuptools"]["packages"] == []
    assert f"`{name}`" in (FOLDER / "README.md").read_text()


def test_its_version_is_the_tested_one_with_a_suffix_that_shows_what_it_is(name: str) -> None:
    assert project(name)["name"] == name
    version, plus, suffix = project(name)["version"].partition("+")
    assert (version, plus) == (constrained()[name], "+")
    assert suffix in ("headless", "empty")


def test_without_windows_opencv_has_the_version_of_the_others() -> None:
    known = {version for name, version in constrained().items() if name.startswith("opencv-")}
    required = {str(project(name).get("dependencies")) for name in STAND_INS if name.startswith("opencv-")}
    assert len(known) == 1
    assert required == {f"['opencv-contrib-python-headless=={known.pop()}']"}
