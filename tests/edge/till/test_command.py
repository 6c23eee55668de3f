"""`edge-agent keys`, as the installer uses it."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Protocol

import pytest
import zmq.auth

from edge.errors import UsageError
from edge.till.command import keys


class RunKeys(Protocol):
    """Runs the command in an empty folder, with a separate state folder, and returns its output."""

    def __call__(self, *words: object) -> str: ...


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> RunKeys:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("EDGE_STATE_DIR", str(tmp_path / "state"))

    def run(*words: object) -> str:
        keys([str(word) for word in words])
        return capsys.readouterr().out

    return run


def test_new_writes_the_tills_file_here_and_prints_no_secret(run: RunKeys) -> None:
    printed = run("new", "till-1")
    file = Path("till-1.key_secret")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    _, secret = zmq.auth.load_certificate(file)
    assert secret
    assert printed.startswith("wrote till-1.key_secret: move it to till-1")
    assert secret.decode() not in printed + run("list") + run("list", "--json")


def test_new_writes_to_the_file_of_out(run: RunKeys, tmp_path: Path) -> None:
    run("new", "till-1", "--out", tmp_path / "usb")
    assert (tmp_path / "usb").exists()
    assert list(Path().iterdir()) == []


def test_list_shows_name_date_and_the_beginning_of_the_public_key(run: RunKeys) -> None:
    run("new", "till-1")
    run("new", "till-eleven")
    head, first, second = run("list").splitlines()
    known = json.loads(run("list", "--json"))
    assert head.split() == ["till", "created", "public", "key"]
    for line, key in zip((first, second), known, strict=True):
        assert line.split() == [key["till"], key["created"], key["public"][:10] + "..."]
        assert len(key["public"]) == 40
    assert [key["till"] for key in known] == ["till-1", "till-eleven"]


def test_the_columns_of_the_list_are_named_in_russian_and_stay_aligned(
    run: RunKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("new", "till-eleven")
    monkeypatch.setattr("edge.till.command.reader", lambda: "ru")
    head, key = run("list").splitlines()
    assert head.split() == ["касса", "создан", "открытый", "ключ"]
    created, public = json.loads(run("list", "--json"))[0]["created"], head.index("открытый")
    assert (head.index("создан"), public) == (key.index(created), key.index(created) + len(created) + 2)


def test_list_without_keys_says_how_to_make_one(run: RunKeys) -> None:
    assert run("list") == "no till has a key: edge-agent keys new TILL makes one\n"
    assert run("list", "--json") == "[]\n"


def test_revoke_removes_the_key(run: RunKeys) -> None:
    run("new", "till-1")
    assert run("revoke", "till-1") == "revoked the key of till-1: a running agent cuts it off within a second\n"
    assert run("list", "--json") == "[]\n"


@pytest.mark.parametrize("given", [["--state-dir", "elsewhere"], ["--config", "lane.toml"]])
def test_the_state_folder_comes_from_the_flag_or_from_the_settings_file(
    given: list[str], run: RunKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EDGE_STATE_DIR")
    Path("lane.toml").write_text('state_dir = "elsewhere"\ntill.reliable = "tcp://10.0.0.7:5557"\n')
    run("new", "till-1", *given)
    assert Path("elsewhere/keys/tills/till-1.key").exists()
    if "--config" in given:
        assert "tcp://10.0.0.7:5557" in Path("till-1.key_secret").read_text()


def test_list_rejects_keys_that_others_may_read(run: RunKeys, tmp_path: Path) -> None:
    run("new", "till-1")
    (tmp_path / "state" / "keys" / "agent.key_secret").chmod(0o644)
    with pytest.raises(UsageError, match=r"agent.key_secret has mode 0644, so that others may read it"):
        run("list")


@pytest.mark.parametrize("words", [[], ["make"], ["new"], ["new", "till-1", "till-2"], ["revoke"], ["list", "till-1"]])
def test_wrong_arguments_give_a_one_line_error(words: list[str], run: RunKeys) -> None:
    with pytest.raises(UsageError, match="--help") as error:
        run(*words)
    assert "\n" not in str(error.value)


def test_with_several_lanes_the_key_file_has_the_addresses_of_the_chosen_lane(run: RunKeys, tmp_path: Path) -> None:
    config = tmp_path / "box.toml"
    config.write_text(
        '[[lane]]\nname = "wine"\ntill.reliable = "tcp://10.0.0.1:5557"\ntill.live = "tcp://10.0.0.1:5556"\n'
        '[[lane]]\nname = "beer"\ntill.reliable = "tcp://10.0.0.1:5567"\ntill.live = "tcp://10.0.0.1:5566"\n',
        encoding="utf-8",
    )
    run("new", "till-2", "--config", config, "--lane", "beer")
    text = Path("till-2.key_secret").read_text(encoding="utf-8")
    assert "tcp://10.0.0.1:5567" in text
    assert "tcp://10.0.0.1:5557" not in text
    with pytest.raises(UsageError, match="this box has the lanes wine, beer: choose the till's lane with --lane"):
        run("new", "till-3", "--config", config)
    with pytest.raises(UsageError, match="there is no lane gin: this box has wine, beer"):
        run("new", "till-3", "--config", config, "--lane", "gin")
