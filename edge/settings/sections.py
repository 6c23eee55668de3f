"""The sections of the settings, and the types of their values."""

from __future__ import annotations

import platform
import re
from ipaddress import ip_address
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from babel.numbers import is_currency
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from edge.commands import shown
from edge.language.catalogue import LANGUAGES
from edge.language.formats import Shown, listed
from edge.language.words import words
from edge.settings.scope import Scope

BackendName = Literal["auto", "tensorrt", "onnx-tensorrt", "onnx-tensorrt-rtx", "onnx-cuda", "cpu", "cpu-half"]

DetectorName = Literal["mediapipe", "mediapipe-full", "yunet"]

Fraction = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(gt=0, le=3600)]
Point = tuple[Fraction, Fraction]

_SMALLEST_ZONE = 0.01
"""No face fits into a zone that covers less than this share of the picture."""


def _not_too_small(zone: tuple[Point, ...]) -> tuple[Point, ...]:
    """Raises ValueError for a zone below `_SMALLEST_ZONE`. The area is computed by the shoelace formula."""
    area = abs(sum(x * below - right * y for (x, y), (right, below) in pairwise((*zone, zone[0])))) / 2
    if area < _SMALLEST_ZONE:
        raise ValueError(words("it covers {area:.1%} of the picture: draw it where the customer stands", area=area))
    return zone


Zone = Annotated[tuple[Point, ...], Field(min_length=3, max_length=64), AfterValidator(_not_too_small)]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _width_to_height(value: str) -> str:
    width, _, height = value.partition(":")
    if not re.fullmatch(r"[1-9][0-9]{0,3}:[1-9][0-9]{0,3}", value) or not 1 / 4 <= int(width) / int(height) <= 4:
        raise ValueError(words('write width:height of the whole picture, such as "4:3" or "16:9"'))
    return value


def _digits_as_number(value: object) -> object:
    # Flags and variables are texts.
    return int(value) if isinstance(value, str) and value.isdecimal() and len(value) <= 3 else value


def _known_currency(code: str) -> str:
    if not is_currency(code):
        raise ValueError(words("write three letters of ISO 4217, such as RUB or EUR"))
    return code


def _known_language(language: str) -> str:
    if language not in LANGUAGES:
        raise ValueError(words("use {names}", names=Shown(listed, LANGUAGES, {"style": "or"})))
    return language


Language = Annotated[str, AfterValidator(_known_language), WithJsonSchema({"type": "string", "enum": list(LANGUAGES)})]


class PictureSettings(Section):
    """How the camera's picture is scaled and turned before it is used. The zone is drawn on the result."""

    aspect: Annotated[str, AfterValidator(_width_to_height)] | None = Field(
        None,
        description="where people look too thin or too broad: the shape that the picture should have before it is "
        "turned, as width:height, such as 4:3 or 16:9; default: as the camera or recording declares, which many "
        "recorders do not",
    )
    rotate: Annotated[Literal[0, 90, 180, 270], BeforeValidator(_digits_as_number)] = Field(
        0, description="degrees by which the picture is turned clockwise"
    )
    mirror: bool = Field(False, description="mirror the picture from left to right, after turning it")

    @property
    def shape(self) -> tuple[int, int] | None:
        """Width and height of `aspect`, in no unit; None without one."""
        if self.aspect is None:
            return None
        width, _, height = self.aspect.partition(":")
        return int(width), int(height)


class DetectorSettings(Section):
    """Detecting faces."""

    name: DetectorName = Field(
        # There is no mediapipe for other processors.
        "mediapipe-full" if platform.machine() == "x86_64" else "yunet",
        description="mediapipe-full: faces up to 5 m away; mediapipe: up to 2 m, faster; yunet: without mediapipe, the "
        "default on arm64",
    )
    min_score: Fraction = Field(0.6, description="lowest detection score that may start a track")
    rate: Annotated[float, Field(ge=5, le=120)] = Field(
        15, description="maximum frames per second in which faces are detected; fewer when the box is busy"
    )


