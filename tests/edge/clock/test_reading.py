"""The box's real clocks."""

from __future__ import annotations

import shutil
import subprocess
import time

import pytest

from edge.clock.reading import is_synchronised, read_clocks


def test_a_reading_has_the_clocks_of_this_box() -> None:
    first, second = read_clocks(trusted=False), read_clocks(trusted=True)
    assert abs(first.wall_s - time.time()) < 60
    assert 0 < first.boot_s <= second.boot_s
    assert (first.boot, first.trusted, second.trusted) == (second.boot, False, True)


def test_it_says_what_timedatectl_says() -> None:
    if not shutil.which("timedatectl"):
        pytest.skip("no timedatectl here")
    done = subprocess.run(
        ["timedatectl", "show", "--property=NTPSynchronized", "--value"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"timedatectl: {done.stderr.strip()}")
    assert is_synchronised() == (done.stdout.strip() == "yes")
