"""Settings: flags win over EDGE_* variables, those over the file, and what is wrong fails with one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import UsageError
from edge.settings.config import Settings
from edge.settings.load import load_settings


@pytest.fixture
def lane_toml(tmp_path: Path) -> Path:
    file = tmp_path / "lane.toml"
    file.write_text(
        'lane = "from-file"\n[ages]\nthreads = 2\n[policy]\nmin_looks = 5\nlegal_age = 21\n', encoding="utf-8"
    )
    return file


def refusal(flags: list[str], file: Path | None = None) -> str:
    with pytest.raises(UsageError) as refused:
        load_settings(flags, file)
    text = str(refused.value)
    assert "\n" not in text
    return text


def test_without_any_setting_the_defaults_hold() -> None:
    settings = load_settings([])
    assert (settings.lane, settings.mode, settings.camera, settings.video) == ("lane-1", "auto", None, None)
    assert (settings.policy.legal_age, settings.policy.min_looks, settings.policy.answer_within_s) == (18, 3, 0.8)
    assert settings.till.reliable == "tcp://127.0.0.1:5557"
    assert settings.till.live == "tcp://127.0.0.1:5556"


def test_the_file_is_read(lane_toml: Path) -> None:
    settings = load_settings([], lane_toml)
    assert (settings.lane, settings.ages.threads, settings.policy.min_looks) == ("from-file", 2, 5)


def test_variables_win_over_the_file_and_flags_win_over_both(lane_toml: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_LANE", "from-variable")
    monkeypatch.setenv("EDGE_POLICY__MIN_LOOKS", "7")
    assert load_settings([], lane_toml).lane == "from-variable"
    settings = load_settings(["--lane", "from-flag"], lane_toml)
    assert (settings.lane, settings.ages.threads) == ("from-flag", 2)
    assert (settings.policy.min_looks, settings.policy.legal_age) == (7, 21)


def test_a_flag_changes_one_setting_of_a_section_and_leaves_the_others(lane_toml: Path) -> None:
    policy = load_settings(["--policy.min-looks", "9"], lane_toml).policy
    assert (policy.min_looks, policy.legal_age, policy.answer_within_s) == (9, 21, 0.8)


def test_a_camera_number_is_a_source_like_any_other(tmp_path: Path) -> None:
    assert load_settings(["--camera", "0"]).camera == "0"
    file = tmp_path / "lane.toml"
    file.write_text("camera = 0", encoding="utf-8")
    assert load_settings([], file).camera == "0"


def test_the_zone_is_given_as_corners() -> None:
    assert load_settings(["--zone", "[[0, 0], [1, 0], [0.5, 1]]"]).zone == ((0, 0), (1, 0), (0.5, 1))


@pytest.mark.parametrize("corners", ["[[0.1, 0.1], [0.5, 0.5], [0.9, 0.9]]", "[[0, 0], [1, 1], [1, 0], [0, 1]]"])
def test_a_zone_in_which_nobody_can_stand_is_refused(corners: str) -> None:
    assert refusal(["--zone", corners]).endswith("it covers 0.0% of the picture: draw it where the customer stands")


def test_a_corner_outside_the_picture_is_the_only_thing_wrong() -> None:
    assert refusal(["--zone", "[[0, 0], [1, 0], [1, 2]]"]) == "zone.2.1 = 2: must be at most 1"


def test_the_two_addresses_of_a_lane_are_two() -> None:
    same = "tcp://127.0.0.1:5557"
    assert refusal(["--till.live", same]) == f"till.reliable and till.live are both {same!r}: give each its own"
    any_port = "tcp://127.0.0.1:*"
    assert load_settings(["--till.reliable", any_port, "--till.live", any_port]).till.live == any_port


@pytest.mark.parametrize(
    ("listen", "address"),
    [("127.0.0.1:9464", ("127.0.0.1", 9464)), ("localhost:0", ("127.0.0.1", 0)), ("[::1]:9464", ("::1", 9464))],
)
def test_metrics_are_read_on_this_box(listen: str, address: tuple[str, int]) -> None:
    assert load_settings(["--metrics.listen", listen]).metrics.address == address


@pytest.mark.parametrize(
    "listen",
    [
        "",
        "9464",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:65536",
        "::1:80",
        "[127.0.0.1]:80",
        "shop:80",
        "tcp://127.0.0.1:80",
    ],
)
def test_an_address_of_metrics_that_is_none_is_refused_with_what_one_looks_like(listen: str) -> None:
    said = f"metrics.listen = {listen!r} is not an address: use 127.0.0.1:PORT, [::1]:PORT or off"
    assert refusal(["--metrics.listen", listen]) == said


@pytest.mark.parametrize("listen", ["0.0.0.0:9464", "[::]:9464", "192.168.1.20:9464"])
def test_metrics_are_read_from_other_machines_only_where_that_is_meant(listen: str) -> None:
    assert "metrics.public = true" in refusal(["--metrics.listen", listen])
    meant = load_settings(["--metrics.listen", listen, "--metrics.public"])
    assert meant.metrics.address[1] == 9464


def test_replay_is_a_switch() -> None:
    assert load_settings(["--video", "clip.mkv", "--replay"]).replay
    assert not load_settings(["--video", "clip.mkv"]).replay


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (["--lane", "a b"], "lane = 'a b'"),
        (["--ages.threads", "-1"], "ages.threads = '-1'"),
        (["--ages.threads", "many"], "ages.threads = 'many'"),
        (["--mode", "sometimes"], "mode = 'sometimes'"),
        (["--policy.min-looks", "0"], "policy.min_looks = '0'"),
        (["--policy.answer-within-s", "1.5"], "policy.answer_within_s = '1.5'"),
        (["--policy.challenge-age", "17"], "policy.challenge_age = '17'"),
        (["--policy.max-p-under-legal", "1.1"], "policy.max_p_under_legal = '1.1'"),
        (["--detector.name", "guesswork"], "detector.name = 'guesswork'"),
        (["--till.alert-expires-s", "0"], "till.alert_expires_s = '0'"),
        (["--zone", "[[0, 0], [1, 1]]"], "zone"),
        (["--zone", "[[0, 0], [2, 0], [1, 1]]"], "zone.1.0 = 2"),
    ],
)
def test_what_is_out_of_range_is_named_with_its_value(flags: list[str], named: str) -> None:
    assert refusal(flags).startswith(named)


@pytest.mark.parametrize("flags", [["--nope", "1"], ["word"], ["--camera"]])
def test_an_unknown_or_unfinished_flag_points_to_the_help(flags: list[str]) -> None:
    text = refusal(flags)
    assert flags[0] in text
    assert text.endswith("see edge-agent run --help")


def test_a_camera_and_a_video_together_are_one_too_many() -> None:
    assert refusal(["--camera", "0", "--video", "clip.mkv"]) == "camera and video are both given: give one"


def test_a_replay_needs_a_recording() -> None:
    assert refusal(["--replay"]) == "replay needs a recording: add --video FILE"


def test_two_mistakes_are_told_in_one_line() -> None:
    assert refusal(["--ages.threads", "99", "--policy.legal-age", "5"]).count("; ") == 1


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"lane = ", "is not TOML"),
        (b"\xff\xfe", "is not TOML"),
        (b"colour = 1", "colour: there is no such setting"),
        (b"[policy]\nmin_look = 3", "policy.min_look: there is no such setting"),
        (b"[policy]\nmin_looks = 0", "policy.min_looks = 0"),
        (b"policy = 3", "policy = 3"),
    ],
)
def test_a_wrong_file_is_refused_with_what_is_wrong_in_it(content: bytes, named: str, tmp_path: Path) -> None:
    file = tmp_path / "lane.toml"
    file.write_bytes(content)
    assert named in refusal([], file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert (
        refusal([], tmp_path / "lane.toml") == f"cannot read the config {tmp_path}/lane.toml: No such file or directory"
    )


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("EDGE_LANE", "a b", "lane = 'a b'"),
        ("EDGE_ZONE", "everywhere", "EDGE_ZONE"),
        ("EDGE_POLICY__MIN_LOOKS", "0", "policy.min_looks = '0'"),
        ("EDGE_POLICY__COLOUR", "red", "policy.colour: there is no such setting"),
    ],
)
def test_a_wrong_variable_is_refused_by_name(
    name: str, value: str, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    assert named in refusal([])


def test_settings_cannot_be_changed_while_running() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().lane = "lane-2"  # type: ignore[misc]


def test_help_lists_every_setting(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as done:
        load_settings(["--help"])
    assert done.value.code == 0
    told = capsys.readouterr().out
    for name in ("--lane", "--zone", "--policy.answer-within-s", "--quality.min-confirmation", "--till.reliable"):
        assert name in told


def test_offers_need_a_signed_sheet_and_purchases_that_are_kept_with_a_notice() -> None:
    wanted = ["--offers.enabled"]
    assert refusal(wanted) == "offers.enabled needs offers.sheet and offers.key: see docs/offers.md"
    wanted += ["--offers.sheet", "s", "--offers.key", "k"]
    assert refusal(wanted) == ("offers.enabled needs insights.enabled: offer results are kept like purchases")
    assert load_settings([*wanted, "--insights.enabled", "--insights.notice", "we count"]).offers.held_out == 0.1


def test_some_sales_are_always_held_out_and_some_never() -> None:
    assert refusal(["--offers.held-out", "0"]) == "offers.held_out = '0': must be at least 0.01"
    assert refusal(["--offers.held-out", "1"]) == "offers.held_out = '1': must be at most 0.9"


def test_the_hash_of_unchanged_settings_stays_the_same() -> None:
    """Literals from before scopes were declared: a record's hash must keep naming the same settings."""
    assert load_settings([]).hash == "6875e2de9606"
    flags = [
        "--mode",
        "on-sale",
        "--policy.challenge-age",
        "30",
        "--quality.min-sharpness",
        "20",
        "--detector.name",
        "yunet",
    ]
    assert load_settings([*flags, "--zone", "[[0, 0], [1, 0], [0.5, 1]]"]).hash == "7a3dc8b1afc8"
