"""Saving a zone or picture settings: they are read back as set, the rest of the file stays, and failures raise."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from edge.errors import RunError, UsageError
from edge.settings.lanes import load_lanes
from edge.settings.load import load_settings
from edge.settings.sections import PictureSettings
from edge.web.config_file import picture_line, save, zone_line
from edge.web.requests import NewZone

DRAWN = ((0.1, 0.2), (0.9, 0.2), (0.5, 0.95))
CONFIG = """\
# The wine counter.
camera = "test:"   # until the camera comes

[till]
reliable = "tcp://127.0.0.1:6001"  # the old till
"""
LANES = """\
zone = [[0, 0], [1, 0], [1, 1]] # of all

[[lane]]  # left
name = "left"
camera = "rtsp://left"
till.reliable = "tcp://127.0.0.1:6001"
till.live = "tcp://127.0.0.1:6002"

[[lane]]
name = "right"
camera = "rtsp://right"
zone = [[0, 0], [0.5, 0], [0.5, 1]]

[policy]
legal_age = 21
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "lane.toml"
    file.write_text(CONFIG, encoding="utf-8")
    return file


def test_the_zone_saved_is_the_zone_drawn(config: Path) -> None:
    save(config, "lane-1", zone_line(DRAWN))
    assert load_settings([], config).zone == DRAWN


def test_comments_order_and_other_settings_stay(config: Path) -> None:
    save(config, "lane-1", zone_line(DRAWN))
    text = config.read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if not line.startswith("zone")] == CONFIG.splitlines()
    save(config, "lane-1", zone_line(DRAWN[::-1]))
    assert config.read_text(encoding="utf-8").count("zone") == 1
    assert load_settings([], config).till.reliable == "tcp://127.0.0.1:6001"


def is_valid(zone: tuple[tuple[float, float], ...]) -> bool:
    try:
        NewZone(zone=zone)
    except ValidationError:
        return False
    return True


@given(
    zone=st.lists(st.tuples(*[st.integers(0, 1000).map(lambda part: part / 1000)] * 2), min_size=3, max_size=64)
    .map(tuple)
    .filter(is_valid)
)
def test_any_valid_zone_is_read_back_unchanged(
    tmp_path_factory: pytest.TempPathFactory, zone: tuple[tuple[float, float], ...]
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.toml"
    file.write_text(CONFIG, encoding="utf-8")
    save(file, "lane-1", zone_line(zone))
    assert load_settings([], file).zone == zone


def test_only_the_zone_of_the_chosen_lane_changes(tmp_path: Path) -> None:
    file = tmp_path / "box.toml"
    file.write_text(LANES, encoding="utf-8")
    before = load_lanes([], file)
    save(file, "left", zone_line(DRAWN))
    left, right = load_lanes([], file)
    assert left.zone == DRAWN
    assert right == before[1]
    assert "# of all" in file.read_text(encoding="utf-8")
    assert "# left" in file.read_text(encoding="utf-8")


def test_a_lane_that_is_not_in_the_file_raises(tmp_path: Path) -> None:
    file = tmp_path / "box.toml"
    file.write_text(LANES, encoding="utf-8")
    with pytest.raises(UsageError, match='no \\[\\[lane\\]\\] with name = "middle"'):
        save(file, "middle", zone_line(DRAWN))
    assert file.read_text(encoding="utf-8") == LANES


def test_the_file_keeps_its_mode_and_no_draft_is_left(config: Path) -> None:
    config.chmod(0o640)
    save(config, "lane-1", zone_line(DRAWN))
    assert stat.S_IMODE(config.stat().st_mode) == 0o640
    assert [file.name for file in config.parent.iterdir()] == ["lane.toml"]


def test_a_symbolic_link_stays_a_link(config: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to(config)
    save(link, "lane-1", zone_line(DRAWN))
    assert link.is_symlink()
    assert load_settings([], config).zone == DRAWN


def test_a_folder_that_takes_no_draft_is_told_and_the_file_stays(tmp_path: Path) -> None:
    """A name that leaves no room for a draft's beside it stops everybody, root too."""
    config = tmp_path / ("x" * 250 + ".toml")
    config.write_text(CONFIG, encoding="utf-8")
    with pytest.raises(RunError, match=r"cannot write .*: File name too long"):
        save(config, "lane-1", zone_line(DRAWN))
    assert config.read_text(encoding="utf-8") == CONFIG


def test_a_missing_or_broken_file_raises(config: Path) -> None:
    config.write_text("camera = ", encoding="utf-8")
    with pytest.raises(UsageError, match="is not TOML: at its end: write name = value"):
        save(config, "lane-1", zone_line(DRAWN))
    config.unlink()
    with pytest.raises(UsageError, match="cannot read"):
        save(config, "lane-1", zone_line(DRAWN))


def test_a_file_of_a_windows_editor_keeps_its_line_ends(config: Path) -> None:
    config.write_bytes(CONFIG.replace("\n", "\r\n").encode("utf-16"))
    save(config, "lane-1", zone_line(DRAWN))
    assert load_settings([], config).zone == DRAWN
    assert b"# the old till\r\n" in config.read_bytes()


def test_the_line_to_copy_sets_the_same_zone(config: Path) -> None:
    config.write_text(zone_line(DRAWN) + "\n" + CONFIG, encoding="utf-8")
    assert load_settings([], config).zone == DRAWN


PICTURES = [
    PictureSettings(),
    PictureSettings(aspect="16:9"),
    PictureSettings(aspect="4:3", rotate=270, mirror=True),
    PictureSettings(rotate=90),
]
FORMS = [
    "",
    "[picture]\nrotate = 180 # upside down\n",
    '[picture]\naspect = "5:4"\nmirror = true\n\n[policy]\nlegal_age = 21\n',
    'picture = {aspect = "5:4", rotate = 90}\n',
    "picture.rotate = 180\n",
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("picture", PICTURES)
def test_the_picture_is_read_back_as_set_whatever_the_file_had(
    form: str, picture: PictureSettings, tmp_path: Path
) -> None:
    file = tmp_path / "lane.toml"
    file.write_text((form + CONFIG) if form.startswith("picture") else (CONFIG + form), encoding="utf-8")
    before = load_settings([], file)
    save(file, "lane-1", picture_line(picture), zone_line(DRAWN))
    after = load_settings([], file)
    assert (after.picture, after.zone) == (picture, DRAWN)
    assert after.model_copy(update={"picture": before.picture, "zone": before.zone}) == before
    assert "# The wine counter." in file.read_text(encoding="utf-8")


@pytest.mark.parametrize("picture", PICTURES)
@pytest.mark.parametrize("own", ["", "[lane.picture]\nrotate = 90\n", "picture.mirror = true\n"])
def test_only_the_picture_of_the_chosen_lane_changes(own: str, picture: PictureSettings, tmp_path: Path) -> None:
    file = tmp_path / "box.toml"
    file.write_text(LANES.replace("zone = [[0, 0], [0.5, 0], [0.5, 1]]\n", own), encoding="utf-8")
    before = load_lanes([], file)
    save(file, "right", picture_line(picture))
    left, right = load_lanes([], file)
    assert right.picture == picture
    assert left == before[0]
    assert right.policy == before[1].policy
