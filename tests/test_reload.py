"""Changing the settings and the age model of a running agent, with real sockets and a till."""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import onnx
import pytest

from edge.agent.agent import Agent
from edge.ages import BUNDLED
from edge.ages.bundle import Bundle
from edge.errors import RunError, UsageError
from edge.records.audit import Audit
from edge.records.changes import MODEL_HASH, SettingsChange
from edge.records.database import Database
from edge.settings.author import Author, leave_author
from edge.settings.config import Settings
from edge.settings.lanes import Origin
from edge.settings.load import load_settings
from edge.settings.sections import PolicySettings
from tests.tills import TillDriver

pytestmark = pytest.mark.slow

DEFAULT_THRESHOLD = Bundle(BUNDLED).thresholds(PolicySettings().risk)[18].challenge_age


@pytest.fixture
def another_bundle(tmp_path: Path) -> Path:
    """The bundled model with another producer name, so that its file has another hash."""
    folder = tmp_path / "another"
    shutil.copytree(BUNDLED, folder)
    model = onnx.load(folder / "age.int8.onnx")
    model.producer_name = "another"
    onnx.save(model, folder / "age.int8.onnx")
    edit(folder, files={"age.int8.onnx": hashlib.sha256((folder / "age.int8.onnx").read_bytes()).hexdigest()})
    return folder


def edit(folder: Path, **changes: dict[str, object]) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    for name, change in changes.items():
        manifest[name] |= change
    (folder / "manifest.json").write_text(json.dumps(manifest))


class Running:
    """A running agent and a till."""

    def __init__(self, folder: Path, *flags: str) -> None:
        self._folder = folder
        self.wanted = self.flags(*flags)
        origin = Origin(self.wanted)
        self.agent = Agent(*origin.load(), origin=origin)
        self._thread = threading.Thread(target=self.agent.run)
        self._thread.start()
        self.till = TillDriver("till-1", f"ipc://{folder}/reliable")
        self.till.greet()

    def flags(self, *more: str) -> list[str]:
        sockets = "--till.reliable", f"ipc://{self._folder}/reliable", "--till.live", f"ipc://{self._folder}/live"
        return ["--camera", "test:", "--state-dir", str(self._folder), *sockets, *more]

    def settings(self, *more: str) -> Settings:
        return load_settings(self.flags(*more))

    def reload(self, *flags: str) -> None:
        """Reload while no sale is open. The settings are in use when the lane's loop has turned twice."""
        self.agent.reload([self.settings(*flags)])
        lane = self.agent.lanes[0]
        for _ in range(2):
            turned_s, end_s = lane.turned_s, time.monotonic() + 60
            while lane.turned_s == turned_s and time.monotonic() < end_s:
                time.sleep(0.01)

    def stop(self) -> None:
        self.till.close()
        self.agent.stop()
        self._thread.join(120)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path)
    yield running
    running.stop()


def test_a_new_threshold_holds_from_the_next_sale_on(running: Running) -> None:
    assert running.till.decide().threshold == DEFAULT_THRESHOLD
    running.reload("--policy.challenge-age", "40")
    assert running.till.decide().threshold == 40


def test_an_open_sale_ends_with_the_settings_it_began_with(running: Running) -> None:
    sale_id = running.till.open()
    running.agent.reload([running.settings("--policy.challenge-age", "40")])
    running.till.scan(sale_id)
    assert running.till.answer().threshold == DEFAULT_THRESHOLD
    running.till.finish(sale_id)
    running.reload("--policy.challenge-age", "40")
    assert running.till.decide().threshold == 40


def test_a_model_is_replaced_and_restored_without_stopping_the_lane(running: Running, another_bundle: Path) -> None:
    old, new = Bundle(BUNDLED).hash, Bundle(another_bundle).hash
    turned_s = running.agent.lanes[0].turned_s
    found = []
    for flags in ((), ("--model", str(another_bundle)), ()):
        running.reload(*flags)
        found.append(running.till.decide().model)
    assert found == [old, new, old]
    assert running.agent.lanes[0].turned_s > turned_s
    workers = [thread.name for thread in threading.enumerate()].count("ages")
    assert workers == 1, "unused models have stopped"


def test_a_bundle_replaced_in_its_folder_is_used_after_a_reload(running: Running, another_bundle: Path) -> None:
    running.reload("--model", str(another_bundle))
    edit(another_bundle, files={"age.int8.onnx": Bundle(BUNDLED).manifest.files["age.int8.onnx"]})
    shutil.copy(BUNDLED / "age.int8.onnx", another_bundle)
    running.reload("--model", str(another_bundle))
    assert running.till.decide().model == Bundle(BUNDLED).hash


