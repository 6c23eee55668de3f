"""Every mistake of a user ends in one clear line with the fix, exit code 2 (1 while running), and no traceback."""

from __future__ import annotations

import json
import os
import pty
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from edge.ages import BUNDLED
from tests.commands import EdgeAgent, Run


def assert_one_line(run: Run, code: int, *expected: str) -> None:
    assert run.code == code, run.err
    lines = run.err.strip().splitlines()
    assert len(lines) == 1, run.err
    for text in expected:
        assert text in lines[0]
    assert "Traceback" not in run.err
    assert run.out == ""


def test_no_source(edge_agent: EdgeAgent) -> None:
    assert_one_line(edge_agent("run"), 2, "no source", "--camera 0")


@pytest.mark.parametrize(
    ("camera", "shown", "reason"),
    [
        ("rtsp://127.0.0.1:9/lane", "rtsp://127.0.0.1:9/lane", "Connection refused"),
        (os.fsdecode(b"/dev/odd\xff"), r"/dev/odd\udcff", "its name is not UTF-8"),
    ],
)
def test_a_missing_camera_at_a_terminal(camera: str, shown: str, reason: str) -> None:
    code, lines = run_at_a_terminal("--camera", camera)
    assert (code, len(lines)) == (1, 1)
    assert f"camera {shown} gives no picture: is it plugged in" in lines[0]
    assert reason in lines[0]


