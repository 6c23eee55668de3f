"""The service on a Debian with systemd, in a container. Each test continues where the one before ended."""

from __future__ import annotations

import json
import re
import shutil
import threading
import time
import urllib.request
from pathlib import Path

import pytest

from edge.decision.policy import Decision, Reason
from edge.reports.archived import read_head
from edge.till.reference.dealer import load_keys
from tests.deploy.bundles import Signer, small_bundle
from tests.deploy.debian import Debian
from tests.deploy.installed import STATE, UNIT, files, hash_of, logged, rows, settings
from tests.deploy.releases import OPT, another_version, replace, version
from tests.deploy.sftp import sftp_server, write_rclone_config
from tests.ports import free_port
from tests.tills import CASHIER, TillDriver

pytestmark = pytest.mark.slow

EXPORT, UPLOAD = "edge-agent-export.service", "edge-agent-upload.service"
INSTALL = "/source/deploy/install.sh"
AGAIN = "edge-agent-install"
"""The installer of the installed version."""
WATCHDOG_S = 10


def test_after_the_installation_it_is_active_and_without_a_camera_degraded(installed: Debian) -> None:
    assert installed.show(UNIT, "ActiveState") == "active"
    assert installed.show(UNIT, "StatusText").startswith("degraded: lane-1: ")


def test_a_lost_camera_does_not_restart_the_service(installed: Debian) -> None:
    process = installed.show(UNIT, "MainPID")
    time.sleep(WATCHDOG_S + 2)
    assert installed.show(UNIT, "MainPID") == process
    assert installed.show(UNIT, "NRestarts") == "0"
    assert "the camera gives no picture (no such device)" in installed.show(UNIT, "StatusText")


def test_it_may_ask_whether_a_time_server_sets_the_clock_but_not_set_it(installed: Debian) -> None:
    assert "adjtimex" in installed.show(UNIT, "SystemCallFilter").split()
    assert "settimeofday" not in installed.show(UNIT, "SystemCallFilter").split()
    assert "cap_sys_time" not in installed.show(UNIT, "CapabilityBoundingSet")


def test_a_bundle_needs_no_checkout_and_leaves_the_key_of_those_who_signed_it(installed: Debian, stick: Path) -> None:
    key = installed.root / "etc/edge-agent/keys/releases.gpg"
    assert key.read_bytes() == (stick / "releases.gpg").read_bytes()
    assert installed.run("dpkg-query", "-W", "-f", "${db:Status-Status}", "python3-venv").stdout == "installed"
    assert list((installed.root / "var/tmp").glob("edge-agent-*")) == []


