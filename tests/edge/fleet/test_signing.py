"""`edge-agent settings`, as its user types it."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import UsageError
from edge.fleet.signing import settings
from edge.settings.lanes import load_lanes


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a key pair, shared settings and the settings of a box that includes them."""
    monkeypatch.chdir(tmp_path)
    settings(["new-key"])
    (tmp_path / "shared.toml").write_text("[policy]\nmin_looks = 5\n")
    (tmp_path / "lane.toml").write_text('include = "shared.toml"\ninclude_key = "chain.key"\nlanguage = "ru"\n')
    return tmp_path


def test_a_box_uses_what_the_office_has_signed(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings(["sign", "shared.toml", "--key", "chain.key_secret"])
    assert load_lanes([], office / "lane.toml")[0].policy.min_looks == 5
    assert "wrote shared.toml: signed at " in capsys.readouterr().out


def test_settings_that_boxes_would_reject_are_not_signed(office: Path) -> None:
    (office / "shared.toml").write_text("[policy]\nmin_lookz = 5\n")
    with pytest.raises(UsageError, match=r"^shared.toml, line 2: policy.min_lookz: there is no such setting"):
        settings(["sign", "shared.toml", "--key", "chain.key_secret"])
    assert "edge-agent" not in (office / "shared.toml").read_text()


def test_a_part_that_needs_the_boxs_own_is_checked_with_it(office: Path) -> None:
    (office / "shared.toml").write_text("[insights]\nenabled = true\n")
    with pytest.raises(UsageError, match=r"insights.enabled needs insights.notice"):
        settings(["sign", "shared.toml", "--key", "chain.key_secret"])
    with (office / "lane.toml").open("a") as own:
        own.write('insights.notice = "..."\n')
    settings(["sign", "shared.toml", "--key", "chain.key_secret", "--config", "lane.toml"])
    assert load_lanes([], office / "lane.toml")[0].insights.enabled


def test_existing_keys_are_never_overwritten(office: Path) -> None:
    with pytest.raises(UsageError, match=r"chain\.key exists already"):
        settings(["new-key"])
