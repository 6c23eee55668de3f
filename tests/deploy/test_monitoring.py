"""The alert rules and the dashboard: alerts fire when they should, and every query uses metrics that exist."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "deploy" / "prometheus"
RULES = PROMETHEUS / "edge-agent.rules.yml"
RULES_TEST = Path(__file__).with_name("prometheus") / "rules.test.yml"
DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "edge-agent.json").read_text(encoding="utf-8"))
MANUAL = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")


def promtool(*words: object) -> str:
    if not shutil.which("promtool"):
        pytest.skip("promtool is not installed: it comes with Prometheus, on Debian apt install prometheus")
    done = subprocess.run(["promtool", *map(str, words)], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


VARIABLES = {variable["name"]: variable for variable in DASHBOARD["templating"]["list"]}
GROUPS = {option["text"]: option["value"] for option in VARIABLES["by"]["options"]}
"""What a line of a panel is for, and the labels that it is grouped by."""


def expressions(by: str = "lane") -> Iterator[tuple[str, str]]:
    """Title and query of every panel of the dashboard, with its variables filled in as Grafana does."""
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            yield panel["title"], filled_in(target["expr"], by)
    for annotation in DASHBOARD["annotations"]["list"]:
        yield annotation["name"], filled_in(annotation["expr"], by)


def filled_in(query: str, by: str = "lane", **chosen: str) -> str:
    """by: one of GROUPS. chosen: values of the variables store, box and lane, of which several are written a|b; all if
    not given."""
    query = query.replace("$__rate_interval", "1m").replace("$by", GROUPS[by])
    for name in ("store", "box", "lane"):
        query = query.replace(f"${name}", chosen.get(name, ".*"))
    assert "$" not in query
    return query


def metrics_in(text: str) -> set[str]:
    """The agent's metrics in a text, without the suffixes that Prometheus adds to the name of a histogram."""
    found = set(re.findall(r"\bedge_agent_\w+", text))
    return {re.sub(r"(_seconds)_(bucket|count|sum)$", r"\1", name) for name in found}


def test_every_alert_fires_when_it_should_and_is_silent_when_it_should_not() -> None:
    assert "SUCCESS" in promtool("test", "rules", RULES_TEST)


def test_a_weakened_rule_fails_its_test(tmp_path: Path) -> None:
    """The test above can fail."""
    weaker = RULES.read_text(encoding="utf-8").replace(
        'edge_agent_problem{part="camera"} == 1\n', "vector(0) == 1\n", 1
    )
    (tmp_path / RULES.name).write_text(weaker, encoding="utf-8")
    test = re.sub(r"rule_files: .*", f"rule_files: [{RULES.name}]", RULES_TEST.read_text(encoding="utf-8"))
    (tmp_path / RULES_TEST.name).write_text(test, encoding="utf-8")
    with pytest.raises(AssertionError, match="EdgeLaneCameraLost"):
        promtool("test", "rules", tmp_path / RULES_TEST.name)


def test_every_alert_is_tested_and_described() -> None:
    alerts = re.findall(r"- alert: (\w+)", RULES.read_text(encoding="utf-8"))
    tests = RULES_TEST.read_text(encoding="utf-8")
    assert len(alerts) == len(set(alerts)) >= 10
    for alert in alerts:
        assert re.search(rf"alertname: {alert}\n +eval_time: \w+\n +exp_alerts:\n +- ", tests), f"{alert} never fires"
    described = re.findall(r"^\| `(Edge\w+)`", MANUAL, re.MULTILINE)
    assert sorted(described) == sorted(alerts)


def test_the_example_configuration_is_valid() -> None:
    promtool("check", "config", PROMETHEUS / "prometheus.yml")


def test_rules_and_dashboard_use_only_metrics_of_the_agent() -> None:
    listed = set(re.findall(r"^\| `(edge_agent_\w+)", MANUAL, re.MULTILINE))
    assert metrics_in(RULES.read_text(encoding="utf-8")) - listed == set()
    for title, query in expressions():
        assert metrics_in(query) - listed == set(), title


@pytest.mark.parametrize("by", GROUPS)
def test_every_query_of_the_dashboard_is_valid(by: str, tmp_path: Path) -> None:
    rules = [{"record": f"panel:{number}", "expr": query} for number, (_, query) in enumerate(expressions(by))]
    file = tmp_path / "panels.json"
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}), encoding="utf-8")
    assert f"{len(rules)} rules found" in promtool("check", "rules", file)


def test_store_box_and_lane_can_be_chosen_and_every_panel_shows_only_what_is_chosen() -> None:
    for name in ("store", "box", "lane"):
        assert (VARIABLES[name]["multi"], VARIABLES[name]["includeAll"]) == (True, True)
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            for selector in re.findall(r"(?:edge_agent|process|ALERTS)[\w:]*\{([^}]*)\}", target["expr"]):
                assert 'store=~"$store' in selector, panel["title"]
                assert 'box=~"$box' in selector, panel["title"]


CHAIN = (("hill", "hill-01", "lane-1", 1, 4), ("hill", "hill-02", "wine", 3, 1), ("sea", "sea-01", "lane-1", 1, 1))
"""Store, box and lane; answers of a minute that are UNKNOWN, and others."""


@pytest.mark.parametrize(
    ("by", "chosen", "shares"),
    [
        ("store", {}, {'{store="hill"}': 4 / 9, '{store="sea"}': 1 / 2}),
        ("box", {"store": "hill"}, {'{store="hill", box="hill-01"}': 1 / 5, '{store="hill", box="hill-02"}': 3 / 4}),
        ("store", {"box": "hill-01|sea-01"}, {'{store="hill"}': 1 / 5, '{store="sea"}': 1 / 2}),
        ("lane", {"box": "sea-01"}, {'{store="sea", box="sea-01", lane="lane-1"}': 1 / 2}),
        ("store", {"lane": "wine"}, {'{store="hill"}': 3 / 4}),
    ],
)
def test_figures_are_added_up_by_lane_box_or_store(
    by: str, chosen: dict[str, str], shares: dict[str, float], tmp_path: Path
) -> None:
    [panel] = [panel for panel in DASHBOARD["panels"] if panel["title"].startswith("UNKNOWN answers")]
    series = []
    for store, box, lane, unknown, others in CHAIN:
        labels = f'store="{store}", box="{box}", lane="{lane}", instance="{box}:9464"'
        for decision, each_minute in (("UNKNOWN", unknown), ("CHALLENGE", others)):
            name = f'edge_agent_decisions_total{{{labels}, decision="{decision}"}}'
            series.append({"series": name, "values": f"0+{each_minute}x120"})
    test = {
        "expr": filled_in(panel["targets"][0]["expr"], by, **chosen),
        "eval_time": "2h",
        "exp_samples": [{"labels": labels, "value": share} for labels, share in shares.items()],
    }
    file = tmp_path / "chain.test.json"
    content = {"tests": [{"interval": "1m", "input_series": series, "promql_expr_test": [test]}]}
    file.write_text(json.dumps(content), encoding="utf-8")
    assert "SUCCESS" in promtool("test", "rules", file)


def test_the_panels_of_the_dashboard_fill_the_page_and_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    places: list[dict[str, Any]] = [panel["gridPos"] for panel in DASHBOARD["panels"]]
    for place in places:
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                 for y in range(place["y"], place["y"] + place["h"])}  # fmt: skip
        assert not cells & taken
        taken |= cells
    assert len(taken) == 24 * max(place["y"] + place["h"] for place in places)
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
