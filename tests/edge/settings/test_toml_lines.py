"""The line on which each setting of a TOML file begins."""

from __future__ import annotations

from edge.settings.toml_lines import lines_of

TEXT = '''\
# A lane.
lane = "wine"   # [policy]
zone = [
  [0, 0],  # first

  [1, 0],
  [1, 1],
]
notice = """
risk = 3
[till]
"""

[policy]
"risk" = 0.1
limits = { a = 1, b = { c = 2 } }
deep.er = 5

[[lanes]]
name = "a"
till.live = "x"
[lanes.policy]
risk = 0.2

[[lanes]]
name = "b"
'''


def test_every_setting_has_its_line() -> None:
    lines = lines_of(TEXT)
    assert lines[("lane",)] == 2
    assert lines[("zone",)] == 3
    assert lines[("notice",)] == 9
    assert lines[("policy",)] == 14
    assert lines[("policy", "risk")] == 15
    assert lines[("policy", "limits", "b", "c")] == 16
    assert lines[("policy", "deep", "er")] == 17
    assert lines[("lanes", 0)] == 19
    assert lines[("lanes", 0, "till", "live")] == 21
    assert lines[("lanes", 0, "policy")] == 22
    assert lines[("lanes", 0, "policy", "risk")] == 23
    assert lines[("lanes", 1, "name")] == 26
    assert ("till",) not in lines


def test_tables_in_a_list_have_its_line() -> None:
    assert lines_of('lane = [{name = "a"}, {name = "b", risk = 1}]') == {
        ("lane",): 1, ("lane", 0): 1, ("lane", 0, "name"): 1, ("lane", 1): 1, ("lane", 1, "name"): 1,
        ("lane", 1, "risk"): 1,
    }  # fmt: skip


def test_line_ends_of_windows_and_no_lines_at_all() -> None:
    assert lines_of("a = 1\r\n\r\nb = 2\r\n") == {("a",): 1, ("b",): 3}
    assert lines_of("") == {}


def test_a_value_of_thousands_of_lines_ends_the_search() -> None:
    assert lines_of("a = 1\nb = [\n" + "1,\n" * 5000 + "]\n") == {("a",): 1}
