"""Loading settings: flags override EDGE_* variables, these override the file, and every problem is one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import UsageError
from edge.settings.load import load_settings


@pytest.fixture
def lane_toml(tmp_path: Path) -> Path:
    file = tmp_path / "lane.toml"
    file.write_text(
        'lane = "from-file"\n[ages]\nthreads = 2\n[policy]\nmin_looks = 5\nlegal_age = 21\n', encoding="utf-8"
    )
    return file


def rejection(flags: list[str], file: Path | None = None) -> str:
    with pytest.raises(UsageError) as rejected:
        load_settings(flags, file)
    text = str(rejected.value)
    assert "\n" not in text
    return text


def test_defaults_without_any_setting() -> None:
    settings = load_settings([])
    assert (settings.lane, settings.mode, settings.camera, settings.video) == ("lane-1", "auto", None, None)
    assert (settings.policy.legal_age, settings.policy.min_looks, settings.policy.answer_within_s) == (18, 3, 0.8)
    assert settings.till.reliable == "tcp://127.0.0.1:5557"
    assert settings.till.live == "tcp://127.0.0.1:5556"


def test_settings_come_from_the_file(lane_toml: Path) -> None:
    settings = load_settings([], lane_toml)
    assert (settings.lane, settings.ages.threads, settings.policy.min_looks) == ("from-file", 2, 5)


def test_variables_override_the_file_and_flags_override_both(lane_toml: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_LANE", "from-variable")
    monkeypatch.setenv("EDGE_POLICY__MIN_LOOKS", "7")
    assert load_settings([], lane_toml).lane == "from-variable"
    settings = load_settings(["--lane", "from-flag"], lane_toml)
    assert (settings.lane, settings.ages.threads) == ("from-flag", 2)
    assert (settings.policy.min_looks, settings.policy.legal_age) == (7, 21)


def test_a_flag_changes_one_setting_of_a_section_and_keeps_the_others(lane_toml: Path) -> None:
    policy = load_settings(["--policy.min-looks", "9"], lane_toml).policy
    assert (policy.min_looks, policy.legal_age, policy.answer_within_s) == (9, 21, 0.8)


def test_a_camera_number_becomes_text(tmp_path: Path) -> None:
    assert load_settings(["--camera", "0"]).camera == "0"
    file = tmp_path / "lane.toml"
    file.write_text("camera = 0", encoding="utf-8")
    assert load_settings([], file).camera == "0"


def test_the_zone_flag_is_a_list_of_corners() -> None:
    assert load_settings(["--zone", "[[0, 0], [1, 0], [0.5, 1]]"]).zone == ((0, 0), (1, 0), (0.5, 1))


@pytest.mark.parametrize("corners", ["[[0.1, 0.1], [0.5, 0.5], [0.9, 0.9]]", "[[0, 0], [1, 1], [1, 0], [0, 1]]"])
def test_a_zone_without_area_is_rejected(corners: str) -> None:
    assert rejection(["--zone", corners]).endswith("it covers 0.0% of the picture: draw it where the customer stands")


def test_an_invalid_corner_is_not_also_reported_as_a_zone_that_is_too_short() -> None:
    assert rejection(["--zone", "[[0, 0], [1, 0], [1, 2]]"]) == "zone.2.1 = 2: must be at most 1"


def test_reliable_and_live_need_different_addresses() -> None:
    same = "tcp://127.0.0.1:5557"
    assert rejection(["--till.live", same]) == f"till.reliable and till.live are both {same!r}: give each its own"
    any_port = "tcp://127.0.0.1:*"
    assert load_settings(["--till.reliable", any_port, "--till.live", any_port]).till.live == any_port


@pytest.mark.parametrize(
    ("listen", "address"),
    [("127.0.0.1:9464", ("127.0.0.1", 9464)), ("localhost:0", ("127.0.0.1", 0)), ("[::1]:9464", ("::1", 9464))],
)
def test_the_address_of_metrics_on_this_box(listen: str, address: tuple[str, int]) -> None:
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
def test_an_invalid_metrics_address_is_rejected_with_the_valid_forms(listen: str) -> None:
    text = f"metrics.listen = {listen!r} is not an address: use 127.0.0.1:PORT, [::1]:PORT or off"
    assert rejection(["--metrics.listen", listen]) == text


@pytest.mark.parametrize("listen", ["0.0.0.0:9464", "[::]:9464", "192.168.1.20:9464"])
def test_a_public_metrics_address_needs_metrics_public(listen: str) -> None:
    assert "metrics.public = true" in rejection(["--metrics.listen", listen])
    public = load_settings(["--metrics.listen", listen, "--metrics.public"])
    assert public.metrics.address[1] == 9464


def test_a_challenge_age_below_the_legal_age_is_rejected_with_the_fix() -> None:
    flags = ["--policy.legal-age", "21", "--policy.challenge-age"]
    assert rejection([*flags, "20"]) == (
        "policy.challenge_age = 20 is below policy.legal_age = 21: set it to 21 or more"
    )
    assert load_settings([*flags, "21"]).policy.challenge_age == 21


def test_replay_is_a_flag_without_a_value() -> None:
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
def test_an_invalid_value_is_reported_with_its_setting(flags: list[str], named: str) -> None:
    assert rejection(flags).startswith(named)


@pytest.mark.parametrize("flags", [["--nope", "1"], ["word"], ["--camera"]])
def test_an_unknown_or_incomplete_flag_points_to_the_help(flags: list[str]) -> None:
    text = rejection(flags)
    assert flags[0] in text
    assert text.endswith("see edge-agent run --help")


def test_variables_of_other_programs_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_BROWSER_HOME", "/opt/edge")
    assert load_settings([]).lane == "lane-1"


def test_camera_and_video_exclude_each_other() -> None:
    assert rejection(["--camera", "0", "--video", "clip.mkv"]) == "camera and video are both given: give one"


def test_a_replay_needs_a_recording() -> None:
    assert rejection(["--replay"]) == "replay needs a recording: add --video FILE"


def test_two_problems_are_reported_in_one_line() -> None:
    assert rejection(["--ages.threads", "99", "--policy.legal-age", "5"]).count("; ") == 1


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"colour = 1", "line 1: colour: there is no such setting; edge-agent run --help lists them"),
        (
            b"[policy]\nmin_look = 3",
            "line 2: policy.min_look: there is no such setting (did you mean policy.min_looks?)",
        ),
        (b"[pollicy]\nrisk = 0.1", "line 1: pollicy: there is no such setting (did you mean policy?)"),
        (b"\n\nrisk = 0.1", "line 3: risk: there is no such setting (did you mean policy.risk?)"),
        (
            b"[policy]\nmin-looks = 3",
            "line 2: policy.min-looks: there is no such setting (did you mean policy.min_looks?)",
        ),
        (b"[policy]\nmin_looks = 0", "line 2: policy.min_looks = 0"),
        (b"\xef\xbb\xbf[policy]\r\nmin_looks = 0", "line 2: policy.min_looks = 0"),
        (b"policy = 3", "line 1: policy = 3"),
        (b"[policy]\nlegal_age = 21\nchallenge_age = 20", "line 3: policy.challenge_age = 20 is below"),
        (b"\n[offers]\nenabled = true", "line 3: offers.enabled needs offers.sheet"),
        (
            b"a = 1\nlane = 3",
            "line 2: lane = 3: must be text; line 1: a: there is no such setting; edge-agent run --help lists them",
        ),
        (b"zone = " + b"[" * 9 + b"]" * 9, "zone.0.0 = "),
    ],
)
def test_an_invalid_file_is_rejected_with_its_problem(content: bytes, named: str, tmp_path: Path) -> None:
    file = tmp_path / "lane.toml"
    file.write_bytes(content)
    assert named in rejection([], file)


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("EDGE_LANE", "a b", "lane = 'a b'"),
        ("EDGE_ZONE", "everywhere", "EDGE_ZONE = 'everywhere': write 0,0 1,0 1,1, or JSON"),
        ("EDGE_ZONE", "0,0 1,0,1", "EDGE_ZONE = '0,0 1,0,1': write 0,0 1,0 1,1, or JSON"),
        ("EDGE_ZONE", "", "EDGE_ZONE: zone = []: must have at least 3 items"),
        ("EDGE_ZONE", "[" * 100_000, "EDGE_ZONE has JSON that is nested too deeply: correct it"),
        ("EDGE_INSIGHTS__BANDS", "18 and 25", "EDGE_INSIGHTS__BANDS: insights.bands.1 = 'and': must be a whole number"),
        ("EDGE_INSIGHTS__BANDS", "[18,", "EDGE_INSIGHTS__BANDS = '[18,': write 18,30, or JSON"),
        ("EDGE_INSIGHTS__BANDS", '{"a": 1}', """EDGE_INSIGHTS__BANDS = '{"a": 1}': write 18,30, or JSON"""),
        ("EDGE_INSIGHTS__BANDS", "", "EDGE_INSIGHTS__BANDS: insights.bands = []: must not be empty"),
        ("EDGE_OFFERS__EXCLUDE", '["beer"', """EDGE_OFFERS__EXCLUDE = '["beer"': write FIRST,SECOND, or JSON"""),
        (
            "EDGE_POLICY",
            "strict",
            "EDGE_POLICY = 'strict': set each setting of the section by itself, such as "
            "EDGE_POLICY__LEGAL_AGE, or write JSON",
        ),
        ("EDGE_POLICY", '{"a":' * 100_000, "EDGE_POLICY has JSON that is nested too deeply: correct it"),
        ("EDGE_POLICY__MIN_LOOKS", "0", "policy.min_looks = '0'"),
        ("EDGE_POLICY__COLOUR", "red", "EDGE_POLICY__COLOUR: policy.colour: there is no such setting"),
        ("EDGE_POLICY__RISC", "1", "policy.risc: there is no such setting (did you mean policy.risk?)"),
        ("EDGE_POLICY", '{"risk": 1}', "EDGE_POLICY: policy.risk = 1: must be at most 0.2"),
        ("EDGE_POLICY_RISK", "1", "EDGE_POLICY_RISK: there is no such setting (did you mean EDGE_POLICY__RISK?)"),
        ("EDGE_ZONES", "1", "EDGE_ZONES: there is no such setting (did you mean EDGE_ZONE?)"),
    ],
)
def test_an_invalid_variable_is_reported_by_name(
    name: str, value: str, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    assert named in rejection([])


@pytest.mark.parametrize("text", ["18,30,40", "18, 30, 40", " 18 30  40 ", "18,30,40,", "[18, 30, 40]"])
def test_a_variable_with_a_list_of_numbers(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_INSIGHTS__BANDS", text)
    assert load_settings([]).insights.bands == (18, 30, 40)


@pytest.mark.parametrize(
    ("text", "goods"),
    [
        ("beer, energy drinks", ("beer", "energy drinks")),
        ("beer", ("beer",)),
        ("", ()),
        ('["salt, sugar", "beer"]', ("salt, sugar", "beer")),
    ],
)
def test_a_variable_with_a_list_of_texts(text: str, goods: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_OFFERS__EXCLUDE", text)
    assert load_settings([]).offers.exclude == goods
    assert load_settings(["--offers.exclude", text]).offers.exclude == goods


@pytest.mark.parametrize("text", ["0,0 1,0 1,1", "0, 0  1 ,0   1,1", "[[0, 0], [1, 0], [1, 1]]"])
def test_a_variable_with_the_corners_of_the_zone(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("edge_zone", text)
    assert load_settings([]).zone == ((0, 0), (1, 0), (1, 1))
    assert load_settings(["--zone", text]).zone == ((0, 0), (1, 0), (1, 1))


def test_a_variable_with_a_section_and_one_with_a_setting_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_INSIGHTS", '{"bands": [20], "keep_days": 7}')
    monkeypatch.setenv("EDGE_INSIGHTS__BANDS", "18,30")
    insights = load_settings([]).insights
    assert (insights.bands, insights.keep_days) == ((18, 30), 7)


def test_offers_need_a_sheet_a_key_and_insights_with_a_notice() -> None:
    flags = ["--offers.enabled"]
    assert rejection(flags) == "offers.enabled needs offers.sheet and offers.key: see docs/offers.md"
    flags += ["--offers.sheet", "s", "--offers.key", "k"]
    assert rejection(flags) == ("offers.enabled needs insights.enabled: offer results are kept like purchases")
    assert load_settings([*flags, "--insights.enabled", "--insights.notice", "we count"]).offers.held_out == 0.1


def test_neither_all_nor_no_sales_can_be_held_out() -> None:
    assert rejection(["--offers.held-out", "0"]) == "offers.held_out = '0': must be at least 0.01"
    assert rejection(["--offers.held-out", "1"]) == "offers.held_out = '1': must be at most 0.9"
