"""Every setting of the agent, declared once: the TOML file, the flags, the EDGE_* variables and their help.

Flags win over EDGE_* variables, and those over the file. What is out of range fails at start, not at noon.
"""

from __future__ import annotations

import hashlib
import os
import sys
from ipaddress import ip_address
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    CliSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from edge.errors import UsageError
from edge.settings.complaints import out_of_range, unreadable

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

BackendName = Literal["auto", "tensorrt", "onnx-tensorrt", "onnx-tensorrt-rtx", "onnx-cuda", "cpu", "cpu-half"]

DetectorName = Literal["mediapipe", "mediapipe-full", "yunet"]

Fraction = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(gt=0, le=3600)]
Point = tuple[Fraction, Fraction]


def _has_room(zone: tuple[Point, ...]) -> tuple[Point, ...]:
    """By the shoelace formula."""
    area = abs(sum(x * below - right * y for (x, y), (right, below) in pairwise((*zone, zone[0])))) / 2
    if area < _SMALLEST_ZONE:
        raise ValueError(f"it covers {area:.1%} of the picture: draw it where the customer stands")
    return zone


_SMALLEST_ZONE = 0.01
"""A zone smaller than this share of the picture holds nobody's face."""
Zone = Annotated[tuple[Point, ...], Field(min_length=3, max_length=64), AfterValidator(_has_room)]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DetectorSettings(Section):
    """Finding faces."""

    name: DetectorName = Field(
        "mediapipe-full",
        description="mediapipe-full: faces up to 5 m away; mediapipe: up to 2 m, faster; yunet: without mediapipe",
    )
    min_score: Fraction = Field(0.6, description="weakest detection that may start a track")
    rate: Annotated[float, Field(ge=5, le=120)] = Field(
        15, description="most frames a second in which faces are looked for; fewer while the box has much to do"
    )


class QualitySettings(Section):
    """What a face must be like before its age is estimated."""

    min_eye_distance_px: Annotated[float, Field(ge=4, le=500)] = Field(16, description="smallest face")
    min_sharpness: Annotated[float, Field(ge=0)] = Field(
        10, description="least variance of the Laplacian over the aligned face"
    )
    min_brightness: Annotated[float, Field(ge=0, le=255)] = Field(35, description="darkest mean grey of a face")
    max_brightness: Annotated[float, Field(ge=0, le=255)] = Field(225, description="brightest mean grey of a face")
    max_turn: Fraction = Field(
        0.4, description="how far the nose may stand from between the eyes, as a share of eye to mouth: turned aside"
    )
    min_confirmation: Fraction = Field(0.85, description="how sure a second detector must be that this is a face")

    @model_validator(mode="after")
    def _some_brightness(self) -> QualitySettings:
        if self.min_brightness >= self.max_brightness:
            raise ValueError("quality.min_brightness must be below quality.max_brightness")
        return self


class TrackingSettings(Section):
    """Following faces from frame to frame."""

    lost_s: Seconds = Field(2.0, description="how long a face may be hidden and still be the same person")
    look_every_s: Annotated[float, Field(ge=0, le=5)] = Field(
        0.1, description="least time between two age estimates; neighbouring frames say little new"
    )


class AgeSettings(Section):
    """Estimating ages."""

    backend: BackendName = Field(
        "auto",
        description="what runs the age model; auto: the fastest on this box that loads and says what it should",
    )
    threads: Annotated[int, Field(ge=0, le=64)] = Field(0, description="CPU threads of the age model, 0: all cores")
    collect_ms: Annotated[float, Field(ge=0, le=50)] = Field(
        4, description="how long faces of several lanes may be collected into one batch"
    )


class PolicySettings(Section):
    """When to ask for ID."""

    legal_age: Annotated[int, Field(ge=10, le=25)] = Field(18, description="age from which alcohol may be sold")
    challenge_age: Annotated[int, Field(ge=18, le=60)] | None = Field(
        None, description="ask everyone who looks younger; default: the model's own threshold for the risk below"
    )
    risk: Annotated[float, Field(ge=0.01, le=0.2)] = Field(
        0.1, description="share of 13-17-year-olds that may pass unasked, upper 95 % bound; picks the threshold"
    )
    max_p_under_legal: Fraction = Field(0.05, description="largest probability of being under age that may go unasked")
    min_looks: Annotated[int, Field(ge=1, le=100)] = Field(3, description="good looks at a face that an answer needs")
    answer_within_s: Annotated[float, Field(gt=0, le=1)] = Field(
        0.8, description="an answer that is not certain by then is UNKNOWN, which means: ask"
    )


class TillSettings(Section):
    """The sockets to the till."""

    reliable: str = Field(
        "tcp://127.0.0.1:5557", description="ROUTER address that tills connect to; away from this box they need keys"
    )
    live: str = Field("tcp://127.0.0.1:5556", description="PUB address for screens and simple subscribers")
    alert_expires_s: Seconds = Field(30, description="how long an alert may be shown")

    @model_validator(mode="after")
    def _two_addresses(self) -> TillSettings:
        if self.reliable == self.live and not self.live.endswith("*"):
            raise ValueError(f"till.reliable and till.live are both {self.live!r}: give each its own")
        return self


