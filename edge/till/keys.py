"""The keys folder: the agent's own CURVE key pair, and the public key of every till that may connect.

keys/                 mode 0700
  agent.key_secret    the agent's pair, made when it is first needed
  tills/NAME.key      a till's public key; the pair is in the file that was made for the till, and nowhere here
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import zmq

from edge.errors import RunError, UsageError
from edge.till.certificates import READ_OR_WRITE, WRITE, certificate, read, refuse_if_loose, write, write_whole
from edge.till.limits import TILLS

TILL_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
"""What a till, its key and the identity of its connection are called."""

_NOTES = """\
The keys of {till}: for that till's program alone, and nobody else's.
Set on its sockets: curve_serverkey = agent-public-key, curve_publickey = public-key, curve_secretkey = secret-key;
and on the DEALER also the identity (routing id) {till}.
The agent listens at {reliable} (DEALER) and {live} (SUB); for 0.0.0.0 or * take the address of its box."""


_NO_SECRET = "none"
"""What stands in a credential that the box does not have; see edge-agent.service."""


@dataclass(frozen=True)
class TillKey:
    """A till that may connect. created: RFC 3339, UTC. public: 40 characters in Z85."""

    till: str
    created: str
    public: str


NO_NAME = "a till needs a name: set the identity of its socket to 1-40 letters, digits, - or _"


def is_till_name(identity: bytes) -> bool:
    """Whether a connection is called as a till may be."""
    return TILL_NAME.fullmatch(identity.decode("latin-1")) is not None


class Keys:
    """Reads the folder anew with every call, so that what another process changes counts at once.

    Every call raises UsageError, one line with the mend, when somebody else could read a secret key or change a public
    one, and RunError when the disk does not let us.
    """

    def __init__(self, folder: Path, agent: Path | None = None) -> None:
        """Makes nothing yet. agent: where the agent's pair is instead, when the service manager hands it over: then the
        folder may belong to root, and the agent cannot read the one in it."""
        self._folder, self._tills = folder, folder / "tills"
        self._agent = agent or folder / "agent.key_secret"
        # What is handed over lies where nobody else can look, whatever its mode says.
        self._forbidden = 0 if agent else READ_OR_WRITE

    def agent(self) -> tuple[bytes, bytes]:
        """The agent's public and secret key in Z85; made now if there is none."""
        if not self._is_there() or not self._agent.exists():
            self._make_folders()
            # Two processes may come here at once: the first one's pair is everybody's.
            with suppress(FileExistsError):
                write_whole(self._agent, certificate("The agent's own keys: for nobody else.", {}, *_new_pair()))
        fields = read(self._agent, "public-key", "secret-key", forbidden=self._forbidden)
        return fields["public-key"].encode(), fields["secret-key"].encode()

    def tills(self) -> list[TillKey]:
        """Every till that may connect, by name."""
        if not self._is_there():
            return []
        with suppress(FileNotFoundError):
            read(self._agent, "public-key", "secret-key", forbidden=self._forbidden)
        keys = []
        for file in self._files():
            # A key that is revoked at this moment is none.
            with suppress(FileNotFoundError):
                fields = read(file, "public-key", forbidden=WRITE)
                keys.append(TillKey(file.stem, fields.get("created", ""), fields["public-key"]))
        return keys

    def new(self, till: str, file: Path, addresses: tuple[str, str]) -> None:
        """Make a pair for a till: the public half stays here, and both go into `file` (mode 0600), for the till.

        addresses: of the reliable and the live channel, told to whoever reads the file. Raises UsageError also for a
        till that has a key, and a file that is there.
        """
        if not TILL_NAME.fullmatch(till):
            raise UsageError(f"{till!r} is no name for a till: use 1 to 40 letters, digits, - or _")
        known = [key.till for key in self.tills()]
        if till in known:
            raise UsageError(f"till {till} has a key: revoke it first with edge-agent keys revoke {till}")
        if len(known) >= TILLS:
            raise UsageError(
                f"{TILLS} tills have a key, as many as an agent serves: revoke one with edge-agent keys revoke"
            )
        agent_public, _ = self.agent()
        public, secret = _new_pair()
        created = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        told = {"till": till, "created": created, "agent-public-key": agent_public.decode()}
        notes = _NOTES.format(till=till, reliable=addresses[0], live=addresses[1])
        try:
            write(file, certificate(notes, told, public, secret))
        except FileExistsError:
            raise UsageError(f"{file} is there already: move it away, or name another one with --out FILE") from None
        try:
            public_half = certificate(f"The public key of {till}.", told, public)
            write_whole(self._tills / f"{till}.key", public_half, mode=0o644)
        except BaseException:
            file.unlink()
            raise

    def revoke(self, till: str) -> None:
        """Take a till's key away; a running agent notices within a second. Raises UsageError when there is none."""
        known = [key.till for key in self.tills()]
        if till not in known:
            raise UsageError(f"till {till!r} has no key: there are keys of {', '.join(known) or 'no till'}")
        file = self._tills / f"{till}.key"
        try:
            file.unlink(missing_ok=True)
        except OSError as problem:
            raise RunError(f"cannot remove {file}: {problem.strerror}") from None

    def _is_there(self) -> bool:
        """Whether the folders are there, safe from others."""
        for folder in (self._folder, self._tills):
            try:
                refuse_if_loose(folder, folder.stat(), WRITE)
            except FileNotFoundError:
                return False
            except OSError as problem:
                raise RunError(f"cannot read {folder}: {problem.strerror}") from None
        return True

    def _make_folders(self) -> None:
        state = self._folder.parent
        try:
            state.mkdir(parents=True, exist_ok=True)
            # Else the agent, which runs as the owner of its state folder, could not read what is made here.
            refuse_if_loose(state, state.stat(), forbidden=0)
            for folder in (self._folder, self._tills):
                folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as problem:
            raise RunError(f"cannot make {self._tills}: {problem.strerror}") from None

    def _files(self) -> list[Path]:
        try:
            return sorted(file for file in self._tills.glob("*.key") if TILL_NAME.fullmatch(file.stem))
        except OSError as problem:
            raise RunError(f"cannot read {self._tills}: {problem.strerror}") from None


def _new_pair() -> tuple[str, str]:
    """A public and a secret key in Z85."""
    public, secret = zmq.curve_keypair()
    return public.decode(), secret.decode()


def credential(name: str) -> Path | None:
    """The file with a secret that systemd handed over to this service alone, see LoadCredential=; None without one."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    file = Path(folder) / name if folder else None
    return file if file and file.is_file() and file.read_bytes().strip() != _NO_SECRET.encode() else None
