"""The flags of the settings: their values, their help, and suggestions for those that are wrong."""

from __future__ import annotations

import re

import pytest

from edge.errors import UsageError
from edge.settings.config import Settings
from edge.settings.flags import flag_values, flags_parser
from edge.settings.load import load_settings
from edge.settings.scope import declarations

SQUARE = ((0, 0), (1, 0), (1, 0.5))


@pytest.mark.parametrize(
    "flags",
    [
        ["--zone", "0,0", "1,0", "1,0.5"],
        ["--zone", "0,0", "--zone", "1,0", "1,0.5"],
        ["--zone", "[[0, 0], [1, 0], [1, 0.5]]"],
        ["--zone=[[0, 0], [1, 0]]", "--zone", "1,0.5"],
    ],
)
def test_a_zone_is_written_as_points_or_as_json(flags: list[str]) -> None:
    assert load_settings(flags).zone == SQUARE


@pytest.mark.parametrize("words", ["18 30 40", "18,30,40", "[18,30,40]", "18 --insights.bands 30,40"])
def test_a_list_is_words_commas_or_json(words: str) -> None:
    assert load_settings(["--insights.bands", *words.split()]).insights.bands == (18, 30, 40)


def test_only_given_flags_have_values() -> None:
    assert flag_values([]) == {}
    flags = ["--lane", "wine", "--policy.risk", "0.05", "--replay", "--no-picture.mirror"]
    assert flag_values(flags) == {
        "lane": "wine", "policy": {"risk": "0.05"}, "replay": True, "picture": {"mirror": False}
    }  # fmt: skip


@pytest.mark.parametrize(
    ("flags", "problem"),
    [
        (["--pollicy.risk", "1"], "unrecognized arguments: --pollicy.risk 1 (did you mean --policy.risk?)"),
        (["--policy.min_looks=3"], "unrecognized arguments: --policy.min_looks=3 (did you mean --policy.min-looks?)"),
        (["--confg", "x"], "unrecognized arguments: --confg x (did you mean --config?)"),
        (["--quite-other"], "unrecognized arguments: --quite-other"),
        (["--cam", "0"], "unrecognized arguments: --cam 0"),
        (["--camera"], "argument --camera: expected one argument"),
    ],
)
def test_an_unknown_flag_is_rejected_with_the_one_that_was_probably_meant(flags: list[str], problem: str) -> None:
    with pytest.raises(UsageError) as rejected:
        flag_values(flags)
    assert str(rejected.value).startswith(problem)
    assert str(rejected.value).endswith("; see edge-agent run --help")


@pytest.mark.parametrize("value", ["[[", "[" * 100_000, "[" + "1" * 5000 + "]"])
def test_json_that_cannot_be_read_is_reported_with_the_flag(value: str) -> None:
    with pytest.raises(UsageError, match=r"^--zone "):
        flag_values(["--zone", value])


def help_at(width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("COLUMNS", str(width))
    with pytest.raises(SystemExit) as done:
        load_settings(["--help"])
    assert done.value.code == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("width", [80, 200])
def test_the_help_has_every_setting_and_no_type_of_python(
    width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = help_at(width, capsys, monkeypatch)
    for each in declarations(Settings):
        assert re.search(rf"^  {each.flag}( |,)", text, re.MULTILINE), each.flag
    assert not re.search(r"\b(str|int|float|tuple|Path|None|factory|True|False)\b", text)
    usual = [line for line in text.splitlines() if "edge-agent run" not in line]
    assert max(map(len, usual)) <= min(width, 100)


def test_the_help_has_metavars_of_the_field_and_defaults_in_words(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = " ".join(help_at(200, capsys, monkeypatch).split())
    for part in (
        "--config FILE TOML file with settings",
        "--zone X,Y X,Y ... where the customer stands",
        "default: 0.15,0 0.85,0 0.85,1 0.15,1",
        "--state-dir FOLDER folder of the audit log, unconfirmed alerts and keys; default: systemd's StateDirectory",
        "--tracking.lost-s SECONDS how long",
        "--replay, --no-replay analyse every frame of the video as fast as possible, without sockets; default: no",
        "policy: When to ask for ID.",
    ):
        assert part in text


def test_no_word_of_the_help_is_broken(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    narrow, broad = (help_at(width, capsys, monkeypatch).split() for width in (40, 100))
    assert narrow == broad


def test_every_path_and_text_says_what_it_is() -> None:
    assert not [action.dest for action in flags_parser()._actions if action.metavar == "PATH"]
