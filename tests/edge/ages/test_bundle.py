"""Model bundles: files that do not match the manifest are rejected, and the threshold follows the risk."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Protocol

import pytest

from edge.ages import BUNDLED
from edge.ages.bundle import CPU_MODEL, GPU_MODEL, MANIFEST, Bundle, sha256_of
from edge.errors import UsageError
from edge.vision.crop import CROP_CONTRACT


class MakeBundle(Protocol):
    """Makes a folder with two small files as models, and a manifest with the given changes."""

    def __call__(self, **changes: object) -> Path: ...


@pytest.fixture
def make_bundle(tmp_path: Path) -> MakeBundle:
    """Makes a folder with two small files as models, and a manifest with the given changes."""

    def make(**changes: object) -> Path:
        contents = {CPU_MODEL: b"int8", GPU_MODEL: b"fp16"}
        for name, content in contents.items():
            (tmp_path / name).write_bytes(content)
        manifest: dict[str, object] = {
            "name": "small",
            "version": "1",
            "files": {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()},
            "crop_contract": CROP_CONTRACT,
            "decode": "expectation over 0..100",
            "use": "tests",
            "sources": [{"name": "none", "pictures": 0, "terms": "none"}],
            "test_error_years": {"none": 5.0},
            "thresholds": [
                threshold(risk, legal_age, most)
                for risk, legal_age, most in [(0.10, 18, 0.1), (0.02, 18, 0.01), (0.05, 18, 0.04), (0.10, 21, 0.2)]
            ],
            "made_with": {},
        }
        (tmp_path / MANIFEST).write_text(json.dumps(manifest | changes), encoding="utf-8")
        return tmp_path

    return make


def threshold(risk: float, legal_age: int = 18, most: float = 0.1, **changes: object) -> dict[str, object]:
    """A row of the manifest's thresholds."""
    row = {"legal_age": legal_age, "risk": risk, "max_p_under_legal": most, "challenge_age": 27, "underage": 100}
    return row | {"passed": 1, "ages": [13, 17]} | changes


def rejection(folder: Path) -> str:
    with pytest.raises(UsageError) as rejected:
        Bundle(folder)
    text = str(rejected.value)
    assert "\n" not in text
    return text


def test_an_unchanged_bundle_has_a_model_file_and_a_hash(make_bundle: MakeBundle) -> None:
    bundle = Bundle(make_bundle())
    assert bundle.cpu_model == bundle.folder / CPU_MODEL
    assert bundle.hash == hashlib.sha256(b"int8").hexdigest()[:12]


def test_the_bundled_model_is_complete() -> None:
    bundle = Bundle(BUNDLED)
    assert bundle.cpu_model.is_file()
    loose, strict = bundle.thresholds(0.1)[18], bundle.thresholds(0.02)[18]
    assert 0 < strict.max_p_under_legal < loose.max_p_under_legal <= 0.5
    assert 18 <= loose.challenge_age <= strict.challenge_age


@pytest.mark.parametrize("name", [CPU_MODEL, GPU_MODEL])
def test_one_changed_byte_in_any_file_is_rejected(name: str, make_bundle: MakeBundle) -> None:
    folder = make_bundle()
    (folder / name).write_bytes((folder / name).read_bytes()[:-1] + b"?")
    assert rejection(folder) == f"{folder / name} is not the file the manifest names: get the bundle again"


def test_the_error_for_a_missing_file_names_it(make_bundle: MakeBundle) -> None:
    folder = make_bundle()
    (folder / GPU_MODEL).unlink()
    assert rejection(folder) == f"cannot read {folder / GPU_MODEL}: No such file or directory"


def test_a_folder_without_a_manifest_is_not_a_bundle(tmp_path: Path) -> None:
    assert rejection(tmp_path) == f"no model bundle in {tmp_path}: it has no {MANIFEST}"


def test_the_error_for_another_crop_contract_names_both(make_bundle: MakeBundle) -> None:
    text = rejection(make_bundle(crop_contract="eyes-only/0"))
    assert "'eyes-only/0'" in text
    assert repr(CROP_CONTRACT) in text


def test_a_bundle_without_the_cpu_model_is_rejected(make_bundle: MakeBundle) -> None:
    folder = make_bundle(files={GPU_MODEL: hashlib.sha256(b"fp16").hexdigest()})
    assert f"has no {CPU_MODEL}" in rejection(folder)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"version": None}, "version"),
        ({"colour": "red"}, "colour"),
        ({"thresholds": [threshold(0.05, most=1.1)]}, "thresholds.0.max_p_under_legal"),
        ({"thresholds": [threshold(0)]}, "thresholds.0.risk"),
        ({"thresholds": [{"risk": 0.1, "challenge_age": 30, "teenagers": 1}]}, "thresholds.0.legal_age is missing"),
    ],
)
def test_the_error_for_an_invalid_manifest_names_the_field(
    changes: dict[str, object], named: str, make_bundle: MakeBundle
) -> None:
    folder = make_bundle(**changes)
    assert rejection(folder).startswith(f"{folder / MANIFEST} is damaged or of another version: {named}")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe"])
def test_a_damaged_manifest_is_rejected(content: bytes, make_bundle: MakeBundle) -> None:
    folder = make_bundle()
    (folder / MANIFEST).write_bytes(content)
    assert "is damaged" in rejection(folder)


@pytest.mark.parametrize(
    ("risk", "most"), [(0.2, 0.1), (0.1, 0.1), (0.099, 0.04), (0.05, 0.04), (0.04, 0.01), (0.02, 0.01)]
)
def test_the_threshold_is_that_of_the_largest_measured_risk_not_above_the_given_risk(
    risk: float, most: float, make_bundle: MakeBundle
) -> None:
    assert Bundle(make_bundle()).thresholds(risk)[18].max_p_under_legal == most


def test_there_is_no_threshold_below_the_smallest_measured_risk(make_bundle: MakeBundle) -> None:
    assert 18 not in Bundle(make_bundle()).thresholds(0.0099)


def test_every_legal_age_has_its_own_thresholds(make_bundle: MakeBundle) -> None:
    found = Bundle(make_bundle()).thresholds(0.10)
    assert {age: each.max_p_under_legal for age, each in found.items()} == {18: 0.1, 21: 0.2}


def test_a_bundle_without_thresholds_has_none(make_bundle: MakeBundle) -> None:
    assert Bundle(make_bundle(thresholds=[])).thresholds(0.05) == {}


def test_the_sha256_of_a_file_is_in_hexadecimal(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert sha256_of(tmp_path / "empty") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