class QualitySettings(Section):
    """What a face must be like before its age is estimated."""

    min_eye_distance_px: Annotated[float, Field(ge=4, le=500)] = Field(
        16, description="smallest distance between the eyes, in pixels of the camera's picture"
    )
    min_sharpness: Annotated[float, Field(ge=0)] = Field(
        10, description="lowest variance of the Laplacian of the aligned face"
    )
    min_brightness: Annotated[float, Field(ge=0, le=255)] = Field(35, description="lowest mean grey value of a face")
    max_brightness: Annotated[float, Field(ge=0, le=255)] = Field(225, description="highest mean grey value of a face")
    max_turn: Fraction = Field(
        0.4,
        description="how far the nose may be off the middle between the eyes, along the line of the eyes, as a share "
        "of the eye-to-mouth distance; more is a head turned away",
    )
    min_breadth: Annotated[float, Field(gt=0, le=1)] = Field(
        0.8, description="smallest estimated breadth of a face, which is 1 in life; below it the picture is squeezed"
    )
    max_breadth: Annotated[float, Field(ge=1, le=10)] = Field(
        1.25, description="largest estimated breadth of a face; above it the picture is stretched"
    )
    max_eye_cover: Annotated[float, Field(ge=0, le=2)] = Field(
        0.6,
        description="how much the eyes may look covered: about 0 if nothing covers them, about 1 behind sunglasses",
    )
    min_confirmation: Fraction = Field(
        0.85, description="lowest score by which the second detector confirms that this is a face"
    )

    @model_validator(mode="after")
    def _brightness_in_order(self) -> QualitySettings:
        if self.min_brightness >= self.max_brightness:
            raise ValueError(
                words(
                    "quality.min_brightness = {least} must be below quality.max_brightness = {most}",
                    least=f"{self.min_brightness:g}",
                    most=f"{self.max_brightness:g}",
                )
            )
        return self


class TrackingSettings(Section):
    """Following faces from frame to frame."""

    lost_s: Seconds = Field(2.0, description="how long a face may be hidden and still be the same person")
    look_every_s: Annotated[float, Field(ge=0, le=5)] = Field(
        0.1, description="shortest time between two age estimates of a face; neighbouring frames add little"
    )


class AgeSettings(Section):
    """Estimating ages."""

    backend: BackendName = Field(
        "auto",
        description="runtime of the age model; auto: the fastest on this box that loads and passes the self-test",
    )
    threads: Annotated[int, Field(ge=0, le=64)] = Field(0, description="CPU threads of the age model; 0: all cores")
    collect_ms: Annotated[float, Field(ge=0, le=50)] = Field(
        4, description="how long to collect faces of several lanes into one batch"
    )


class PolicySettings(Section):
    """When to ask for ID."""

    legal_age: Annotated[int, Field(ge=10, le=25)] = Field(
        18, description="age from which restricted goods may be sold, unless the till sends another one"
    )
    risk: Annotated[float, Field(ge=0.01, le=0.2)] = Field(
        0.05,
        description="share of the people up to five years under the legal age that may pass unasked, as the upper end "
        "of its 95 % interval; selects the model's limits",
    )
    max_p_under_legal: Fraction | None = Field(
        None,
        description="highest probability of being under policy.legal_age at which a customer may go unasked; default, "
        "and not above it: the model's limit for policy.risk",
    )
    challenge_age: Annotated[int, Field(ge=18, le=60)] | None = Field(
        None,
        description="ask everyone who looks younger, too, for goods of policy.legal_age; not below it; default: the "
        "probability alone decides",
    )
    min_looks: Annotated[int, Field(ge=1, le=100)] = Field(3, description="good samples of a face that an answer needs")
    ask_for_companions: bool = Field(
        True,
        description="ask when somebody else in the zone looks young, or their age cannot be estimated; false: only "
        "when it is not clear which one is the customer",
    )
    answer_within_s: Annotated[float, Field(gt=0, le=1)] = Field(
        0.8, description="an answer that is not certain by then is UNKNOWN, which means: ask"
    )

    @model_validator(mode="after")
    def _challenge_age_not_below_legal(self) -> PolicySettings:
        if self.challenge_age is not None and self.challenge_age < self.legal_age:
            raise ValueError(
                words(
                    "policy.challenge_age = {age} is below policy.legal_age = {legal}: set it to {legal} or more",
                    age=self.challenge_age,
                    legal=self.legal_age,
                )
            )
        return self


_UNIQUE = Scope("lane", "after a restart", unique=True)


class TillSettings(Section):
    """The sockets to the till."""

    reliable: Annotated[str, _UNIQUE] = Field(
        "tcp://127.0.0.1:5557", description="ROUTER address that tills connect to; tills on other machines need keys"
    )
    live: Annotated[str, _UNIQUE] = Field(
        "tcp://127.0.0.1:5556", description="PUB address for screens and simple subscribers"
    )
    alert_expires_s: Seconds = Field(30, description="how long an alert may be shown")

    @model_validator(mode="after")
    def _two_addresses(self) -> TillSettings:
        if self.reliable == self.live and not self.live.endswith("*"):
            raise ValueError(
                words("till.reliable and till.live are both {address}: give each its own", address=shown(self.live))
            )
        return self


