"""The compose file: its files exist, its settings are valid, and only Prometheus can be reached from outside."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from edge.settings.load import load_settings
from tests.deploy.debian import REPOSITORY

FOLDER = REPOSITORY / "deploy" / "containers"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The file with the defaults of its variables."""
    text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", (FOLDER / "compose.yaml").read_text())
    return dict(yaml.safe_load(text))


def test_files_volumes_and_networks_exist(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            assert (FOLDER / source).is_file() if source.startswith(".") else source in compose["volumes"]
        assert set(service.get("networks", ())) <= set(compose["networks"])


def test_its_settings_are_valid(compose: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in compose["services"]["lane-1"]["environment"].items():
        monkeypatch.setenv(name, value)
    settings = load_settings(["--config", str(FOLDER / "lane.toml")])
    assert settings.metrics.listen == "0.0.0.0:9464"
    till = compose["services"]["till"]
    assert settings.till.reliable == till["entrypoint"][-1]


def test_a_lane_has_no_way_out_and_no_port(compose: dict[str, Any]) -> None:
    lane = compose["services"]["lane-1"]
    assert [compose["networks"][name]["internal"] for name in lane["networks"]] == [True]
    assert "ports" not in lane
    assert compose["services"]["till"]["network_mode"] == "none"
    assert all(port.startswith("127.0.0.1:") for port in compose["services"]["prometheus"]["ports"])


def test_prometheus_reads_the_lane_that_is_there(compose: dict[str, Any]) -> None:
    config = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    (target,) = config["scrape_configs"][0]["static_configs"][0]["targets"]
    service, port = target.split(":")
    assert compose["services"][service]["environment"]["EDGE_METRICS__LISTEN"].endswith(f":{port}")
    rules = f"../prometheus/edge-agent.rules.yml:/etc/prometheus/{config['rule_files'][0]}:ro"
    assert rules in compose["services"]["prometheus"]["volumes"]