def test_a_bundle_that_somebody_else_signed_changes_nothing(installed: Debian, tmp_path: Path) -> None:
    other = Signer(tmp_path / "gpg")
    (installed.root / "srv/other.bundle").write_bytes(small_bundle(other))
    other.close()
    before, process = files(installed), installed.show(UNIT, "MainPID")
    done = installed.run(AGAIN, "--from", "/srv/other.bundle", check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "/srv/other.bundle is not signed by the key /etc/edge-agent/keys/releases.gpg" in done.stderr
    assert (files(installed), installed.show(UNIT, "MainPID")) == (before, process)


def test_installing_from_a_checkout_what_the_bundle_has_changes_nothing(installed: Debian) -> None:
    before, process = files(installed), installed.show(UNIT, "MainPID")
    assert "nothing has changed" in installed.run(INSTALL, timeout_s=120).stdout
    assert files(installed) == before
    assert installed.show(UNIT, "MainPID") == process


def test_two_installations_at_once_are_rejected(installed: Debian) -> None:
    process = installed.show(UNIT, "MainPID")
    done = installed.run("flock", "/run/edge-agent-install.lock", AGAIN, "--rollback", check=False)
    assert (done.returncode, done.stderr) == (
        1, "install.sh: another install.sh is running on this box: wait until it has ended\n"
    )  # fmt: skip
    assert installed.show(UNIT, "MainPID") == process


def test_without_a_version_before_there_is_no_way_back(installed: Debian) -> None:
    done = installed.run(AGAIN, "--rollback", check=False)
    assert (done.returncode, done.stderr) == (1, "install.sh: there is no version before on this box: install one\n")


def test_what_a_lane_never_uses_is_not_installed_and_nothing_is_missing(installed: Debian) -> None:
    pip = "/opt/edge-agent/current/bin/pip"
    versions = dict(line.split("==") for line in installed.run(pip, "list", "--format", "freeze").stdout.splitlines())
    assert (
        versions["opencv-python"]
        == versions["opencv-contrib-python"]
        == f"{versions['opencv-contrib-python-headless']}+headless"
    )
    assert versions["sounddevice"].endswith("+empty")
    assert "No broken requirements found" in installed.run(pip, "check").stdout
    assert not list(installed.root.glob("usr/lib/*/libGL.so*"))


def test_udev_accepts_the_rule_for_the_camera(installed: Debian) -> None:
    read = installed.run("udevadm", "test", "/sys/class/mem/null", check=False).stderr
    about_it = [line for line in read.splitlines() if "70-lane-camera.rules" in line]
    assert about_it == ["Reading rules file: /etc/udev/rules.d/70-lane-camera.rules"]


def test_its_sandbox_is_tight(installed: Debian) -> None:
    found = installed.run("systemd-analyze", "security", "--no-pager", UNIT).stdout
    assert float(re.findall(r"exposure level for \S+: ([\d.]+)", found)[0]) <= 2.0


def test_no_core_dump_can_hold_a_picture(installed: Debian) -> None:
    limits = installed.run("cat", f"/proc/{installed.show(UNIT, 'MainPID')}/limits").stdout
    assert re.search(r"Max core file size +0 +0 ", limits)


def test_the_export_leaves_the_box_and_catches_up_after_its_target_was_away(installed: Debian, tmp_path: Path) -> None:
    if not (rclone := shutil.which("rclone")):
        pytest.skip("no rclone here: apt-get install rclone")
    shutil.copy(rclone, installed.root / "usr/bin/rclone")
    port, collected = free_port(), tmp_path / "collected"
    write_rclone_config(rclone, installed.root / "etc/edge-agent/rclone.conf", port)
    installed.run("systemctl", "start", EXPORT)
    logged(installed, "connection refused", unit=UPLOAD)
    assert installed.show(EXPORT, "Result") == "success"
    installed.run("systemctl", "stop", UPLOAD)
    with sftp_server(rclone, collected, port):
        installed.run("systemctl", "start", EXPORT, UPLOAD, timeout_s=180)
    heads = [read_head(file) for file in sorted(collected.glob("*/*/lane-1/heads/*.json"))]
    assert len(heads) == 2, installed.log(UPLOAD)
    assert heads[0].number <= heads[1].number
    spool = installed.root / "var/lib/private/edge-agent-export"
    assert not any(file.stat().st_mode & 0o077 for file in spool.rglob("*"))


def test_it_is_ready_after_the_self_test_of_the_age_model(lane: Debian) -> None:
    log = lane.log(UNIT)
    started = [number for number, line in enumerate(log) if line.startswith("Started ")]
    loaded = [number for number, line in enumerate(log) if "age model" in line and "ONNX Runtime" in line]
    assert len(started) == len(loaded) == 2, "with and without a camera"
    assert all(model < ready for model, ready in zip(loaded, started, strict=True))


def test_a_till_gets_a_decision(lane: Debian, till: TillDriver) -> None:
    till.greet()
    assert till.decide_with_age().decision in (Decision.CHALLENGE, Decision.NO_CHALLENGE)


def test_after_a_kill_it_is_started_again_at_once(lane: Debian, till: TillDriver) -> None:
    for _ in range(3):
        till.greet()
        lane.run("systemctl", "kill", "--signal", "KILL", UNIT)
        till.greet()
    assert till.decide()
    assert lane.show(UNIT, "RestartUSec") == "200ms"


def test_a_sale_survives_a_kill_without_the_samples_taken_before(lane: Debian, till: TillDriver) -> None:
    till.greet()
    sale_id = till.open()
    lane.run("systemctl", "kill", "--signal", "KILL", UNIT)
    till.greet()
    till.scan(sale_id)
    assert Reason.RESTARTED in till.answer().reasons
    till.finish(sale_id)


def test_the_watchdog_restarts_a_hung_agent(lane: Debian, till: TillDriver) -> None:
    till.greet()
    lane.run("systemctl", "kill", "--signal", "STOP", "--kill-whom", "main", UNIT)
    logged(lane, "Watchdog timeout")
    till.greet()
    assert till.decide_with_age()


def test_settings_are_reloaded_without_losing_a_sale(lane: Debian, till: TillDriver, ports: tuple[int, int]) -> None:
    process = lane.show(UNIT, "MainPID")
    till.greet()
    sale_id = till.open()
    settings(lane, ports, "policy.challenge_age = 60")
    lane.run("systemctl", "reload", UNIT)
    logged(lane, "the new settings apply after the open sale")
    till.scan(sale_id)
    assert till.answer().threshold != 60, "a sale keeps the settings it began with"
    till.finish(sale_id)
    logged(lane, "now with settings")
    answer = till.decide_with_age()
    assert (answer.threshold, answer.decision) == (60, Decision.CHALLENGE)
    assert lane.show(UNIT, "MainPID") == process
    first, second = [record for record in rows(lane, "audit") if '"sale_id"' in record][-2:]
    assert sale_id in first
    assert hash_of(first) != hash_of(second)


def test_invalid_settings_leave_the_old_ones_in_use(lane: Debian, till: TillDriver, ports: tuple[int, int]) -> None:
    process = lane.show(UNIT, "MainPID")
    settings(lane, ports, "policy.challenge_age = 600")
    lane.run("systemctl", "reload", UNIT)
    assert "policy.challenge_age = 600" in logged(lane, "nothing was changed")
    till.greet()
    assert till.decide().threshold == 60
    assert lane.show(UNIT, "MainPID") == process
    settings(lane, ports)


def test_while_stopping_it_answers_and_delivers_everything(lane: Debian, till: TillDriver) -> None:
    till.greet()
    sale_id = till.open()
    till.scan(sale_id)
    stopping = threading.Thread(target=lane.run, args=("systemctl", "stop", UNIT))
    stopping.start()
    assert till.answer().sale_id == sale_id
    stopping.join()
    assert lane.show(UNIT, "Result") == "success", "TimeoutStopSec= was not needed, and it is five seconds"
    assert lane.show(UNIT, "TimeoutStopUSec") == "5s"
    assert rows(lane, "outbox") == []
    assert any(sale_id in record for record in rows(lane, "unfinished_sale")), "an open sale is kept"


def test_the_packages_for_purchases_are_installed_when_the_settings_enable_them(
    lane: Debian, till: TillDriver, ports: tuple[int, int]
) -> None:
    export = "edge-agent", "report", "export", "--config", "/etc/edge-agent/lane.toml", "--since", "1d", "--out", "/srv"
    assert "pip install 'edge-agent[insights]'" in lane.run(*export, check=False).stderr
    settings(lane, ports, more='insights.enabled = true\ninsights.notice = "We count purchases by age band."')
    lane.run(INSTALL, timeout_s=300)
    lane.run(*export)
    assert list((lane.root / "srv").glob("20*/*.parquet"))
    page = "edge-agent", "report", "cashiers", "--config", "/etc/edge-agent/lane.toml", "--html", "/srv/cashiers.html"
    lane.run(*page)
    assert (lane.root / "srv/cashiers.html").read_text().endswith("</html>")
    assert till.decide_with_age()


def test_the_gateway_for_tills_that_speak_http_runs_beside_the_agent(lane: Debian, ports: tuple[int, int]) -> None:
    port, gateway = free_port(), lane.root / "etc/edge-agent/gateway.toml"
    assert "pip install 'edge-agent[gateway]'" in lane.run("edge-gateway", "--till", "till-1", check=False).stderr
    text = f'listen = "127.0.0.1:{port}"\nagent = "tcp://127.0.0.1:{ports[0]}"\n[[till]]\nname = "till-7"\n'
    gateway.write_text(f'{text}token_file = "/etc/edge-agent/till-7.token"\n')
    token = lane.root / "etc/edge-agent/till-7.token"
    token.write_text("a-token-of-more-than-24-letters")
    lane.run(INSTALL, timeout_s=300)
    lane.run("chown", "edge-gateway", "/etc/edge-agent/till-7.token")
    token.chmod(0o600)
    lane.run("systemctl", "enable", "--now", "edge-gateway")
    assert lane.show("edge-gateway.service", "ActiveState") == "active"
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/tills/till-7/screen", headers={"Authorization": f"Bearer {token.read_text()}"}
    )
    end_s = time.monotonic() + 120
    while (state := json.load(urllib.request.urlopen(request, timeout=60)))["agent"]["state"] not in ("ok", "degraded"):
        assert time.monotonic() < end_s, state
        time.sleep(0.2)
    lane.run("systemctl", "disable", "--now", "edge-gateway")
    gateway.unlink()