class MetricsSettings(Section):
    """The page for Prometheus and health checks."""

    listen: str = Field(
        "127.0.0.1:9464", description="HOST:PORT of /metrics and /healthz, the same for all lanes; off: none"
    )
    public: bool = Field(False, description="allow an address that other machines can reach")

    @model_validator(mode="after")
    def _allowed(self) -> MetricsSettings:
        if self.listen != "off" and not (self.public or ip_address(self.address[0]).is_loopback):
            raise ValueError(
                words(
                    "metrics.listen = {address} can be read from other machines: use 127.0.0.1:PORT, or allow it with "
                    "metrics.public = true",
                    address=shown(self.listen),
                )
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
                words(
                    "metrics.listen = {address} is not an address: use 127.0.0.1:PORT, [::1]:PORT or off",
                    address=shown(self.listen),
                )
            ) from None
        return str(address), int(port)


class ClockSettings(Section):
    """The box's clock. Records are removed by it, and offers are valid by it, only while it can be believed."""

    trusted: bool = Field(
        False,
        description="believe the clock although no time server sets it; somebody must keep it right. While the clock "
        "is not believed, nothing old is removed and no offers are made",
    )


class ShopSettings(Section):
    """The shop, for the reports."""

    name: Annotated[str, Field(max_length=80)] = Field("", description="the shop's name, in the titles of reports")
    currency: Annotated[str, AfterValidator(_known_currency)] = Field(
        "RUB", description="currency of the prices, in three letters as in ISO 4217"
    )


class AuditSettings(Section):
    """The record of restricted sales."""

    keep_days: Annotated[int, Field(ge=1, le=3660)] = Field(365, description="days after which records are deleted")


class InsightsSettings(Section):
    """What each age band buys: for each sale the hour, the bands' probabilities and the basket; no person, no age."""

    enabled: bool = Field(False, description="keep purchases by age band; needs notice")
    notice: str = Field("", description="the text that informs customers, as on the sign at the entrance")
    folder: Path | None = Field(
        None, description="folder of the purchase files; default: insights/ in the state folder"
    )
    catalogue: Path | None = Field(
        None, description="CSV file with the columns sku,category, for tills that send no category"
    )
    keep_days: Annotated[int, Field(ge=1, le=3660)] = Field(365, description="days after which purchases are deleted")
    bands: Annotated[tuple[Annotated[int, Field(ge=1, le=100)], ...], Field(min_length=1, max_length=7)] = Field(
        (18, 25, 35, 45, 60), description="ages at which a new band begins"
    )
    min_customers: Annotated[int, Field(ge=2, le=10_000)] = Field(
        10, description="a band with fewer customers is never shown separately"
    )
    max_price: Annotated[float, Field(gt=0)] = Field(
        1_000_000, description="highest price of one piece; anything above is treated as an error"
    )

    @model_validator(mode="after")
    def _has_notice_and_ordered_bands(self) -> InsightsSettings:
        if self.enabled and not self.notice.strip():
            raise ValueError(words("insights.enabled needs insights.notice: the text that informs customers"))
        if list(self.bands) != sorted(set(self.bands)):
            raise ValueError(
                words("insights.bands = {ages}: each age must be above the one before", ages=list(self.bands))
            )
        return self


def _restricted_word(word: str) -> str:
    """Raises ValueError for a word that would match nearly every text, or none."""
    core = word.removeprefix("*").removesuffix("*").strip()
    if len(core) < 2 or not any(map(str.isalpha, core)):
        raise ValueError(words("give a word of at least two letters, beginning* or *part*"))
    return word.strip()


RestrictedWord = Annotated[str, AfterValidator(_restricted_word)]


class OffersSettings(Section):
    """What a cashier may offer, based on what age bands buy together. Offer results are kept like purchases."""

    enabled: bool = Field(False, description="make offers; needs insights.enabled, sheet and key")
    sheet: Path | None = Field(None, description="the offer sheet, from edge-agent offers sign")
    key: Path | None = Field(None, description="the public key of the sheet's signature")
    exclude: tuple[str, ...] = Field(
        (), description="categories and skus that are never offered and never trigger an offer"
    )
    restricted_words: tuple[RestrictedWord, ...] = Field(
        (), description="more words for goods that are never offered: a word, beginning* or *part*"
    )
    energy_drinks: bool = Field(False, description="allow offers of energy drinks")
    held_out: Annotated[float, Field(ge=0.01, le=0.9)] = Field(
        0.1, description="share of the sales with a matching offer that get none, for comparison"
    )
    max_p_under_legal: Fraction = Field(
        0.05, description="highest probability of being under the legal age of a customer who gets an offer"
    )
    min_p_band: Fraction = Field(0.4, description="lowest probability of the customer's band that an offer needs")

    @model_validator(mode="after")
    def _signed(self) -> OffersSettings:
        if self.enabled and (self.sheet is None or self.key is None):
            raise ValueError(words("offers.enabled needs offers.sheet and offers.key: see docs/offers.md"))
        return self
