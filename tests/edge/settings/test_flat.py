"""The settings by their names, as they are recorded."""

from __future__ import annotations

import json

from edge.settings.config import Settings
from edge.settings.flat import default_settings, flat_settings
from edge.settings.load import load_settings
from edge.settings.scope import declarations


def test_every_setting_has_its_value_as_json() -> None:
    flat = flat_settings(load_settings(["--camera", "test:", "--policy.legal-age", "21", "--picture.rotate", "90"]))
    assert list(flat) == [each.name for each in declarations(Settings)]
    assert (flat["policy.legal_age"], flat["picture.rotate"], flat["web"]) == (21, 90, None)
    assert json.loads(json.dumps(flat)) == flat


def test_what_nobody_has_set_is_the_default() -> None:
    flat, default = flat_settings(load_settings(["--camera", "test:"])), default_settings()
    assert {name for name, value in flat.items() if default[name] != value} == {"camera"}


def test_no_password_is_in_it() -> None:
    for camera in (
        "rtsp://anna:secret@10.0.0.7/lane",
        "http://10.0.0.7/a.jpg?pwd=secret",
        "gst:rtspsrc user-pw=secret",
    ):
        assert "secret" not in str(flat_settings(load_settings(["--camera", camera])))


def test_other_texts_stay_whole() -> None:
    notice = "Questions: shop@example.com"
    flat = flat_settings(load_settings(["--camera", "test:", "--insights.notice", notice]))
    assert flat["insights.notice"] == notice