def test_the_version_before_comes_back_without_a_network_and_goes_again(lane: Debian, till: TillDriver) -> None:
    new, old = version(lane), version(lane, "previous")
    for now, other in ((old, new), (new, old)):
        assert "done: " in lane.run("unshare", "--net", AGAIN, "--rollback", timeout_s=120).stdout
        assert (version(lane), version(lane, "previous")) == (now, other)
        till.greet()
        assert till.decide_with_age()
    assert {path.name for path in (lane.root / OPT[1:]).iterdir()} == {new, old, "current", "previous"}


def test_the_way_back_from_a_version_with_another_layout_of_the_database(lane: Debian, till: TillDriver) -> None:
    """A newer version starts well, sells, and is undone: the older one goes on from the copy, and no record is lost."""
    good = version(lane)
    newer = another_version(lane, "newer")
    schema = newer / "lib/python3.11/site-packages/edge/records/schema.py"
    replace(
        schema, f"{schema.read_text()}\nSCHEMA_STEPS = (*SCHEMA_STEPS, ('CREATE TABLE more (only TEXT) STRICT',))\n"
    )
    lane.run(AGAIN, "--rollback", timeout_s=120)
    assert version(lane) == "newer"
    kept = rows(lane, "audit")
    till.greet()
    assert till.decide_with_age()
    since = rows(lane, "audit")
    assert len(since) > len(kept)
    said = lane.run(AGAIN, "--rollback", timeout_s=120).stdout
    assert version(lane) == good
    assert "goes on from its copy of" in said
    *before, mark = rows(lane, "audit")
    assert before == kept
    assert '"mark":"restored"' in mark
    (aside,) = (lane.root / STATE / "newer").iterdir()
    assert f"It is in /var/lib/edge-agent/newer/{aside.name} now, with all records" in said
    assert rows(lane, "audit", f"newer/{aside.name}") == since
    till.greet()
    assert till.decide_with_age()
    verified = lane.run("edge-agent", "report", "verify", "--state-dir", "/var/lib/edge-agent").stdout
    assert "chain intact" in verified
    assert f"the one before ended with record {len(since)}" in verified


