"""A box with settings of its own and shared ones, and a real agent that runs with them."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from edge.ages import BUNDLED
from tests.agents import AgentProcess, StartAgent
from tests.commands import Run, run_edge_agent
from tests.ports import free_port


@dataclass
class Box:
    """config: the settings of the box. address: of its health page."""

    folder: Path
    address: str
    start: StartAgent

    @property
    def config(self) -> Path:
        return self.folder / "etc" / "lane.toml"

    @property
    def variables(self) -> dict[str, str]:
        return {"EDGE_METRICS__LISTEN": self.address}

    def settings(self, more: str = "", name: str = "new.toml") -> Path:
        """A file with settings for this box. more: lines of TOML."""
        file = self.folder / name
        file.write_text(
            f'camera = "test:"\nstate_dir = "{self.folder}/state"\n'
            f'till.reliable = "ipc://{self.folder}/reliable"\ntill.live = "ipc://{self.folder}/live"\n{more}\n',
            encoding="utf-8",
        )
        return file

    def run(self) -> AgentProcess:
        """Start the agent, and wait until it serves."""
        agent = self.start("--config", self.config, variables=self.variables)
        agent.wait_until_serving()
        return agent

    def apply(self, *words: object) -> Run:
        """Run `edge-agent apply` for this box."""
        return run_edge_agent("apply", "--config", self.config, *words, **self.variables)


@pytest.fixture
def box(tmp_path: Path, start_agent: StartAgent) -> Box:
    made = Box(tmp_path, f"127.0.0.1:{free_port()}", start_agent)
    made.config.parent.mkdir()
    made.settings(name="etc/lane.toml")
    return made


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """The bundled model as version 9.9."""
    return _edited(tmp_path / "bundle", version="9.9")


@pytest.fixture
def bad_bundle(tmp_path: Path) -> Path:
    """A model whose files are as its manifest says, and that estimates other ages than where it was made."""
    return _edited(tmp_path / "bad", self_test={"age.int8.onnx": [60.0] * 8, "age.onnx": [60.0] * 8})


def _edited(folder: Path, **changes: object) -> Path:
    shutil.copytree(BUNDLED, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | changes))
    return folder
