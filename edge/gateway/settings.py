"""All settings of the gateway, declared once: TOML keys, flags, EDGE_GATEWAY_* variables and the help follow."""

from __future__ import annotations

import os
import re
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from edge.commands import shown
from edge.errors import UsageError
from edge.language.words import words
from edge.settings.config import LogFormat, LogLevel
from edge.settings.scope import Scope
from edge.till.keys import TILL_NAME
from edge.till.limits import TILLS
from edge.till.sockets import is_public

PREFIX = "EDGE_GATEWAY_"
"""Of the variables."""

_ALL = Scope("box", "after a restart")


def _till_name(value: str) -> str:
    if not TILL_NAME.fullmatch(value):
        raise ValueError(words("use 1 to 40 letters, digits, hyphens or underscores"))
    return value


def _agent_address(value: str) -> str:
    try:
        is_public("agent", value)
    except UsageError:
        raise ValueError(words("use tcp://HOST:PORT or ipc://FILE")) from None
    return value


def _sha256(value: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", value):
        raise ValueError(words("must be 64 hex digits in lower case, as sha256sum prints them"))
    return value


def _default_state_dir() -> Path:
    given = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    if given:
        return Path(given)
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "edge-gateway"


Agent = Annotated[str, AfterValidator(_agent_address)]


class TillEntry(BaseModel):
    """A till, in a table `[[till]]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, AfterValidator(_till_name)] = Field(description="name of the till, as in its key")
    token_file: Path | None = Field(None, description="file with the till's token, mode 0600")
    token_sha256: Annotated[str, AfterValidator(_sha256)] | None = Field(
        None, description="instead of the file: the token's SHA-256 in hex"
    )
    agent: Agent | None = Field(None, description="address of the agent of the till's lane, if it is another one")
    key: Path | None = Field(None, description="the till's key, made by edge-agent keys new; for agents on the network")
    webhook: str | None = Field(None, description="address of the till to which the agent's messages are sent")
    webhook_secret_file: Path | None = Field(None, description="file with the secret that signs them, mode 0600")
    webhook_ca: Path | None = Field(None, description="PEM file with the authority of the webhook's certificate")

    @property
    def has_token(self) -> bool:
        return self.token_file is not None or self.token_sha256 is not None

    @model_validator(mode="after")
    def _complete(self) -> TillEntry:
        if self.token_file and self.token_sha256:
            raise ValueError(words("till {till}: token_file and token_sha256 are both given: give one", till=self.name))
        if self.webhook is not None:
            self._check_webhook(self.webhook)
        elif self.webhook_secret_file or self.webhook_ca:
            raise ValueError(
                words("till {till}: webhook_secret_file and webhook_ca need webhook = ADDRESS", till=self.name)
            )
        return self

    def _check_webhook(self, webhook: str) -> None:
        """Reject an address that is not a till in the store."""
        which = words("till {till}: webhook = {address}", till=self.name, address=shown(webhook))
        parts = _split(webhook)
        if parts is None or parts.scheme not in ("http", "https") or parts.username or parts.fragment:
            raise ValueError(
                words("{which}: use https://ADDRESS:PORT/PATH, or http://127.0.0.1:PORT/PATH on this box", which=which)
            )
        try:
            host = ip_address({"localhost": "127.0.0.1"}.get(parts.hostname or "", parts.hostname or ""))
        except ValueError:
            raise ValueError(
                words("{which}: give the till's IP address, names are not looked up", which=which)
            ) from None
        if not (host.is_private or host.is_loopback) or host.is_unspecified:
            raise ValueError(
                words("{which} is not in the store: give a private address, such as 192.168.1.21", which=which)
            )
        if parts.scheme == "http" and not host.is_loopback:
            raise ValueError(words("{which} is not on this box: use https://", which=which))
        if self.webhook_secret_file is None:
            raise ValueError(words("{which} needs webhook_secret_file: the till checks with it who sends", which=which))


class GatewaySettings(BaseSettings):
    """Settings of the gateway. They can also be in a TOML file: --config gateway.toml."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True)

    listen: Annotated[str, _ALL] = Field(
        "127.0.0.1:8480", description="HOST:PORT that tills connect to; another address than this box's own needs "
        "certificate, certificate_key and a token for each till"
    )  # fmt: skip
    certificate: Annotated[Path | None, _ALL] = Field(None, description="PEM file; with it tills connect with HTTPS")
    certificate_key: Annotated[Path | None, _ALL] = Field(
        None, description="PEM file with the certificate's key, mode 0600"
    )
    agent: Annotated[Agent, _ALL] = Field("tcp://127.0.0.1:5557", description="the agent's reliable address")
    state_dir: Annotated[Path, _ALL] = Field(
        default_factory=_default_state_dir,
        description="folder for what must survive a power cut; default: $STATE_DIRECTORY, $XDG_STATE_HOME/edge-gateway "
        "or ~/.local/state/edge-gateway",
    )
    origins: Annotated[tuple[str, ...], _ALL] = Field(
        (),
        description="origins of tills that are web pages, such as https://till.shop; others are kept out by browsers",
    )
    log_level: Annotated[LogLevel, _ALL] = Field("info", description="what is logged: this and everything more serious")
    log_format: Annotated[LogFormat, _ALL] = Field(
        "text",
        description="lines of the log on stderr: text, or an object of JSON each; under systemd the log goes to the "
        "journal instead",
    )
    till: Annotated[tuple[TillEntry, ...], Field(min_length=1, max_length=TILLS), _ALL] = Field(
        description="the tills: tables [[till]] in the file; as a flag, the name of a till on this box"
    )

    @property
    def address(self) -> tuple[str, int]:
        """IP address and port. Raises ValueError."""
        host, _, port = self.listen.rpartition(":")
        try:
            address = ip_address({"localhost": "127.0.0.1"}.get(host, host.strip("[]")))
            if not (
                port.isascii() and port.isdecimal() and int(port) < 65536 and (":" in host) == host.startswith("[")
            ):
                raise ValueError
        except ValueError:
            raise ValueError(
                words("listen = {address} is not an address: use 127.0.0.1:PORT", address=shown(self.listen))
            ) from None
        return str(address), int(port)

    @property
    def on_this_box(self) -> bool:
        """Whether only programs of this box can connect."""
        return ip_address(self.address[0]).is_loopback

    @model_validator(mode="after")
    def _allowed(self) -> GatewaySettings:
        if (self.certificate is None) != (self.certificate_key is None):
            raise ValueError(words("certificate and certificate_key belong together: give both"))
        if not self.on_this_box and not self.certificate:
            raise ValueError(
                words(
                    "listen = {address} can be reached from other machines: give certificate and certificate_key, or "
                    "use 127.0.0.1:PORT",
                    address=shown(self.listen),
                )
            )
        for each in self.till:
            if not self.on_this_box and not each.has_token:
                raise ValueError(
                    words(
                        "listen = {address} can be reached from other machines, and till {till} has no token: give it "
                        "token_file",
                        address=shown(self.listen),
                        till=each.name,
                    )
                )
            if is_public("agent", each.agent or self.agent) and not each.key:
                raise ValueError(
                    words(
                        "agent = {address} is not on this box, and till {till} has no key: make one with edge-agent "
                        "keys new {till}",
                        address=shown(each.agent or self.agent),
                        till=each.name,
                    )
                )
        return self

    @model_validator(mode="after")
    def _different_tills(self) -> GatewaySettings:
        names = [each.name for each in self.till]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(
                    words("till {till} is there {n} times: give each till its own name", till=name, n=names.count(name))
                )
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        # `load_gateway` has merged flags, variables and the file, in this order, into init_settings.
        return (init_settings,)


def _split(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018  # raises ValueError for a port that is none
    except ValueError:
        return None
    return parts


Values = dict[str, Any]
