"""The names of groups, views, measures and runs in card.json, as texts of the catalogue. Sources and the labels of
groups of people are called what their owner calls them."""

from __future__ import annotations

import re

from edge.language.words import joined, words
from train.card.cells import figure

_PASSED = ", passed"

_SEXES = {"female": words("female"), "male": words("male")}

_KNOWN_NAMES = (
    words("small"),
    words("turned"),
    words("dark"),
    words("bright"),
    words("blurred"),
    words("distorted"),
    words("eyes-covered"),
    words("unconfirmed"),
    words("eye distance, px"),
    words("turn"),
    words("nod"),
    words("brightness"),
    words("sharpness"),
    words("breadth"),
    words("eye cover"),
    words("confirmation"),
    words("as they are"),
    words("grey"),
    words("infrared"),
    words("low light"),
    words("with sunglasses"),
    words("all sources"),
    words("baseline recipe"),
)
_BY_KNOWN_NAME = {str.__str__(name): name for name in _KNOWN_NAMES}

RESEARCH_USE = words(
    "Evaluation only: trained on photos that may be used for research only. A shop trains the model on photos it "
    "has the right to use."
)
OWN_USE = words("As the terms of the photos it was trained on allow.")
_BY_STATED_USE = {str.__str__(use): use for use in (RESEARCH_USE, OWN_USE)}
"""What `edge-export bundle` writes into a manifest."""

_NAME_PATTERNS = (
    (r"(?P<share>\d+(?:\.\d+)?) % wider", words("{share} % wider")),
    (r"(?P<share>\d+(?:\.\d+)?) % aside", words("{share} % aside")),
    (r"blur of (?P<px>\d+) px", words("blur of {px} px")),
    (r"eyes (?P<px>\d+) px apart", words("eyes {px} px apart")),
    (r"squeezed to (?P<share>\d+(?:\.\d+)?) % of the width", words("squeezed to {share} % of the width")),
    (r"squeezed to (?P<share>\d+(?:\.\d+)?) % of the height", words("squeezed to {share} % of the height")),
    (r"fish-eye, (?P<degrees>\d+) degrees aside", words("fish-eye, {degrees} degrees aside")),
    (r"wide lens, (?P<degrees>\d+) degrees aside", words("wide lens, {degrees} degrees aside")),
    (r"without (?P<source>.+), then (?P=source)", words("without {source}, then {source}")),
    (r"without (?P<source>.+)", words("without {source}")),
    (r"(?P<source>.+) alone", words("{source} alone")),
)


def named(name: str) -> str:
    """A reason, measure, view, scene or run. An unknown name stays as it is."""
    if name in _BY_KNOWN_NAME:
        return _BY_KNOWN_NAME[name]
    for pattern, text in _NAME_PATTERNS:
        if found := re.fullmatch(pattern, name):
            values = {
                key: figure(float(value), "g") if key == "share" else value for key, value in found.groupdict().items()
            }
            return text.format(**values)
    return name


def use_named(use: str) -> str:
    """What a model may be used for. What its owner wrote stays as it is."""
    return _BY_STATED_USE.get(use, use)


def photos_named(name: str) -> str:
    """All photos or those of a source, or the faces among them that pass the quality gate."""
    if name.endswith(_PASSED):
        return words("{photos}, passed", photos=photos_named(name.removesuffix(_PASSED)))
    return words("all") if name == "all" else name


def people_named(name: str) -> str:
    """A sex, a group of people, or both, or photos."""
    parts = name.split(", ")
    if not _SEXES.keys() & set(parts):
        return photos_named(name)
    return joined(", ", [_SEXES.get(part, part) for part in parts])
