"""A file that is replaced is put back unless it is confirmed, wherever a crash interrupts the change."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import RunError
from edge.fleet import change
from edge.fleet.change import change_of


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "lane.toml"
    file.write_text("old")
    file.chmod(0o640)
    return file


def test_a_confirmed_change_stays(config: Path) -> None:
    with change_of(config) as first:
        first.put(config, b"new")
        first.confirm()
    with change_of(config) as later:
        assert later.unconfirmed is None
        later.put_back()
    assert config.read_text() == "new"
    assert config.with_name("lane.toml.before").read_text() == "old"


def test_an_unconfirmed_change_is_known_to_the_next_process_and_put_back(config: Path) -> None:
    with change_of(config) as crashed:
        crashed.put(config, b"new")
    with change_of(config) as later:
        assert later.unconfirmed == config
        later.put_back()
        assert later.unconfirmed is None
    assert config.read_text() == "old"


def test_mode_and_owner_stay(config: Path) -> None:
    with change_of(config) as only:
        only.put(config, b"new")
        assert config.stat().st_mode & 0o777 == 0o640
        assert config.with_name("lane.toml.before").stat().st_mode & 0o777 == 0o640


def test_a_new_file_is_removed_again(config: Path) -> None:
    with change_of(config) as only:
        only.put(config.with_name("offers.sheet"), b"new")
        only.put_back()
    assert not config.with_name("offers.sheet").exists()


@pytest.mark.parametrize("step", [0, 1])
def test_a_crash_between_the_steps_leaves_the_old_file(
    config: Path, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """step: how many files were written before."""
    written: list[Path] = []
    real = change.replace_content

    def crash(file: Path, content: bytes, *, like: Path | None = None) -> None:
        if len(written) == step:
            raise OSError(28, "No space left on device")
        written.append(file)
        real(file, content, like=like)

    with monkeypatch.context() as patch:
        patch.setattr(change, "replace_content", crash)
        with change_of(config) as crashed, pytest.raises(RunError, match="No space left on device"):
            crashed.put(config, b"new")
    with change_of(config) as later:
        later.put_back()
    assert config.read_text() == "old"


@pytest.mark.parametrize("journal", [b"{", b"[]", b'{"file": 7}', b"\xff", b'{"file"'])
def test_a_journal_that_a_power_cut_has_damaged_is_ignored(config: Path, journal: bytes) -> None:
    config.with_name(".lane.toml.apply").write_bytes(journal)
    with change_of(config) as later:
        assert later.unconfirmed is None


def test_two_processes_never_change_at_once(config: Path) -> None:
    with change_of(config), pytest.raises(RunError, match="another edge-agent apply changes"), change_of(config):
        pass
