"""The shell scripts have no fault that shellcheck knows."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tests.deploy.debian import REPOSITORY

DEPLOY = REPOSITORY / "deploy"


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="no shellcheck here: apt-get install shellcheck")
def test_shellcheck_finds_nothing() -> None:
    scripts = [file for file in sorted(DEPLOY.rglob("*")) if file.is_file() and is_script(file.read_bytes())]
    assert {script.name for script in scripts} >= {"install.sh", "make-bundle.sh", "service.sh"}
    done = subprocess.run(
        ["shellcheck", "--external-sources", *scripts],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "")


def is_script(text: bytes) -> bool:
    return text.startswith((b"#!/usr/bin/env bash", b"#!/bin/sh", b"# Part of "))
