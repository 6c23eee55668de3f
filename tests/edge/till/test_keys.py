"""The keys folder: which files are written, and which are rejected because other users could change or read them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq
import zmq.auth

from edge.errors import EdgeError, RunError, UsageError
from edge.till.keys import Keys
from edge.till.limits import TILLS

ADDRESSES = ("tcp://10.0.0.7:5557", "tcp://10.0.0.7:5556")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "keys"


@pytest.fixture
def keys(folder: Path) -> Keys:
    return Keys(folder)


@pytest.fixture
def till_file(keys: Keys, tmp_path: Path) -> Path:
    """The key file made for till-1."""
    file = tmp_path / "till-1.key_secret"
    keys.new("till-1", file, ADDRESSES)
    return file


@pytest.fixture(params=[0o000, 0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_key_is_a_pair_whose_secret_key_is_only_in_the_tills_file(
    keys: Keys, folder: Path, till_file: Path
) -> None:
    public, secret = zmq.auth.load_certificate(till_file)
    assert secret is not None
    assert zmq.curve_public(secret) == public
    assert zmq.auth.load_certificate(folder / "tills" / "till-1.key") == (public, None)
    [key] = keys.tills()
    assert (key.till, key.public) == ("till-1", public.decode())
    assert not [file for file in folder.rglob("*") if file.is_file() and secret.decode() in file.read_text()]


def test_the_tills_file_has_everything_its_integrator_needs(keys: Keys, till_file: Path) -> None:
    agent_public, _ = keys.agent()
    text = till_file.read_text()
    assert f'agent-public-key = "{agent_public.decode()}"' in text
    assert 'till = "till-1"' in text
    assert all(address in text for address in ADDRESSES)


def test_the_agents_pair_is_created_once(keys: Keys, folder: Path) -> None:
    public, secret = keys.agent()
    assert zmq.curve_public(secret) == public
    assert keys.agent() == Keys(folder).agent() == (public, secret)


def test_when_two_processes_create_the_agents_pair_both_use_the_first_one(
    keys: Keys, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = zmq.curve_keypair

    def pair_after_another_process() -> tuple[bytes, bytes]:
        monkeypatch.setattr("edge.till.keys.zmq.curve_keypair", pair)
        Keys(folder).agent()
        return pair()

    monkeypatch.setattr("edge.till.keys.zmq.curve_keypair", pair_after_another_process)
    assert keys.agent() == Keys(folder).agent()
    assert [file.name for file in folder.iterdir() if file.is_file()] == ["agent.key_secret"]


@pytest.mark.usefixtures("umask")
def test_new_files_are_private_under_any_umask(keys: Keys, folder: Path, tmp_path: Path) -> None:
    keys.new("till-1", tmp_path / "till-1.key_secret", ADDRESSES)
    assert mode(tmp_path / "till-1.key_secret") == mode(folder / "agent.key_secret") == 0o600
    assert mode(folder.parent) == mode(folder) == mode(folder / "tills") == 0o700


def test_listing_keys_creates_nothing(keys: Keys, folder: Path) -> None:
    assert keys.tills() == []
    assert not folder.parent.exists()


@pytest.mark.parametrize("name", ["", "till 1", "../till", "till.1", "x" * 41, "касса", "till-1\n"])
def test_an_invalid_name_is_rejected_and_nothing_is_created(name: str, keys: Keys, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a valid till name: use 1 to 40 letters, digits, - or _"):
        keys.new(name, tmp_path / "file", ADDRESSES)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("till_file")
def test_a_till_with_a_key_gets_no_second_one(keys: Keys, tmp_path: Path) -> None:
    before = keys.tills()
    with pytest.raises(UsageError, match="revoke it first with edge-agent keys revoke till-1"):
        keys.new("till-1", tmp_path / "second", ADDRESSES)
    assert keys.tills() == before
    assert not (tmp_path / "second").exists()


def test_no_file_is_overwritten(keys: Keys, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("precious")
    with pytest.raises(UsageError, match=f"{precious} already exists: .* --out FILE"):
        keys.new("till-1", precious, ADDRESSES)
    assert precious.read_text() == "precious"
    assert keys.tills() == []


def test_when_the_tills_file_cannot_be_written_there_is_no_key(keys: Keys, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"cannot write .*: No such file or directory"):
        keys.new("till-1", tmp_path / "no" / "folder", ADDRESSES)
    assert keys.tills() == []


def test_when_the_public_key_cannot_be_written_the_tills_file_is_removed(
    keys: Keys, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(source: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    keys.agent()
    monkeypatch.setattr(os, "link", full)
    with pytest.raises(RunError, match=r"cannot write .*till-1.key: No space left on device"):
        keys.new("till-1", tmp_path / "till-1.key_secret", ADDRESSES)
    assert not (tmp_path / "till-1.key_secret").exists()
    assert list((folder / "tills").iterdir()) == []


def test_no_more_tills_have_keys_than_an_agent_serves(keys: Keys, tmp_path: Path) -> None:
    for number in range(TILLS):
        keys.new(f"till-{number}", tmp_path / f"{number}", ADDRESSES)
    with pytest.raises(UsageError, match=f"{TILLS} tills have a key, .* revoke one"):
        keys.new("one-more", tmp_path / "one-more", ADDRESSES)


@pytest.mark.usefixtures("till_file")
def test_after_revoking_a_key_the_name_can_be_used_again(keys: Keys, tmp_path: Path) -> None:
    [old] = keys.tills()
    keys.revoke("till-1")
    assert keys.tills() == []
    keys.new("till-1", tmp_path / "again", ADDRESSES)
    [new] = keys.tills()
    assert new.public != old.public


@pytest.mark.usefixtures("till_file")
@pytest.mark.parametrize("name", ["till-2", "../agent", ""])
def test_revoking_a_key_that_does_not_exist_lists_the_keys(name: str, keys: Keys) -> None:
    with pytest.raises(UsageError, match="has no key: tills with keys: till-1"):
        keys.revoke(name)


@pytest.mark.usefixtures("till_file")
@pytest.mark.parametrize(
    ("path", "unsafe_mode", "danger"),
    [
        ("agent.key_secret", 0o640, "read"),
        ("agent.key_secret", 0o604, "read"),
        ("agent.key_secret", 0o620, "change"),
        ("tills/till-1.key", 0o620, "change"),
        ("tills/till-1.key", 0o602, "change"),
        ("tills", 0o720, "change"),
        ("", 0o702, "change"),
    ],
)
def test_files_that_others_may_read_or_change_are_rejected_with_the_fix(
    path: str, unsafe_mode: int, danger: str, keys: Keys, folder: Path
) -> None:
    file = folder / path
    file.chmod(unsafe_mode)
    with pytest.raises(UsageError) as error:
        keys.tills()
    assert str(error.value) == f"{file} has mode {unsafe_mode:04o}, so that others may {danger} it: chmod go-rwx {file}"
    file.chmod(unsafe_mode & 0o700)
    assert len(keys.tills()) == 1


@pytest.mark.usefixtures("till_file")
def test_public_keys_and_folders_may_be_read_by_others(keys: Keys, folder: Path) -> None:
    for path, readable in ((folder, 0o755), (folder / "tills", 0o755), (folder / "tills" / "till-1.key", 0o644)):
        path.chmod(readable)
    assert len(keys.tills()) == 1


@pytest.mark.usefixtures("till_file")
@pytest.mark.parametrize("path", ["agent.key_secret", "tills/till-1.key", "tills", ""])
def test_files_of_another_user_are_rejected(
    path: str, keys: Keys, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = folder / path
    if os.geteuid() == 0:
        os.chown(file, 12345, -1)
    else:
        file = folder
        monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(UsageError, match=f"{file} belongs to user {file.stat().st_uid}, and this runs as user"):
        keys.tills()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_root_creates_no_keys_that_the_agents_user_could_not_read(keys: Keys, folder: Path, tmp_path: Path) -> None:
    folder.parent.mkdir()
    os.chown(folder.parent, 12345, -1)
    with pytest.raises(UsageError, match=r"run it as that user \(sudo -u '#12345' ...\)"):
        keys.new("till-1", tmp_path / "till-1", ADDRESSES)
    assert not (tmp_path / "till-1").exists()


@pytest.mark.usefixtures("till_file")
@pytest.mark.parametrize("text", [b"", b"\xff\xfe\x00", b'public-key = "short"', b'public-key = "' + b"\xd0" * 40])
def test_the_error_for_a_damaged_key_names_the_file(text: bytes, keys: Keys, folder: Path) -> None:
    file = folder / "tills" / "till-1.key"
    file.write_bytes(text)
    with pytest.raises(UsageError, match=f"{file} has no public-key, or a damaged one"):
        keys.tills()


@pytest.mark.usefixtures("till_file")
def test_other_files_in_the_folder_are_ignored(keys: Keys, folder: Path) -> None:
    for name in (".till-9.key.4711", "till 9.key", "notes.txt"):
        (folder / "tills" / name).write_text("none")
    assert [key.till for key in keys.tills()] == ["till-1"]


def test_a_state_folder_that_cannot_be_created_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EdgeError, match="cannot"):
        Keys(tmp_path / "file" / "keys").agent()
