"""Settings in two files: the box's own, and one that many boxes share and that is signed."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest

from edge.errors import UsageError
from edge.settings.lanes import load_lanes
from edge.settings.load import load_settings
from edge.settings.parts import read_parts
from edge.settings.signature import new_keys
from edge.settings.signed import sign

OWN = """\
include = "shared.toml"
include_key = "chain.key"
camera = 0

[policy]
legal_age = 21
"""
SHARED = """\
language = "ru"

[policy]
legal_age = 18
min_looks = 5
"""
NOW = datetime(2026, 11, 30, 18, tzinfo=timezone.utc)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a box's own settings, the public key, and signed settings."""
    new_keys(tmp_path / "chain.key_secret", tmp_path / "chain.key")
    (tmp_path / "lane.toml").write_text(OWN, encoding="utf-8")
    put_shared(tmp_path, SHARED)
    return tmp_path


def put_shared(folder: Path, text: str) -> None:
    (folder / "shared.toml").write_bytes(sign(text, folder / "chain.key_secret", NOW))


def rejection(folder: Path) -> str:
    with pytest.raises(UsageError) as rejected:
        load_lanes([], folder / "lane.toml")
    assert "\n" not in str(rejected.value)
    return str(rejected.value).replace(f"{folder}/", "")


def test_the_boxs_own_values_win_setting_by_setting(folder: Path) -> None:
    (lane,) = load_lanes([], folder / "lane.toml")
    assert (lane.language, lane.policy.legal_age, lane.policy.min_looks) == ("ru", 21, 5)
    assert load_settings([], folder / "lane.toml") == lane


def test_the_boxs_own_value_under_an_older_name_wins_too(folder: Path) -> None:
    put_shared(folder, 'store = "any"\n')
    with (folder / "lane.toml").open("a") as own:
        own.write('[insights]\nstore = "hill"\n')
    assert load_lanes([], folder / "lane.toml")[0].store == "hill"


def test_variables_and_flags_win_over_both(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_POLICY__MIN_LOOKS", "7")
    (lane,) = load_lanes(["--language", "en"], folder / "lane.toml")
    assert (lane.language, lane.policy.min_looks) == ("en", 7)


def test_each_lane_of_a_box_has_the_shared_values_and_may_have_its_own(folder: Path) -> None:
    lanes = "".join(
        f'[[lane]]\nname = "lane-{n}"\ncamera = {n}\ntill.reliable = "ipc://{n}"\ntill.live = "ipc://{n}-live"\n'
        for n in (1, 2)
    )
    own = OWN.replace("camera = 0", "") + lanes + "policy.min_looks = 9\n"
    (folder / "lane.toml").write_text(own, encoding="utf-8")
    first, second = load_lanes([], folder / "lane.toml")
    assert [lane.policy.min_looks for lane in (first, second)] == [5, 9]
    assert first.language == second.language == "ru"


def test_the_parts_say_when_the_shared_one_was_signed(folder: Path) -> None:
    parts = read_parts(folder / "lane.toml")
    assert (parts.made_at, parts.included) == (NOW, folder / "shared.toml")


@pytest.mark.parametrize(
    ("own", "shared", "problem"),
    [
        ("", "min_looks = 5000", "shared.toml, line 7: policy.min_looks = 5000: must be at most"),
        ("", "min_lookz = 5", "shared.toml, line 7: policy.min_lookz: there is no such setting"),
        ("legal_age = 2100", "", "lane.toml, line 6: policy.legal_age = 2100: must be at most"),
    ],
)
def test_a_wrong_value_is_named_with_the_file_and_line_that_it_comes_from(
    folder: Path, own: str, shared: str, problem: str
) -> None:
    (folder / "lane.toml").write_text(OWN.replace("legal_age = 21", own or "legal_age = 21"), encoding="utf-8")
    put_shared(folder, SHARED.replace("min_looks = 5", shared or "min_looks = 5"))
    assert rejection(folder).startswith(problem)


def test_an_include_that_does_not_exist_is_one_line(folder: Path) -> None:
    (folder / "shared.toml").unlink()
    assert (
        rejection(folder) == "lane.toml, line 1: cannot read the shared settings shared.toml: No such file or directory"
    )


def test_an_include_without_a_key_is_rejected_unless_the_box_says_that_it_needs_none(folder: Path) -> None:
    (folder / "lane.toml").write_text('include = "shared.toml"\n', encoding="utf-8")
    assert "line 1: include = 'shared.toml' needs include_key, the file with the public key" in rejection(folder)
    (folder / "lane.toml").write_text('include = "shared.toml"\ninclude_key = "none"\n', encoding="utf-8")
    (folder / "shared.toml").write_text(SHARED, encoding="utf-8")
    assert load_lanes([], folder / "lane.toml")[0].policy.min_looks == 5


def test_an_unsigned_include_is_rejected(folder: Path) -> None:
    (folder / "shared.toml").write_text(SHARED, encoding="utf-8")
    assert rejection(folder) == "lane.toml, line 1: shared.toml is not signed: edge-agent settings sign signs it"


def test_an_include_of_another_key_is_rejected(folder: Path) -> None:
    new_keys(folder / "thief.key_secret", folder / "thief.key")
    (folder / "shared.toml").write_bytes(sign(SHARED, folder / "thief.key_secret", NOW))
    assert "shared.toml is not signed with the key chain.key, or was changed since" in rejection(folder)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('include = "more.toml"\n', "line 3: a shared part cannot include another"),
        ('include_key = "none"\n', "line 3: a shared part cannot name the key of its own signature"),
        ('language = "ru"\n[[lane]]\nname = "a"\n', "line 4: [[lane]] tables are the box's own"),
        ("[policy\n", "is not TOML: line 3"),
    ],
)
def test_what_a_shared_part_cannot_have(folder: Path, text: str, problem: str) -> None:
    put_shared(folder, text)
    assert rejection(folder).startswith(f"shared.toml{' ' if 'TOML' in problem else ', '}{problem}")


@pytest.mark.parametrize("value", ["7", '""', '["a"]', "true", '"a\\u0000b"'])
def test_an_include_that_is_no_path_is_rejected(folder: Path, value: str) -> None:
    (folder / "lane.toml").write_text(f'\ninclude = {value}\ninclude_key = "chain.key"\n', encoding="utf-8")
    assert rejection(folder).startswith("lane.toml, line 2: include = ")
    (folder / "lane.toml").write_text(f'\ninclude = "shared.toml"\ninclude_key = {value}\n', encoding="utf-8")
    assert rejection(folder).startswith("lane.toml, line 3: include_key = ")


def test_a_key_without_an_include_is_rejected(folder: Path) -> None:
    (folder / "lane.toml").write_text('include_key = "chain.key"\n', encoding="utf-8")
    assert rejection(folder).startswith('lane.toml, line 1: include_key is given without include = "FILE"')


def test_an_include_in_a_lanes_table_is_rejected(folder: Path) -> None:
    (folder / "lane.toml").write_text('[[lane]]\nname = "lane-1"\ninclude = "shared.toml"\n', encoding="utf-8")
    assert rejection(folder).startswith("lane.toml, line 3: include: there is no such setting")
