"""A model bundle: a folder with the model files and a manifest with their hashes. No other model is ever loaded."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from edge.errors import UsageError
from edge.language.system import system_words
from edge.language.words import words
from edge.settings.json_files import read_json
from edge.vision.crop import CROP_CONTRACT

CPU_MODEL = "age.int8.onnx"
GPU_MODEL = "age.onnx"
MANIFEST = "manifest.json"


class Source(BaseModel):
    """Photos that the model was trained on; or, with 0 pictures, a network that taught it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    pictures: int
    terms: str


class Threshold(BaseModel):
    """If everyone is asked for ID who is under `legal_age` with a probability above `max_p_under_legal`, at most a
    share `risk` of the people who are up to five years younger pass.

    risk: upper end of the 95 % interval, measured on `underage` photos, of which `passed` passed. ages: the youngest
    and oldest age of the people on these photos; not below the legal age only where an age band alone is known.
    challenge_age: the mean age that divides those who are asked from those who are not best, in years.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    legal_age: Annotated[int, Field(ge=10, le=25)]
    risk: Annotated[float, Field(gt=0, lt=1)]
    max_p_under_legal: Annotated[float, Field(ge=0, le=1)]
    challenge_age: Annotated[int, Field(ge=10, le=100)]
    underage: int
    passed: int
    ages: tuple[int, int]


class Manifest(BaseModel):
    """The manifest of a bundle."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    version: str
    files: dict[str, str]
    """sha256 of every file of the bundle, except the manifest and the report card."""

    crop_contract: str
    decode: str
    use: str
    """What the model may be used for."""

    sources: tuple[Source, ...]
    test_error_years: dict[str, float]
    """Mean error on the test photos of each source, in years; measured with the CPU model."""

    temperature: Annotated[float, Field(gt=0)] = 1.0
    """Calibration of the model files' output, see `edge.ages.calibration`."""

    thresholds: tuple[Threshold, ...]
    """Measured after calibration, on photos that were not used for training."""

    self_test: dict[str, tuple[float, ...]] = {}
    """By file: the ages of the patterns of `edge.ages.self_test`, as estimated where the bundle was made."""

    made_with: dict[str, str]


class Bundle:
    """A bundle whose files match its manifest."""

    def __init__(self, folder: Path) -> None:
        """Raises UsageError when a file is missing, damaged or changed, or was made for another crop contract."""
        self.folder = folder
        manifest = folder / MANIFEST
        try:
            self.manifest = read_json(manifest, Manifest)
        except OSError:
            raise UsageError(
                words("no model bundle in {folder}: it has no {manifest}", folder=folder, manifest=MANIFEST)
            ) from None
        except ValueError as problem:
            raise UsageError(
                words(
                    "{manifest} is damaged or of another version: {problem}; get the bundle again, or make it "
                    "with this version's edge-export bundle",
                    manifest=manifest,
                    problem=problem,
                )
            ) from None
        for name, expected in self.manifest.files.items():
            if sha256_of(folder / name) != expected:
                raise UsageError(
                    words("{file} is not the file the manifest names: get the bundle again", file=folder / name)
                )
        if self.manifest.crop_contract != CROP_CONTRACT:
            raise UsageError(
                words(
                    "{folder} was trained on crops of contract {theirs!r}, this agent makes "
                    "{ours!r}: use a bundle of the same release",
                    folder=folder,
                    theirs=self.manifest.crop_contract,
                    ours=CROP_CONTRACT,
                )
            )
        if CPU_MODEL not in self.manifest.files:
            raise UsageError(
                words(
                    "{folder} has no {file}: make the bundle again with edge-export bundle",
                    folder=folder,
                    file=CPU_MODEL,
                )
            )

    @property
    def cpu_model(self) -> Path:
        """The INT8 ONNX file."""
        return self.folder / CPU_MODEL

    @property
    def gpu_model(self) -> Path:
        """The half-precision ONNX file. Raises UsageError when the bundle has none."""
        if GPU_MODEL not in self.manifest.files:
            raise UsageError(
                words(
                    "{folder} has no {file}: make the bundle again with edge-export bundle",
                    folder=self.folder,
                    file=GPU_MODEL,
                )
            )
        return self.folder / GPU_MODEL

    @property
    def hash(self) -> str:
        """The model's name in messages: the first 12 digits of the CPU model's sha256."""
        return self.manifest.files[CPU_MODEL][:12]

    def thresholds(self, risk: float) -> dict[int, Threshold]:
        """`thresholds_at` of the manifest's."""
        return thresholds_at(self.manifest.thresholds, risk)


def thresholds_at(measured: Iterable[Threshold], risk: float) -> dict[int, Threshold]:
    """The threshold of the largest measured risk not above `risk` for every legal age that has one, in the order of the
    ages."""
    strictest_first = sorted(measured, key=lambda each: (each.legal_age, each.risk))
    return {each.legal_age: each for each in strictest_first if each.risk <= risk + 1e-9}


def sha256_of(file: Path) -> str:
    """Hexadecimal sha256 of a file. Raises UsageError when it cannot be read."""
    code = hashlib.sha256()
    try:
        with file.open("rb") as opened:
            while part := opened.read(1 << 20):
                code.update(part)
        return code.hexdigest()
    except OSError as problem:
        raise UsageError(words("cannot read {file}: {reason}", file=file, reason=system_words(problem))) from None
