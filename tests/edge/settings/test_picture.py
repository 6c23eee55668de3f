"""The settings that scale, turn and mirror the picture."""

from __future__ import annotations

import pytest

from edge.errors import UsageError
from edge.settings.load import load_settings
from edge.settings.sections import PictureSettings


def test_flags_variables_and_toml_set_them(monkeypatch: pytest.MonkeyPatch) -> None:
    flags = ["--picture.aspect", "16:9", "--picture.rotate", "270", "--picture.mirror"]
    assert load_settings(flags).picture == PictureSettings(aspect="16:9", rotate=270, mirror=True)
    monkeypatch.setenv("EDGE_PICTURE__ROTATE", "180")
    monkeypatch.setenv("EDGE_PICTURE__MIRROR", "true")
    assert load_settings([]).picture == PictureSettings(rotate=180, mirror=True)


@pytest.mark.parametrize("aspect", ["4", "4:3:2", "0:3", "4:0", "4/3", "-4:3", "10000:1", "17:4", "4:17", "4:3 "])
def test_an_aspect_is_width_and_height(aspect: str) -> None:
    with pytest.raises(
        UsageError, match=r'picture.aspect = .*: write width:height of the whole picture, such as "4:3"'
    ):
        load_settings([f"--picture.aspect={aspect}"])


@pytest.mark.parametrize("rotate", ["1", "45", "360", "-90", "left"])
def test_a_picture_is_turned_by_quarters(rotate: str) -> None:
    with pytest.raises(UsageError, match=r"picture.rotate = .*: must be 0, 90, 180 or 270"):
        load_settings([f"--picture.rotate={rotate}"])
