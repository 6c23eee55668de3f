"""All settings of a lane, declared once: TOML keys, flags, EDGE_* variables, help and docs/settings.md follow."""

from __future__ import annotations

import hashlib
import os
import re
import socket
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, TypeAdapter, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from edge.commands import shown
from edge.language.reader import system_language
from edge.language.words import words
from edge.settings.scope import Scope, top_level
from edge.settings.sections import (
    AgeSettings,
    AuditSettings,
    ClockSettings,
    DetectorSettings,
    InsightsSettings,
    Language,
    MetricsSettings,
    OffersSettings,
    PictureSettings,
    PolicySettings,
    QualitySettings,
    ShopSettings,
    TillSettings,
    TrackingSettings,
    Zone,
)
from edge.settings.variables import Variables

if TYPE_CHECKING:
    from collections.abc import Iterator


def _lane_name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", value):
        raise ValueError(words("use 1 to 40 letters, digits, hyphens or underscores"))
    return value


def _store_name(value: str) -> str:
    if not value.isprintable():
        raise ValueError(words("write it in one line, without invisible characters"))
    return value


def _box_name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", value):
        raise ValueError(
            words("use 1 to 64 letters, digits, dots, hyphens or underscores, with a letter or digit first")
        )
    return value


_BOX_OF_REPLAYS = "box-1"
"""A recording gives the same events on every computer."""


def _name_of_host() -> str:
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", socket.gethostname())
    return name.lstrip("-._")[:64] or "box-1"


def _language_of_system() -> str:
    return system_language(os.environ)


def _number_as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) else value