def _state_dir() -> Path:
    return _own_folder("STATE_DIRECTORY", "XDG_STATE_HOME", Path(".local") / "state")


def default_cache_dir() -> Path:
    """The folder for what can be made again."""
    return _own_folder("CACHE_DIRECTORY", "XDG_CACHE_HOME", Path(".cache"))


def _own_folder(systemd: str, xdg: str, at_home: Path) -> Path:
    """Where systemd says, else where the XDG base directory specification does."""
    given = os.environ.get(systemd, "").split(":")[0]
    if given:
        return Path(given)
    return Path(os.environ.get(xdg) or Path.home() / at_home) / "edge-agent"


class MetricsSettings(Section):
    """What Prometheus and health checks read."""

    listen: str = Field(
        "127.0.0.1:9464", description="HOST:PORT of /metrics and /healthz, one for all lanes of the box; off: nowhere"
    )
    public: bool = Field(False, description="let other machines read them, at an address of this box's own")

    @model_validator(mode="after")
    def _allowed(self) -> MetricsSettings:
        if self.listen != "off" and not (self.public or ip_address(self.address[0]).is_loopback):
            raise ValueError(
                f"metrics.listen = {self.listen!r} can be read from other machines: use 127.0.0.1:PORT, "
                "or say that this is meant with metrics.public = true"
            )
        return self

    @property
    def address(self) -> tuple[str, int]:
        """IP address and port. Raises ValueError."""
        host, _, port = self.listen.rpartition(":")
        try:
            address = ip_address({"localhost": "127.0.0.1"}.get(host, host.strip("[]")))
            if not (port.isdecimal() and int(port) < 65536 and (":" in host) == host.startswith("[")):
                raise ValueError
        except ValueError:
            raise ValueError(
                f"metrics.listen = {self.listen!r} is no address: use 127.0.0.1:PORT, [::1]:PORT or off"
            ) from None
        return str(address), int(port)


class AuditSettings(Section):
    """The record of restricted sales."""

    keep_days: Annotated[int, Field(ge=1, le=3660)] = Field(365, description="older records are removed")


class InsightsSettings(Section):
    """What each age band buys: an hour, a band with its doubt and a basket for each sale; no person, no single age."""

    enabled: bool = Field(False, description="keep purchases by age band; needs notice")
    notice: str = Field("", description="the words by which customers are told, on the sign at the entrance")
    store: Annotated[str, Field(min_length=1, max_length=80)] = Field("store-1", description="name of the shop")
    folder: Path | None = Field(None, description="where purchases are filed; default: insights/ in the state folder")
    catalogue: Path | None = Field(
        None, description="CSV file with the columns sku,category, for tills that name no category"
    )
    keep_days: Annotated[int, Field(ge=1, le=3660)] = Field(365, description="older purchases are removed")
    bands: Annotated[tuple[Annotated[int, Field(ge=1, le=100)], ...], Field(min_length=1, max_length=7)] = Field(
        (18, 25, 35, 45, 60), description="ages at which a new band begins"
    )
    min_customers: Annotated[int, Field(ge=2, le=10_000)] = Field(
        10, description="a band with fewer is never shown by itself"
    )
    max_price: Annotated[float, Field(gt=0)] = Field(1_000_000, description="a higher price of one is a mistake")

    @model_validator(mode="after")
    def _told_and_ordered(self) -> InsightsSettings:
        if self.enabled and not self.notice.strip():
            raise ValueError("insights.enabled needs insights.notice: the words by which customers are told")
        if list(self.bands) != sorted(set(self.bands)):
            raise ValueError(f"insights.bands = {list(self.bands)}: each age must be above the one before")
        return self


class OffersSettings(Section):
    """What a cashier may offer, by what bands of age buy together. What became of it is kept as purchases are."""

    enabled: bool = Field(False, description="make offers; needs insights.enabled, sheet and key")
    sheet: Path | None = Field(None, description="the sheet of offers, from edge-agent offers sign")
    key: Path | None = Field(None, description="the public key that the sheet is signed with")
    exclude: tuple[str, ...] = Field((), description="categories and skus that are never offered, nor a reason for one")
    held_out: Annotated[float, Field(ge=0.01, le=0.9)] = Field(
        0.1, description="share of the sales that an offer fits and that get none, so that the others can be compared"
    )
    max_p_under_legal: Fraction = Field(
        0.05, description="largest probability of being under age of somebody who gets an offer"
    )
    min_p_band: Fraction = Field(0.4, description="least probability of the customer's band that an offer needs")

    @model_validator(mode="after")
    def _signed(self) -> OffersSettings:
        if self.enabled and (self.sheet is None or self.key is None):
            raise ValueError("offers.enabled needs offers.sheet and offers.key: see docs/offers.md")
        return self


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) else value


