"""The keys folder: the agent's own CURVE key pair, and the public key of every till that may connect.

keys/                 mode 0700
  agent.key_secret    the agent's pair, created when first needed
  tills/NAME.key      a till's public key; its secret key is only in the file that was made for the till
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import zmq

from edge.commands import shown
from edge.errors import RunError, UsageError
from edge.language.system import system_words
from edge.language.words import words
from edge.settings.files import make_private_folder
from edge.settings.private_files import (
    READ_OR_WRITE,
    WRITE,
    check_permissions,
    write_new_file,
    write_new_file_atomically,
)
from edge.till.certificates import certificate_text, read_certificate
from edge.till.limits import TILLS

TILL_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
"""A valid till name. The till's key and the identity of its connection have the same name."""

_KEY_NOTES = """\
The keys of {till}. Only that till's program may read this file.
Set on every socket: curve_serverkey = agent-public-key, curve_publickey = public-key, curve_secretkey = secret-key;
on the DEALER also set the identity (routing id) to {till}.
The agent listens at {reliable} (DEALER) and {live} (SUB); instead of 0.0.0.0 or * use the box's address."""

_NO_SECRET = "none"
"""Content of a credential file when the box has no such secret; see edge-agent.service."""


@dataclass(frozen=True)
class TillKey:
    """The public key of a till that may connect. created: RFC 3339, UTC. public: 40 characters of Z85."""

    till: str
    created: str
    public: str


NO_NAME = words("a till needs a name: set the identity of its socket to 1-40 letters, digits, - or _")


def is_till_name(identity: bytes) -> bool:
    """Whether the identity of a connection is a valid till name."""
    return TILL_NAME.fullmatch(identity.decode("latin-1")) is not None


class Keys:
    """The keys folder. Every call reads it again, so that changes by other processes take effect at once.

    Every call raises UsageError, one line with the fix, when another user could read a secret key or change a public
    one, and RunError when the disk cannot be read or written.
    """

    def __init__(self, folder: Path, agent: Path | None = None) -> None:
        """Creates no files yet. agent: file with the agent's pair, when the service manager passes it as a credential.
        The folder may then belong to root, and the agent cannot read the pair inside it."""
        self._folder, self._tills = folder, folder / "tills"
        self._agent = agent or folder / "agent.key_secret"
        # Only this service can open the folder of a credential, so the file's mode does not matter.
        self._forbidden = 0 if agent else READ_OR_WRITE

    def agent(self) -> tuple[bytes, bytes]:
        """The agent's public and secret key in Z85. Creates the pair when there is none."""
        if not self._exists() or not self._agent.exists():
            self._make_folders()
            # Two processes may create the pair at once: both then use the one written first.
            with suppress(FileExistsError):
                notes = "The agent's own keys. Only the agent may read this file."
                write_new_file_atomically(self._agent, certificate_text(notes, {}, *_new_pair()))
        fields = read_certificate(self._agent, "public-key", "secret-key", forbidden=self._forbidden)
        return fields["public-key"].encode(), fields["secret-key"].encode()

    def tills(self) -> list[TillKey]:
        """The key of every till that may connect, sorted by till name."""
        if not self._exists():
            return []
        with suppress(FileNotFoundError):
            read_certificate(self._agent, "public-key", "secret-key", forbidden=self._forbidden)
        keys = []
        for file in self._files():
            # The key may be revoked between listing and reading.
            with suppress(FileNotFoundError):
                fields = read_certificate(file, "public-key", forbidden=WRITE)
                keys.append(TillKey(file.stem, fields.get("created", ""), fields["public-key"]))
        return keys

    def new(self, till: str, file: Path, addresses: tuple[str, str]) -> None:
        """Create a pair for a till. The public key stays in the folder; both keys go into `file` (mode 0600).

        addresses: of the reliable and the live channel, named in the comments of the file. Raises UsageError also for
        an invalid name, for a till that has a key already, for one till too many, and when `file` exists.
        """
        if not TILL_NAME.fullmatch(till):
            raise UsageError(
                words("{till} is not a valid till name: use 1 to 40 letters, digits, - or _", till=shown(till))
            )
        known = [key.till for key in self.tills()]
        if till in known:
            raise UsageError(
                words("till {till} already has a key: revoke it first with edge-agent keys revoke {till}", till=till)
            )
        if len(known) >= TILLS:
            raise UsageError(
                words(
                    "{tills} tills have a key, the most that an agent serves: revoke one with edge-agent keys revoke",
                    tills=TILLS,
                )
            )
        agent_public, _ = self.agent()
        public, secret = _new_pair()
        created = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        metadata = {"till": till, "created": created, "agent-public-key": agent_public.decode()}
        notes = _KEY_NOTES.format(till=till, reliable=addresses[0], live=addresses[1])
        try:
            write_new_file(file, certificate_text(notes, metadata, public, secret))
        except FileExistsError:
            raise UsageError(
                words("{file} already exists: move it away, or choose another file with --out FILE", file=file)
            ) from None
        try:
            public_half = certificate_text(f"The public key of {till}.", metadata, public)
            write_new_file_atomically(self._tills / f"{till}.key", public_half, mode=0o644)
        except BaseException:
            file.unlink()
            raise

    def revoke(self, till: str) -> None:
        """Remove a till's key; a running agent rejects it within a second. Raises UsageError when the till has none."""
        known = [key.till for key in self.tills()]
        if till not in known:
            raise UsageError(
                words(
                    "till {till} has no key: tills with keys: {tills}",
                    till=shown(till),
                    tills=", ".join(known) or words("none"),
                )
            )
        file = self._tills / f"{till}.key"
        try:
            file.unlink(missing_ok=True)
        except OSError as problem:
            raise RunError(words("cannot remove {file}: {reason}", file=file, reason=system_words(problem))) from None

    def _exists(self) -> bool:
        """Whether both folders exist. Raises UsageError when other users can change them."""
        for folder in (self._folder, self._tills):
            try:
                check_permissions(folder, folder.stat(), WRITE)
            except FileNotFoundError:
                return False
            except OSError as problem:
                raise RunError(
                    words("cannot read {folder}: {reason}", folder=folder, reason=system_words(problem))
                ) from None
        return True

    def _make_folders(self) -> None:
        state = self._folder.parent
        try:
            make_private_folder(state)
            # The agent runs as the owner of its state folder, and must be able to read the keys.
            check_permissions(state, state.stat(), forbidden=0)
            for folder in (self._folder, self._tills):
                folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as problem:
            raise RunError(
                words("cannot make {folder}: {reason}", folder=self._tills, reason=system_words(problem))
            ) from None

    def _files(self) -> list[Path]:
        try:
            return sorted(file for file in self._tills.glob("*.key") if TILL_NAME.fullmatch(file.stem))
        except OSError as problem:
            raise RunError(
                words("cannot read {folder}: {reason}", folder=self._tills, reason=system_words(problem))
            ) from None


def _new_pair() -> tuple[str, str]:
    """A public and a secret key in Z85."""
    public, secret = zmq.curve_keypair()
    return public.decode(), secret.decode()


def credential(name: str) -> Path | None:
    """The file of a systemd credential (LoadCredential=), None when systemd passed none or a placeholder."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    file = Path(folder) / name if folder else None
    return file if file and file.is_file() and file.read_bytes().strip() != _NO_SECRET.encode() else None
