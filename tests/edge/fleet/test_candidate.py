"""What `edge-agent apply` accepts, and what it rejects before anything is changed. No agent runs."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from edge.ages import BUNDLED
from edge.errors import UsageError
from edge.fleet.apply import apply
from edge.settings.lanes import load_lanes
from edge.settings.signature import new_keys
from edge.settings.signed import sign
from tests.edge.fleet.conftest import Box

NOW = datetime(2026, 11, 30, 18, tzinfo=timezone.utc)


@pytest.fixture
def chain(box: Box, monkeypatch: pytest.MonkeyPatch) -> Box:
    """A box that includes signed settings."""
    monkeypatch.setenv("EDGE_METRICS__LISTEN", box.address)
    new_keys(box.folder / "chain.key_secret", box.config.with_name("chain.key"))
    box.settings('include = "chain.toml"\ninclude_key = "chain.key"\nstore = "hill"\nbox = "lane-3"', "etc/lane.toml")
    signed(box, "policy.min_looks = 5", NOW, "etc/chain.toml")
    return box


def signed(box: Box, text: str, at: datetime, name: str = "chain.toml") -> Path:
    file = box.folder / name
    file.write_bytes(sign(text, box.folder / "chain.key_secret", at))
    return file


def run(box: Box, *words: object) -> None:
    apply(["--config", str(box.config), *map(str, words)])


def rejection(box: Box, *words: object) -> str:
    with pytest.raises(UsageError) as rejected:
        run(box, *words)
    assert "\n" not in str(rejected.value)
    return str(rejected.value).replace(f"{box.folder}/", "")


def min_looks(box: Box) -> int:
    return load_lanes([], box.config)[0].policy.min_looks


def test_newer_shared_settings_are_put_in_place(chain: Box, capsys: pytest.CaptureFixture[str]) -> None:
    run(chain, signed(chain, "policy.min_looks = 6", NOW + timedelta(days=1)))
    assert min_looks(chain) == 6
    assert capsys.readouterr().out == "shared settings: in place; no agent runs, its next start uses it\n"


def test_older_shared_settings_are_rejected_unless_the_operator_goes_back(chain: Box) -> None:
    older = signed(chain, "policy.min_looks = 4", NOW - timedelta(days=1))
    assert rejection(chain, older) == (
        "chain.toml was signed at 2026-11-29 18:00:00 UTC, before what the box has (2026-11-30 18:00:00 UTC): sign it "
        "again, or go back with --older"
    )
    assert min_looks(chain) == 5
    run(chain, older, "--older")
    assert min_looks(chain) == 4


def test_shared_settings_of_another_key_and_changed_ones_are_rejected(chain: Box) -> None:
    new = signed(chain, "policy.min_looks = 6", NOW + timedelta(days=1))
    new.write_bytes(new.read_bytes().replace(b"= 6", b"= 1"))
    assert "chain.toml is not signed with the key etc/chain.key, or was changed since" in rejection(chain, new)
    assert min_looks(chain) == 5


def test_shared_settings_that_are_wrong_with_the_boxs_own_are_rejected(chain: Box) -> None:
    new = signed(chain, 'till.live = "hello"', NOW + timedelta(days=1))
    run(chain, new)  # the box has its own
    new = signed(chain, "policy.legal_age = 19", NOW + timedelta(days=2))
    assert rejection(chain, new).startswith("policy.legal_age = 19: the model research has limits for")


def test_a_box_without_an_include_has_no_place_for_shared_settings(chain: Box) -> None:
    chain.settings(name="etc/lane.toml")
    assert "includes no signed settings: write include" in rejection(chain, signed(chain, "", NOW))


def test_only_the_boxes_of_a_share_are_changed(chain: Box, capsys: pytest.CaptureFixture[str]) -> None:
    new = signed(chain, "policy.min_looks = 6", NOW + timedelta(days=1))
    run(chain, new, "--share", "10%")
    assert min_looks(chain) == 5
    assert (
        capsys.readouterr().out == "not for this box: hill/lane-3 is among 55.5 % of the boxes, and this is for 10 %\n"
    )
    run(chain, new, "--share", "60%")
    assert min_looks(chain) == 6


def test_the_first_shared_settings_of_a_box_can_be_for_a_share_too(chain: Box) -> None:
    (chain.config.parent / "chain.toml").unlink()
    first = signed(chain, "policy.min_looks = 6", NOW)
    run(chain, first, "--share", "10%")
    assert not (chain.config.parent / "chain.toml").exists()
    run(chain, first, "--share", "60%")
    assert min_looks(chain) == 6


def test_a_check_changes_nothing(chain: Box, capsys: pytest.CaptureFixture[str]) -> None:
    run(chain, signed(chain, "policy.min_looks = 6", NOW + timedelta(days=1)), "--check")
    assert capsys.readouterr().out == "shared settings: can be put in place\n"
    assert min_looks(chain) == 5


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ("policy.min_lookz = 5", "new.toml, line 5: policy.min_lookz: there is no such setting"),
        ('model = "/nowhere"', "no model bundle in /nowhere: it has no manifest.json"),
        ("policy.legal_age = 19", "policy.legal_age = 19: the model research has limits for"),
        ('web = "0.0.0.0:8080"', "web = '0.0.0.0:8080' can be reached from other machines"),
        ("[[lane]]\n", "new.toml, line 5: [[lane]] number 1 has no name"),
        ("= 3", "new.toml is not TOML: line 5"),
    ],
)
def test_settings_that_a_start_would_reject_are_rejected(chain: Box, more: str, problem: str) -> None:
    before = chain.config.read_bytes()
    assert rejection(chain, chain.settings(more)).startswith(problem)
    assert chain.config.read_bytes() == before
    assert not chain.config.with_name("lane.toml.before").exists()


def test_a_public_address_needs_the_key_of_a_till(chain: Box) -> None:
    new = chain.folder / "new.toml"
    text = chain.settings().read_text().replace(f"ipc://{chain.folder}/reliable", "tcp://0.0.0.0:5557")
    new.write_text(text)
    assert "can be reached from other machines, and no till has a key" in rejection(chain, new)


def test_the_version_before_is_whole_after_two_changes(chain: Box) -> None:
    for number in (6, 7):
        run(chain, signed(chain, f"policy.min_looks = {number}", NOW + timedelta(days=number)))
    run(chain, chain.config.with_name("chain.toml.before"), "--older")
    assert min_looks(chain) == 6


def pack(folder: Path, names: Callable[[str], str]) -> Path:
    file = folder / "model.tar"
    with tarfile.open(file, "w") as archive:
        for path in sorted(BUNDLED.iterdir()):
            archive.add(path, names(path.name))
    return file


def test_a_bundle_is_unpacked_from_tar_and_zip(chain: Box) -> None:
    pytest.importorskip("tomlkit")
    run(chain, pack(chain.folder, lambda name: f"./{name}"))
    first = load_lanes([], chain.config)[0].model
    packed = chain.folder / "model.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in BUNDLED.iterdir():
            archive.write(path, f"age/{path.name}")
    run(chain, packed)
    assert first == load_lanes([], chain.config)[0].model
    assert first
    assert sorted(path.name for path in first.iterdir()) == sorted(path.name for path in BUNDLED.iterdir())


@pytest.mark.parametrize(
    ("name", "problem"),
    [("../../{}", "it has the file ../../MODEL_CARD.md"), ("/tmp/{}", "MODEL_CARD.md: a bundle has all files in one")],
)
def test_an_archive_cannot_write_elsewhere(chain: Box, name: str, problem: str) -> None:
    packed = chain.folder / "model.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(BUNDLED.iterdir()):
            archive.write(path, name.format(path.name))
            archive.filelist[-1].filename = name.format(path.name)
    assert problem in rejection(chain, packed)


def test_links_and_damaged_archives_are_rejected(chain: Box) -> None:
    file = chain.folder / "model.tar"
    with tarfile.open(file, "w") as archive:
        link = tarfile.TarInfo("manifest.json")
        link.type, link.linkname = tarfile.SYMTYPE, str(BUNDLED / "manifest.json")
        archive.addfile(link, io.BytesIO())
    assert "it has no manifest.json" in rejection(chain, file)
    whole = pack(chain.folder, lambda name: name)
    whole.write_bytes(whole.read_bytes()[:2_000_000])
    assert "model.tar: it is a damaged archive" in rejection(chain, whole)
    subprocess.run(["gzip", "--fast", whole], check=True)
    packed = whole.with_name("model.tar.gz")
    packed.write_bytes(packed.read_bytes()[:1_000_000])
    assert "model.tar.gz: it is a damaged archive" in rejection(chain, packed)


def test_a_bundle_that_is_not_whole_is_rejected(chain: Box) -> None:
    folder = chain.folder / "model"
    shutil.copytree(BUNDLED, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"files": {"age.int8.onnx": "0" * 64}}))
    assert "age.int8.onnx is not the file the manifest names" in rejection(chain, folder)
    assert not any((chain.folder / "state" / "models").iterdir())