def _texts(values: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every text in values of any kind, with the name of its setting."""
    if isinstance(values, str):
        yield name, values
    elif isinstance(values, dict | list):
        for key, inner in values.items() if isinstance(values, dict) else enumerate(values):
            yield from _texts(inner, f"{name}.{key}" if name else str(key))


def _default_state_dir() -> Path:
    return _own_folder("STATE_DIRECTORY", "XDG_STATE_HOME", Path(".local") / "state")


def default_cache_dir() -> Path:
    """The folder for files that can be built again."""
    return _own_folder("CACHE_DIRECTORY", "XDG_CACHE_HOME", Path(".cache"))


def _own_folder(systemd: str, xdg: str, at_home: Path) -> Path:
    """The folder that systemd sets in a variable, else that of the XDG base directory specification."""
    given = os.environ.get(systemd, "").split(":")[0]
    if given:
        return Path(given)
    return Path(os.environ.get(xdg) or Path.home() / at_home) / "edge-agent"


LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["text", "json"]

MOST_CHARACTERS = 4096
"""Of one text in the settings: as many as a path may have on Linux."""

_LANE_RESTART = Scope("lane", "after a restart")
_LANE_UNIQUE = Scope("lane", "after a restart", unique=True)
_BOX = Scope("box", "after a restart")
_DECIDES = Scope("lane", "at once", decides=True)


class Settings(BaseSettings):
    """Settings of one lane. They can also be in a TOML file: --config lane.toml."""

    model_config = SettingsConfigDict(
        env_prefix="EDGE_", env_nested_delimiter="__", extra="forbid", frozen=True, cli_kebab_case=True
    )

    lane: Annotated[str, AfterValidator(_lane_name), _LANE_UNIQUE] = Field(
        "lane-1", description="name of the lane: 1 to 40 letters, digits, hyphens or underscores"
    )
    camera: Annotated[Annotated[str, BeforeValidator(_number_as_text)] | None, _LANE_UNIQUE] = Field(
        None,
        description="0, /dev/lane-camera, rtsp://..., http://... (a stream, or an address of single pictures, which is "
        "polled), gst:PIPELINE, or test: for a built-in moving pattern",
    )
    video: Annotated[Path | None, _LANE_RESTART] = Field(None, description="a recording instead of a camera")
    replay: Annotated[bool, _BOX] = Field(
        False, description="analyse every frame of the video as fast as possible, without sockets"
    )
    events: Annotated[str | None, _BOX] = Field(
        None, description="write every event as a JSON line to this file; -: stdout"
    )
    store: Annotated[Annotated[str, Field(min_length=1, max_length=80), AfterValidator(_store_name)], _BOX] = Field(
        "store-1", description="name or number of the store, in records, reports, metrics and events"
    )
    box: Annotated[Annotated[str, AfterValidator(_box_name)], _BOX] = Field(
        default_factory=_name_of_host,
        description="name of the box, unique within its store, in records, reports, metrics and events; default: the "
        f"host's name, and {_BOX_OF_REPLAYS} in a replay",
    )
    mode: Annotated[Literal["auto", "on-sale", "continuous"], _DECIDES] = Field(
        "auto",
        description="on-sale: estimate ages only while a sale is open; continuous: always; auto: continuous until the "
        "first till connects, then on-sale",
    )
    language: Annotated[Language, _BOX] = Field(
        default_factory=_language_of_system,
        description="language of the doctor, of reports and of errors; the cashier's prompts are in every language; "
        "default: the system's, as LC_ALL, LC_MESSAGES or LANG names it, if it is one of these, else en",
    )
    zone: Annotated[Zone, _DECIDES] = Field(
        ((0.15, 0.0), (0.85, 0.0), (0.85, 1.0), (0.15, 1.0)),
        description="where the customer stands: corners of a polygon, as shares of the picture's width and height",
    )
    model: Annotated[Path | None, Scope("box", "at once")] = Field(
        None, description="folder of a model bundle; default: the bundled model"
    )
    state_dir: Annotated[Path, _LANE_UNIQUE] = Field(
        default_factory=_default_state_dir,
        description="folder of the audit log, unconfirmed alerts and keys; default: systemd's StateDirectory, or "
        "~/.local/state/edge-agent",
    )
    keys_dir: Annotated[Path | None, _LANE_RESTART] = Field(
        None, description="folder with the keys of tills on other machines; default: keys/ in the state folder"
    )
    cache_dir: Annotated[Path, _BOX] = Field(
        default_factory=default_cache_dir,
        description="folder for engines built for this box's GPU; default: systemd's CacheDirectory, or "
        "~/.cache/edge-agent",
    )
    web: Annotated[str | None, _BOX] = Field(
        None, description="address of the setup page, for example 127.0.0.1:8080; default: no setup page"
    )
    web_certificate: Annotated[Path | None, _BOX] = Field(
        None, description="PEM file; with it the setup page uses HTTPS and other machines may reach it"
    )
    web_key: Annotated[Path | None, _BOX] = Field(None, description="PEM file with the certificate's key, mode 0600")
    web_unblurred: Annotated[bool, _BOX] = Field(
        False, description="show faces on the setup page unblurred; the health and every log line say so"
    )
    debug_pictures: Annotated[Path | None, _BOX] = Field(
        None,
        description="folder for the picture behind every answer, the newest 200 of each lane; the health and every log "
        "line say so",
    )
    log_level: Annotated[LogLevel, _BOX] = Field("info", description="what is logged: this and everything more serious")
    log_format: Annotated[LogFormat, _BOX] = Field(
        "text",
        description="lines of the log on stderr: text, or an object of JSON each; under systemd the log goes to the "
        "journal instead",
    )
    picture: Annotated[PictureSettings, _DECIDES] = PictureSettings()
    detector: Annotated[DetectorSettings, Scope("lane", "after a restart", decides=True)] = DetectorSettings()
    quality: Annotated[QualitySettings, _DECIDES] = QualitySettings()
    tracking: Annotated[TrackingSettings, _DECIDES] = TrackingSettings()
    ages: Annotated[AgeSettings, _BOX] = AgeSettings()
    policy: Annotated[PolicySettings, _DECIDES] = PolicySettings()
    till: Annotated[TillSettings, _LANE_RESTART] = TillSettings()
    shop: Annotated[ShopSettings, _BOX] = ShopSettings()
    audit: Annotated[AuditSettings, _LANE_RESTART] = AuditSettings()
    clock: Annotated[ClockSettings, _BOX] = ClockSettings()
    metrics: Annotated[MetricsSettings, _BOX] = MetricsSettings()
    insights: Annotated[InsightsSettings, _LANE_RESTART] = InsightsSettings()
    offers: Annotated[OffersSettings, Scope("lane", "at once")] = OffersSettings()

    @model_validator(mode="before")
    @classmethod
    def _usable_texts(cls, values: dict[str, Any]) -> dict[str, Any]:
        for name, text in _texts(values):
            if len(text) > MOST_CHARACTERS:
                raise ValueError(
                    words("{name} = {value} has {n} characters: at most {most}",
                          name=name, value=shown(text), n=len(text), most=MOST_CHARACTERS)
                )  # fmt: skip
            if "\0" in text:
                raise ValueError(words("{name} = {value} has a NUL character: remove it", name=name, value=shown(text)))
        return values

    @model_validator(mode="before")
    @classmethod
    def _box_of_a_replay(cls, values: dict[str, Any]) -> dict[str, Any]:
        # What is no truth value is rejected later, with its place.
        with suppress(ValidationError):
            if isinstance(values, dict) and TypeAdapter(bool).validate_python(values.get("replay", False)):
                return {"box": _BOX_OF_REPLAYS, **values}
        return values

    @model_validator(mode="after")
    def _one_source(self) -> Settings:
        if self.camera is not None and self.video is not None:
            raise ValueError(words("camera and video are both given: give one"))
        if self.replay and self.video is None:
            raise ValueError(words("replay needs a recording: add --video FILE"))
        return self

    @model_validator(mode="after")
    def _offers_have_insights(self) -> Settings:
        if self.offers.enabled and not self.insights.enabled:
            raise ValueError(words("offers.enabled needs insights.enabled: offer results are kept like purchases"))
        return self

    @property
    def keys(self) -> Path:
        """The folder of the tills' keys."""
        return self.keys_dir or self.state_dir / "keys"

    @property
    def purchases(self) -> Path:
        """The folder of the purchase files."""
        return self.insights.folder or self.state_dir / "insights"

    @property
    def hash(self) -> str:
        """Twelve hex digits that change when a setting changes that the decision about a sale depends on."""
        deciding = self.model_dump_json(include=set(top_level(Settings, lambda scope: scope.decides)))
        return hashlib.sha256(deciding.encode()).hexdigest()[:12]

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        # `edge.settings.load` has merged flags, variables and the file, in this order, into init_settings.
        return init_settings, Variables(settings_cls)
