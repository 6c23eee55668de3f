"""Bundles for boxes without internet access: the real one, and small ones that fit nothing."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
from hashlib import sha256
from pathlib import Path

from tests.deploy.debian import REPOSITORY, UnavailableError, python_packages

SIGNATURE_BYTES = 4096
FITS = {
    "version": "9.9.9",
    "system": "debian-12",
    "architecture": "amd64",
    "python": "3.11",
    "extras": "web",
    "packages": "libc6",
}


class Signer:
    """Who signs, with a key of gpg. folder: its keys."""

    def __init__(self, folder: Path, name: str = "releases@example.com") -> None:
        self.folder, self.name = folder, name
        folder.mkdir(mode=0o700)
        self.gpg("--passphrase", "", "--quick-generate-key", name, "ed25519", "sign", "never")
        self.public = folder / "public.gpg"
        self.public.write_bytes(self.gpg("--export", name))

    @property
    def environment(self) -> dict[str, str]:
        return {"GNUPGHOME": str(self.folder)}

    def gpg(self, *words: str, stdin: bytes = b"") -> bytes:
        command = "gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", *words
        return subprocess.run(
            command, input=stdin, env=os.environ | self.environment, timeout=60, check=True, capture_output=True
        ).stdout

    def sealed(self, content: bytes) -> bytes:
        """As make-bundle.sh seals it."""
        signature = self.gpg("--armor", "--detach-sign", "--local-user", self.name, stdin=content)
        return content + signature.ljust(SIGNATURE_BYTES, b"\n")

    def close(self) -> None:
        subprocess.run(["gpgconf", "--kill", "all"], env=os.environ | self.environment, timeout=60, check=False)


def small_bundle(signer: Signer, **fields: str) -> bytes:
    """A signed bundle with the installer and nothing to install. fields: of BUNDLE."""
    deploy = REPOSITORY / "deploy"
    files = {
        f"deploy/{file.relative_to(deploy)}": file.read_bytes()
        for part in ("install.sh", "lane.toml", "steps", "systemd", "udev")
        for file in ([deploy / part] if (deploy / part).is_file() else sorted((deploy / part).iterdir()))
    }
    files["BUNDLE"] = "".join(f"{name} {value}\n" for name, value in {**FITS, **fields}.items()).encode()
    files["SHA256SUMS"] = "".join(f"{sha256(text).hexdigest()}  {name}\n" for name, text in files.items()).encode()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(text), 0o755
            archive.addfile(member, io.BytesIO(text))
    return signer.sealed(packed.getvalue())


def make_bundle(signer: Signer, out: Path) -> Path:
    """The real one: a folder with it, install.sh and the public key. Raises UnavailableError."""
    if sys.version_info[:2] != (3, 11):
        raise UnavailableError("the box has Python 3.11: run the tests with it to make a bundle for the box")
    pip = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(python_packages()), "PIP_CONFIG_FILE": os.devnull}
    command = REPOSITORY / "deploy" / "make-bundle.sh", "--sign", signer.name, "--extras", "web", "--out", out, "--deb"
    environment = os.environ | signer.environment | pip | {"PYTHON": sys.executable}
    done = subprocess.run(command, env=environment, timeout=600, check=False, capture_output=True, text=True)
    if any(sign in done.stderr for sign in ("Unable to locate package", "Failed to fetch", "Unable to fetch")):
        raise UnavailableError(f"no Debian packages here: {done.stderr.splitlines()[-1]}")
    assert done.returncode == 0, done.stdout + done.stderr
    return out