def test_a_version_that_does_not_start_leaves_the_one_before_running(lane: Debian, till: TillDriver) -> None:
    good = version(lane)
    replace(another_version(lane, "broken") / "bin/edge-agent", "#!/bin/sh\nexit 1\n")
    done = lane.run(AGAIN, "--rollback", timeout_s=120, check=False)
    assert done.returncode == 1
    assert "(broken) did not start, and " in done.stderr
    assert (version(lane), lane.show(UNIT, "ActiveState")) == (good, "active")
    till.greet()
    assert till.decide_with_age()


def test_a_till_on_the_network_connects_with_a_key_that_the_service_cannot_read_on_disk(
    lane: Debian, ports: tuple[int, int], tmp_path: Path
) -> None:
    settings(lane, ports, host="0.0.0.0")
    lane.run("edge-agent", "keys", "new", "till-9", "--config", "/etc/edge-agent/lane.toml", "--out", "/root/till-9")
    lane.run("systemctl", "restart", UNIT)
    assert lane.run("stat", "-c", "%U %a", "/etc/edge-agent/keys/agent.key_secret").stdout == "root 600\n"
    assert "10.77.0.0/16" in lane.show(UNIT, "IPAddressAllow").split()
    file = tmp_path / "till-9.key_secret"
    file.write_bytes((lane.root / "root/till-9").read_bytes())
    file.chmod(0o600)
    till = TillDriver("till-9", f"tcp://127.0.0.1:{ports[0]}", load_keys(file))
    till.greet()
    assert till.decide_with_age()
    till.close()


