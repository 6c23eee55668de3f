"""The token of the page in its file: kept over restarts, replaced after a working day, never taken from others."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from edge.web.tokens import TOKEN_FILE, kept_tokens


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / TOKEN_FILE


def change(file: Path, **values: object) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | values))


def test_the_next_start_has_the_same_token_in_a_file_of_this_user_alone(file: Path) -> None:
    first = kept_tokens(file)
    assert len(first.token) == 24
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert kept_tokens(file) == first
    assert first.is_right(first.token)
    assert not first.is_right(first.token[:-1])


@pytest.mark.parametrize("hours", [13, -1], ids=["made yesterday", "made by a clock that was ahead"])
def test_a_token_of_another_day_is_replaced_and_known_as_old(file: Path, hours: int) -> None:
    first = kept_tokens(file)
    change(file, made_s=json.loads(file.read_text())["made_s"] - hours * 3600)
    second = kept_tokens(file)
    assert second.token != first.token
    assert not second.is_right(first.token)
    assert second.was_right(first.token)
    assert not second.was_right("never-a-token-of-this-box")
    assert first.token not in file.read_text(), "of an old token only a hash is kept"


def test_only_the_last_sixteen_are_known_as_old(file: Path) -> None:
    tokens = []
    for _ in range(18):
        tokens.append(kept_tokens(file).token)
        change(file, made_s=0)
    last = kept_tokens(file)
    assert [last.was_right(token) for token in tokens] == [False] * 2 + [True] * 16


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_token_that_others_can_read_or_write_is_not_used(
    file: Path, mode: int, caplog: pytest.LogCaptureFixture
) -> None:
    first = kept_tokens(file)
    file.chmod(mode)
    assert kept_tokens(file).token != first.token
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert f"{file} cannot be trusted" in caplog.text
    assert first.token not in caplog.text


@pytest.mark.parametrize(
    "content", ["", "x", "{}", '{"token": "short", "made_s": 0}', '{"token": null, "made_s": "x"}']
)
def test_a_damaged_file_is_replaced(file: Path, content: str) -> None:
    file.write_text(content)
    file.chmod(0o600)
    assert kept_tokens(file) == kept_tokens(file)


def test_a_link_to_another_file_is_not_followed(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    first = kept_tokens(other)
    file.symlink_to(other)
    assert kept_tokens(file).token != first.token
    assert kept_tokens(other) == first