class Settings(BaseSettings):
    """Settings of one lane. They may also stand in a TOML file: --config lane.toml."""

    model_config = SettingsConfigDict(
        env_prefix="EDGE_", env_nested_delimiter="__", extra="forbid", frozen=True, cli_kebab_case=True
    )

    lane: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")] = Field("lane-1", description="name of the lane")
    camera: Annotated[str, BeforeValidator(_as_text)] | None = Field(
        None, description="0, /dev/lane-camera, rtsp://..., gst:PIPELINE, or test: for a built-in moving pattern"
    )
    video: Path | None = Field(None, description="a recording instead of a camera")
    replay: bool = Field(False, description="every frame of the video as fast as it goes, without sockets")
    events: str | None = Field(None, description="write every event as a JSON line to this file, - for stdout")
    mode: Literal["auto", "on-sale", "continuous"] = Field(
        "auto", description="on-sale: look at faces only while a sale is open; auto: so from the first till on"
    )
    zone: Zone = Field(
        ((0.15, 0.0), (0.85, 0.0), (0.85, 1.0), (0.15, 1.0)),
        description="where the customer stands: corners of a polygon, in shares of the picture's width and height",
    )
    model: Path | None = Field(None, description="folder of a model bundle; default: the bundled model")
    state_dir: Path = Field(
        default_factory=_state_dir,
        description="folder for the audit log, alerts on their way and keys; default: systemd's StateDirectory, or "
        "~/.local/state/edge-agent",
    )
    keys_dir: Path | None = Field(
        None, description="folder of the keys of tills on other machines; default: keys/ in the state folder"
    )
    cache_dir: Path = Field(
        default_factory=default_cache_dir,
        description="folder for engines built for this box's GPU; default: systemd's CacheDirectory, or "
        "~/.cache/edge-agent",
    )
    web: str | None = Field(
        None, description="address of the setup page, for example 127.0.0.1:8080; default: there is none"
    )
    web_certificate: Path | None = Field(
        None, description="PEM file: with it the setup page speaks HTTPS, and may be reached from other machines"
    )
    web_key: Path | None = Field(None, description="PEM file with the key of the certificate, mode 0600")
    web_unblurred: bool = Field(
        False, description="show faces on the setup page as they are; the health and every line of the log say so"
    )
    debug_pictures: Path | None = Field(
        None,
        description="keep the picture behind every answer in this folder, the newest 200 of each lane; the health and "
        "every line of the log say so",
    )
    detector: DetectorSettings = DetectorSettings()
    quality: QualitySettings = QualitySettings()
    tracking: TrackingSettings = TrackingSettings()
    ages: AgeSettings = AgeSettings()
    policy: PolicySettings = PolicySettings()
    till: TillSettings = TillSettings()
    audit: AuditSettings = AuditSettings()
    metrics: MetricsSettings = MetricsSettings()
    insights: InsightsSettings = InsightsSettings()
    offers: OffersSettings = OffersSettings()

    @model_validator(mode="after")
    def _one_source(self) -> Settings:
        if self.camera is not None and self.video is not None:
            raise ValueError("camera and video are both given: give one")
        if self.replay and self.video is None:
            raise ValueError("replay needs a recording: add --video FILE")
        return self

    @model_validator(mode="after")
    def _offers_are_counted(self) -> Settings:
        if self.offers.enabled and not self.insights.enabled:
            raise ValueError("offers.enabled needs insights.enabled: what became of offers is kept as purchases are")
        return self

    @property
    def keys(self) -> Path:
        """The folder of the tills' keys."""
        return self.keys_dir or self.state_dir / "keys"

    @property
    def purchases(self) -> Path:
        """The folder where purchases are filed."""
        return self.insights.folder or self.state_dir / "insights"

    @property
    def hash(self) -> str:
        """Twelve hex digits that change when a setting does that decides about a sale."""
        deciding = self.model_dump_json(include={"mode", "zone", "detector", "quality", "tracking", "policy"})
        return hashlib.sha256(deciding.encode()).hexdigest()[:12]

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        # Flags come in front by themselves; the file (init_settings) must stand behind the environment.
        return env_settings, init_settings


def load_settings(flags: list[str], file: Path | None = None) -> Settings:
    """Settings from flags, EDGE_* variables and a TOML file.

    Raises UsageError, one line with the setting, its value and the mend, for anything unknown or out of range.
    """
    return settings_of(flags, read_toml(file))


def settings_of(flags: list[str], content: dict[str, Any]) -> Settings:
    """The same, from what a TOML file holds."""
    try:
        cli = CliSettingsSource[Any](
            Settings, cli_parse_args=flags, cli_prog_name="edge-agent run", cli_exit_on_error=False,
            cli_implicit_flags=True, cli_kebab_case=True, cli_avoid_json=True, cli_hide_none_type=True,
        )  # fmt: skip
        return Settings(_cli_settings_source=cli, **content)
    except ValidationError as problem:
        raise UsageError(out_of_range(problem)) from None
    except SettingsError as problem:
        raise UsageError(unreadable(problem)) from None


def read_toml(file: Path | None) -> dict[str, Any]:
    """What a TOML file holds; nothing without one. Raises UsageError."""
    if file is None:
        return {}
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as problem:
        raise UsageError(f"cannot read the config {file}: {problem.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise UsageError(f"{file} is not TOML: {problem}") from None