def test_a_bundle_that_fails_its_self_test_changes_nothing(running: Running, another_bundle: Path) -> None:
    edit(another_bundle, self_test={"age.int8.onnx": [60.0] * 8, "age.onnx": [60.0] * 8})
    with pytest.raises(RunError, match="years off"):
        running.agent.reload([running.settings("--model", str(another_bundle), "--policy.challenge-age", "40")])
    alert = running.till.decide()
    assert (alert.model, alert.threshold) == (Bundle(BUNDLED).hash, DEFAULT_THRESHOLD)


def test_a_damaged_bundle_changes_nothing(running: Running, another_bundle: Path) -> None:
    with (another_bundle / "age.int8.onnx").open("ab") as file:
        file.write(b"x")
    with pytest.raises(UsageError, match="is not the file the manifest names"):
        running.agent.reload([running.settings("--model", str(another_bundle))])
    assert running.till.decide().model == Bundle(BUNDLED).hash


def test_a_change_that_needs_a_restart_is_logged_only(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    running.reload("--camera", "0", "--policy.challenge-age", "40")
    assert "needs a restart: camera of lane-1" in caplog.text
    assert running.till.decide().threshold == 40


def test_a_requested_reload_is_applied_and_an_invalid_one_changes_nothing(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "edge")
    running.wanted[:] = running.flags("--model", "/nowhere")
    running.agent.request_reload()
    wait_for("nothing was changed", caplog)
    assert "no model bundle in /nowhere" in caplog.text
    running.wanted[:] = running.flags("--policy.challenge-age", "40")
    running.agent.request_reload()
    wait_for("policy changed", caplog)
    assert running.till.decide().threshold == 40


def wait_for(text: str, caplog: pytest.LogCaptureFixture) -> None:
    end_s = time.monotonic() + 60
    while text not in caplog.text and time.monotonic() < end_s:
        time.sleep(0.02)
    assert text in caplog.text


def changes(folder: Path) -> list[SettingsChange]:
    """What the lane has recorded about its settings, oldest first."""
    with closing(Database(folder, read_only=True)) as database:
        assert Audit(database).verify() == []
        return [change for _, change in Audit(database).changes()]


def test_every_change_that_takes_effect_is_recorded_with_who_and_both_values(
    running: Running, tmp_path: Path, another_bundle: Path
) -> None:
    [first] = changes(tmp_path)
    assert (first.by, first.first) == ("start", True)
    running.agent.reload([running.settings("--policy.challenge-age", "40")], Author("page", "anna"))
    running.reload("--model", str(another_bundle))
    running.reload("--model", str(another_bundle))
    running.reload("--model", str(another_bundle), "--till.live", "ipc:///another")
    told = [(change.by, change.name, each.setting, each.before, each.after)
            for change in changes(tmp_path)[1:] for each in change.changed]  # fmt: skip
    old, new = Bundle(BUNDLED).hash, Bundle(another_bundle).hash
    assert told == [
        ("page", "anna", "policy.challenge_age", None, 40),
        ("reload", None, "model", None, str(another_bundle)),
        ("reload", None, "policy.challenge_age", 40, None),
        ("reload", None, MODEL_HASH, old, new),
    ]


def test_a_change_is_recorded_when_the_open_sale_has_ended(running: Running, tmp_path: Path) -> None:
    sale_id = running.till.open()
    running.reload("--policy.challenge-age", "40")
    assert len(changes(tmp_path)) == 1
    running.till.finish(sale_id)
    running.reload("--policy.challenge-age", "40")
    assert len(changes(tmp_path)) == 2


def test_a_program_can_say_who_it_changes_the_settings_for(running: Running, tmp_path: Path) -> None:
    leave_author(tmp_path, Author("apply", "boris"))
    running.wanted[:] = running.flags("--policy.challenge-age", "40")
    running.agent.request_reload()
    end_s = time.monotonic() + 60
    while len(changes(tmp_path)) == 1 and time.monotonic() < end_s:
        time.sleep(0.02)
    assert [(change.by, change.name) for change in changes(tmp_path)][1:] == [("apply", "boris")]


def test_what_was_changed_while_the_agent_was_stopped_is_recorded_at_its_start(tmp_path: Path) -> None:
    for flags in ((), (), ("--policy.legal-age", "21")):
        running = Running(tmp_path, *flags)
        running.stop()
    first, second = changes(tmp_path)  # the same settings at a start are no change
    assert (second.by, second.first, [each.setting for each in second.changed]) == (
        "start",
        False,
        ["policy.legal_age"],
    )
    assert (first.config, second.config) == (running.settings().hash, running.settings("--policy.legal-age", "21").hash)