@pytest.mark.parametrize(
    ("flag", "setting"), [("--metrics.listen", "metrics.listen"), ("--web", "web"), ("--till.live", "till.live")]
)
def test_an_address_in_use_at_a_terminal(flag: str, setting: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        if setting == "till.live":
            address = f"tcp://{address}"
        sockets = ("--till.reliable", f"ipc://{tmp_path}/reliable", "--till.live", f"ipc://{tmp_path}/live")
        code, lines = run_at_a_terminal("--camera", "test:", *sockets, flag, address)
    assert (code, len(lines)) == (2, 1), lines
    assert f"{setting} = '{address}': Address already in use: stop the other program" in lines[0]


def run_at_a_terminal(*flags: str) -> tuple[int, list[str]]:
    """The exit code of an agent that somebody starts at a terminal, and what is shown there."""
    terminal, inside = pty.openpty()
    command = [sys.executable, "-m", "edge", *flags]
    run = subprocess.run(command, stdin=inside, stdout=subprocess.PIPE, stderr=inside, check=False, timeout=180)
    os.close(inside)
    lines = os.read(terminal, 4096).decode().splitlines()
    os.close(terminal)
    return run.returncode, lines


@pytest.mark.parametrize("source", ["webcam", "ftp://camera", "rtsp:/one-slash", "", "99999999999"])
def test_an_invalid_source(source: str, edge_agent: EdgeAgent) -> None:
    assert_one_line(edge_agent("--camera", source), 2, "is none of 0, /dev/...")


def test_a_missing_video(edge_agent: EdgeAgent, tmp_path: Path) -> None:
    assert_one_line(edge_agent("--video", tmp_path / "gone.mkv"), 2, "no video at", "gone.mkv")


def test_a_text_file_named_mp4(edge_agent: EdgeAgent, tmp_path: Path) -> None:
    file = tmp_path / "notes.mp4"
    file.write_text("beer, bread, butter\n" * 200, encoding="utf-8")
    assert_one_line(edge_agent("--video", file, "--replay"), 2, "notes.mp4 (4000 bytes) is not a video")


def test_an_empty_video(edge_agent: EdgeAgent, tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    assert_one_line(edge_agent("--video", tmp_path / "empty.mp4"), 2, "(0 bytes) is not a video")


def test_a_recording_given_as_camera(edge_agent: EdgeAgent, demo_clip: Path) -> None:
    assert_one_line(edge_agent("--camera", demo_clip), 2, "use --video")


@pytest.mark.parametrize("name", [b"odd\xff.mkv", b"\x1b[31m\n.mkv"])
def test_a_name_that_cannot_be_shown(name: bytes, edge_agent: EdgeAgent, moment: Path, tmp_path: Path) -> None:
    clip = tmp_path / os.fsdecode(name)
    shown = str(tmp_path) + {b"odd\xff.mkv": r"/odd\udcff.mkv"}.get(name, r"/\x1b[31m\n.mkv")
    assert_one_line(edge_agent("--video", clip), 2, f"no video at {shown}")
    assert_one_line(edge_agent("--camera", clip), 2, "is none of 0, /dev/...")
    assert_one_line(edge_agent("run", "--config", clip), 2, f"cannot read the config {shown}")
    clip.write_bytes(moment.read_bytes())
    run = edge_agent("--video", clip, "--replay", "--events", tmp_path / os.fsdecode(name + b".jsonl"))
    assert run.code == 0, run.err
    clip.write_bytes(moment.read_bytes()[:2000])
    assert_one_line(edge_agent("--video", clip, "--replay"), 2, f"{shown} (2000 bytes) is not a video")


def test_an_unknown_command(edge_agent: EdgeAgent) -> None:
    assert_one_line(edge_agent("wlak"), 2, "no command 'wlak'", "predict")


def test_an_unknown_flag(edge_agent: EdgeAgent) -> None:
    assert_one_line(edge_agent("--camera", "0", "--speed", "9"), 2, "--speed", "--help")


def test_a_threshold_out_of_range(edge_agent: EdgeAgent) -> None:
    run = edge_agent("--camera", "0", "--policy.challenge-age", "7")
    assert_one_line(run, 2, "policy.challenge_age", "'7'", "must be at least 18")


def test_a_variable_out_of_range(edge_agent: EdgeAgent) -> None:
    assert_one_line(edge_agent("--camera", "0", EDGE_POLICY__LEGAL_AGE="old"), 2, "policy.legal_age", "'old'")


def test_an_unknown_config_key(edge_agent: EdgeAgent, tmp_path: Path) -> None:
    config = tmp_path / "lane.toml"
    config.write_text("camera = 0\n[policy]\nchalenge_age = 25\n", encoding="utf-8")
    assert_one_line(
        edge_agent("run", "--config", config),
        2,
        "policy.chalenge_age: there is no such setting (did you mean policy.challenge_age?)",
    )


def test_a_config_that_is_not_toml(edge_agent: EdgeAgent, tmp_path: Path) -> None:
    config = tmp_path / "lane.toml"
    config.write_text("camera: 0\n", encoding="utf-8")
    assert_one_line(edge_agent("run", "--config", config), 2, "lane.toml is not TOML")


def test_a_missing_config(edge_agent: EdgeAgent, tmp_path: Path) -> None:
    assert_one_line(edge_agent("run", "--config", tmp_path / "lane.toml"), 2, "cannot read the config")


def test_events_into_a_missing_folder(edge_agent: EdgeAgent, demo_clip: Path, tmp_path: Path) -> None:
    run = edge_agent("--video", demo_clip, "--replay", "--events", tmp_path / "no" / "events.jsonl")
    assert_one_line(run, 2, "cannot write events to", "No such file")


def test_a_port_in_use(edge_agent: EdgeAgent, demo_clip: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        address = f"tcp://127.0.0.1:{other.getsockname()[1]}"
        run = edge_agent("--video", demo_clip, "--till.reliable", address, "--till.live", "tcp://127.0.0.1:*")
    assert_one_line(run, 2, "till.reliable", address, "in use", "choose another port")


def test_a_public_address_without_keys(edge_agent: EdgeAgent, demo_clip: Path, tmp_path: Path) -> None:
    run = edge_agent("--video", demo_clip, "--till.reliable", "tcp://0.0.0.0:5557", "--state-dir", tmp_path)
    assert_one_line(run, 2, "till.reliable", "no till has a key", "edge-agent keys new TILL")


def test_a_missing_model(edge_agent: EdgeAgent, demo_clip: Path, tmp_path: Path) -> None:
    run = edge_agent("--video", demo_clip, "--replay", "--model", tmp_path)
    assert_one_line(run, 2, "no model bundle in", "manifest.json")


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BUNDLED, tmp_path / "bundle"))


def test_a_changed_model_file(edge_agent: EdgeAgent, demo_clip: Path, bundle: Path) -> None:
    model = bundle / "age.int8.onnx"
    model.write_bytes(model.read_bytes()[:-1] + b"!")
    run = edge_agent("--video", demo_clip, "--replay", "--model", bundle)
    assert_one_line(run, 2, "age.int8.onnx is not the file the manifest names")


def test_a_model_that_is_not_onnx_although_its_hash_fits(edge_agent: EdgeAgent, demo_clip: Path, bundle: Path) -> None:
    from edge.ages.bundle import sha256_of

    (bundle / "age.int8.onnx").write_bytes(b"rubbish")
    manifest = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"]["age.int8.onnx"] = sha256_of(bundle / "age.int8.onnx")
    (bundle / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    run = edge_agent("--video", demo_clip, "--replay", "--model", bundle)
    assert_one_line(run, 2, "is not a model that ONNX Runtime can load: get the bundle again")


def test_a_damaged_manifest(edge_agent: EdgeAgent, demo_clip: Path, bundle: Path) -> None:
    (bundle / "manifest.json").write_text("{", encoding="utf-8")
    run = edge_agent("--video", demo_clip, "--replay", "--model", bundle)
    assert_one_line(run, 2, "manifest.json is damaged")


def test_a_failed_start_leaves_no_event_file_behind(edge_agent: EdgeAgent, tmp_path: Path) -> None:
    edge_agent("--video", tmp_path / "gone.mkv", "--replay", "--events", tmp_path / "events.jsonl")
    assert list(tmp_path.iterdir()) == []
