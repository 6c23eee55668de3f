"""docs/settings.md and what other documents say about settings agree with the declarations."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from edge.settings.config import Settings
from edge.settings.lanes import PER_BOX, UNIQUE
from edge.settings.reference import in_words, reference
from edge.settings.reload import AT_ONCE
from edge.settings.scope import Scope, declarations, top_level

ROOT = Path(__file__).parents[3]


def plain_text(file: str) -> str:
    """A document without line breaks and comment signs."""
    text = (ROOT / file).read_text(encoding="utf-8")
    return re.sub(r"\s+", " ", re.sub(r"^# ?", "", text, flags=re.MULTILINE))


def test_the_page_is_up_to_date() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert page == reference(), "run: python -m edge.settings.reference > docs/settings.md"


def test_the_page_has_a_row_for_every_setting_with_range_default_flag_and_variable() -> None:
    rows = re.findall(r"^\| `([\w.]+)` \| (.*)", reference(), re.MULTILINE)
    assert [name for name, _ in rows] == [each.name for each in declarations(Settings)]
    row = dict(rows)["policy.challenge_age"]
    assert row.startswith("whole number from 18 to 60 | ")
    assert row.endswith("| lane | at once | yes | `EDGE_POLICY__CHALLENGE_AGE` | `--policy.challenge-age` |")
    assert dict(rows)["lane"].endswith("| lane, unique | after a restart | no | `EDGE_LANE` | `--lane` |")
    assert dict(rows)["metrics.public"].startswith("true, false | `false` | ")


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ("deploy/lane.toml", f"applies changes of {in_words(AT_ONCE).replace('`', '')}."),
        ("docs/operations.md", f"Applied at once: {in_words(AT_ONCE)}."),
        ("docs/operations.md", f"each lane needs its own {in_words(UNIQUE)}."),
        ("docs/operations.md", f"The same for all lanes, outside the tables: {in_words(PER_BOX)}."),
    ],
)
def test_other_documents_name_the_same_settings(file: str, sentence: str) -> None:
    assert sentence in plain_text(file)


def test_a_setting_in_a_section_has_the_scope_of_the_section_but_may_be_unique() -> None:
    scopes = {each.name: each.scope for each in declarations(Settings)}
    for name, field in Settings.model_fields.items():
        [section] = [item for item in field.metadata if isinstance(item, Scope)]
        for inner, scope in scopes.items():
            if inner.startswith(f"{name}."):
                assert (scope.per, scope.applies, scope.decides) == (section.per, section.applies, section.decides)


def test_only_these_settings_are_part_of_the_hash() -> None:
    decides = top_level(Settings, lambda scope: scope.decides)
    assert decides == ("mode", "zone", "picture", "detector", "quality", "tracking", "policy")