def test_a_change_is_applied_with_a_restart_and_undone_after_a_power_cut(lane: Debian, ports: tuple[int, int]) -> None:
    settings(lane, ports)
    config = lane.root / "etc/edge-agent/lane.toml"
    before = config.read_text().replace('metrics.listen = "off"', f'metrics.listen = "127.0.0.1:{free_port()}"')
    config.write_text(before)
    lane.run("systemctl", "restart", UNIT)
    (lane.root / "root/new.toml").write_text(before.replace("clock.trusted", 'log_level = "warning"\nclock.trusted'))
    done = lane.run("edge-agent", "apply", "/root/new.toml", check=False)
    assert (done.returncode, "needs a restart: log_level of lane-1" in done.stderr) == (1, True)
    started = lane.show(UNIT, "MainPID")
    done = lane.run("edge-agent", "apply", "/root/new.toml", "--restart", timeout_s=300)
    assert done.stdout == "settings: in place, and every lane is healthy; the version before is lane.toml.before\n"
    assert lane.show(UNIT, "MainPID") != started
    # As a power cut leaves it that comes before the new settings were confirmed. They would not even start.
    (lane.root / "etc/edge-agent/.lane.toml.apply").write_text('{"file": "/etc/edge-agent/lane.toml"}')
    config.write_text("rubbish")
    lane.run("systemctl", "restart", UNIT)
    assert config.read_text() == before
    assert lane.show(UNIT, "ActiveState") == "active"


def test_a_second_agent_has_its_own_settings_and_state(lane: Debian) -> None:
    (lane.root / "etc/edge-agent/lane2.toml").write_text(
        'camera = "test:"\nmetrics.listen = "off"\n[till]\nreliable = "ipc:///var/lib/edge-agent2/reliable"\n'
        'live = "ipc:///var/lib/edge-agent2/live"\n'
    )
    lane.run("systemctl", "enable", "--now", "edge-agent@2.service")
    assert lane.show("edge-agent@2.service", "ActiveState") == "active"
    assert (lane.root / f"{STATE}2" / "lane.db").is_file()
    assert lane.show(UNIT, "ActiveState") == "active"


def test_the_log_has_no_names_and_no_pictures(lane: Debian) -> None:
    log = lane.log(UNIT)
    assert len(rows(lane, "audit")) >= 5
    assert any(CASHIER in record for record in rows(lane, "audit")), "the audit names the cashier"
    assert not any(CASHIER in line for line in log)
    assert not any(len(line) > 500 or re.search(r"[A-Za-z0-9+/]{80}|\\x[0-9a-f]{2}|Traceback", line) for line in log)


def test_the_uninstaller_keeps_the_audit(lane: Debian) -> None:
    lane.run("systemctl", "stop", UNIT)
    kept = rows(lane, "audit")
    lane.run(INSTALL, "--uninstall", timeout_s=300)
    for unit in (UNIT, "edge-agent@2.service"):
        assert (lane.show(unit, "LoadState"), lane.show(unit, "ActiveState")) == ("not-found", "inactive")
    assert not (lane.root / "opt/edge-agent").exists()
    assert not list((lane.root / "etc/systemd/system").rglob("edge-*"))
    assert rows(lane, "audit") == kept
    assert (lane.root / "etc/edge-agent/lane.toml").is_file()


def test_the_debian_package_does_the_same_and_a_purge_keeps_the_audit(
    lane: Debian, till: TillDriver, ports: tuple[int, int], stick: Path
) -> None:
    (package,) = stick.glob("*.deb")
    shutil.copy(package, lane.root / "srv")
    settings(lane, ports)
    apt = "apt-get", "-qq", "--yes", "-o", "Dpkg::Use-Pty=0"
    lane.run("unshare", "--net", *apt, "install", f"/srv/{package.name}", timeout_s=600)
    till.greet()
    assert till.decide_with_age()
    lane.run(*apt, "remove", "edge-agent", timeout_s=300)
    assert (lane.show(UNIT, "LoadState"), lane.show(UNIT, "ActiveState")) == ("not-found", "inactive")
    assert (lane.root / "etc/edge-agent/lane.toml").is_file()
    kept = rows(lane, "audit")
    assert "the audit stays" in lane.run(*apt, "purge", "edge-agent", timeout_s=300).stdout
    assert not (lane.root / "etc/edge-agent").exists()
    assert rows(lane, "audit") == kept
