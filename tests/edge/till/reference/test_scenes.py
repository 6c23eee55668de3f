"""A sale's real life: `edge-till` plays each scene to a real agent, and then the audit log says what it should.

A folder of `scenes/` has one script for each till, NAME.jsonl or NAME@LANE.jsonl. The scripts take turns: each plays
until its next line `# pause`. `records.json` has what the log says about the sales, in the order of their ends.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from edge.records.audit import Audit
from edge.records.database import Database
from edge.till.reference import cli
from tests.edge.people import Person
from tests.edge.till.reference.box import Box

pytestmark = pytest.mark.slow

SCENES = Path(__file__).with_name("scenes")
FLAGS = {"desk": ["--role", "attendant", "--cashier", "olga"]}
"""Of connections that are no tills."""
Boxes = dict[str, tuple[Box, Path]]


@pytest.fixture(scope="module")
def lanes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Boxes]:
    """Two lanes with their state folders, for all scenes. The customer looks like 20."""
    lanes = {}
    for name in ("lane-1", "lane-2"):
        folder = tmp_path_factory.mktemp(name)
        lanes[name] = Box(folder, name, Person(age=20)), folder
        lanes[name][0].start()
    yield lanes
    for box, _ in lanes.values():
        box.stop()


def acts(script: Path) -> list[str]:
    """What to play in each turn: all lines up to one of the pauses. A till skips what it has done before."""
    parts = script.read_text(encoding="utf-8").split("# pause\n")
    return ["".join(parts[: number + 1]) for number in range(len(parts))]


def play(scene: Path, lanes: Boxes, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scripts = sorted(scene.glob("*.jsonl"), key=lambda file: (file.stem == "desk", file.stem))
    turns = {script: acts(script) for script in scripts}
    for turn in range(max(map(len, turns.values()))):
        for script in scripts:
            if turn < len(turns[script]):
                name, _, lane = script.stem.partition("@")
                act = folder / f"{script.stem}.{turn}"
                act.write_text(turns[script][turn], encoding="utf-8")
                flags = FLAGS.get(name, ["--cashier", "anna"])
                words = ["--connect", lanes[lane or "lane-1"][0].address, "--name", name, *flags]
                words += ["--state", str(folder / f"{script.stem}.state"), "--script", str(act)]
                monkeypatch.setattr(sys, "argv", ["edge-till", *words])
                cli.main()


def recorded(lanes: Boxes, wanted: set[str]) -> list[dict[str, Any]]:
    """The records of some sales as JSON, each in its last revision, lane by lane."""
    found: dict[object, dict[str, Any]] = {}
    for _, folder in lanes.values():
        with closing(Database(folder, read_only=True)) as database:
            for _, record in Audit(database).records():
                if record.sale_id in wanted:
                    found[record.key] = record.model_dump(mode="json")
    return list(found.values())


def matches(record: Any, expected: Any) -> bool:
    """Whether a record has all that is expected. It may have more fields, but no more elements of a list."""
    if isinstance(expected, dict):
        return all(matches(record[name], value) for name, value in expected.items())
    if isinstance(expected, list):
        return len(record) == len(expected) and all(map(matches, record, expected))
    return bool(record == expected)


@pytest.mark.parametrize("scene", sorted(SCENES.iterdir()), ids=lambda scene: scene.name)
def test_the_record_says_what_has_happened(
    scene: Path, lanes: Boxes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = json.loads((scene / "records.json").read_text(encoding="utf-8"))
    play(scene, lanes, tmp_path, monkeypatch)
    records = recorded(lanes, {scene.name, f"{scene.name}-1", f"{scene.name}-2"})
    assert matches(records, expected), json.dumps(records, indent=1, ensure_ascii=False)
