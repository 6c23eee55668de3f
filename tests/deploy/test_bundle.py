"""Bundles that install.sh --from rejects: one line on stderr, and nothing on the box has changed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.deploy.bundles import SIGNATURE_BYTES, Signer, small_bundle
from tests.deploy.debian import REPOSITORY, Debian

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def carried(box: Debian, signer: Signer) -> Path:
    """What an installer brings: install.sh and the public key. No checkout."""
    folder = box.root / "srv"
    shutil.copy(REPOSITORY / "deploy" / "install.sh", folder)
    shutil.copy(signer.public, folder / "releases.gpg")
    return folder


@pytest.fixture
def rejected(box: Debian, carried: Path) -> Iterator[Callable[..., str]]:
    """Installs a file, without a network, and returns the reason that it is rejected for."""

    def install(bundle: bytes, key: str = "/srv/releases.gpg") -> str:
        (carried / "bundle").write_bytes(bundle)
        words = "unshare", "--net", "/srv/install.sh", "--from", "/srv/bundle", *(("--key", key) if key else ())
        done = box.run(*words, check=False)
        assert (done.returncode in (1, 2), done.stdout) == (True, "")
        assert done.stderr.startswith("install.sh: ")
        assert done.stderr.count("\n") == 1
        return done.stderr.removeprefix("install.sh: ").strip()

    before = files(box)
    yield install
    assert files(box) == before


def files(box: Debian) -> str:
    folders = "/opt", "/etc/edge-agent", "/etc/systemd", "/usr/local", "/var/tmp", "/tmp"
    return box.run("find", *folders, check=False).stdout


def test_a_file_that_was_changed_after_it_was_signed(rejected: Callable[..., str], signer: Signer) -> None:
    bundle = bytearray(small_bundle(signer))
    bundle[len(bundle) // 2] ^= 1
    assert rejected(bytes(bundle)) == "/srv/bundle was changed after it was signed; nothing was changed here"


@pytest.mark.parametrize("bytes_left", [0, 10, 5000, -1, -SIGNATURE_BYTES])
def test_a_file_that_was_not_copied_whole(rejected: Callable[..., str], signer: Signer, bytes_left: int) -> None:
    reason = rejected(small_bundle(signer)[:bytes_left])
    assert reason == "/srv/bundle is not complete, or not a bundle: copy it again; nothing was changed"


def test_a_file_that_was_signed_by_somebody_else(rejected: Callable[..., str], tmp_path: Path) -> None:
    other = Signer(tmp_path / "other", "releases@example.com")
    reason = rejected(small_bundle(other))
    other.close()
    assert reason.startswith("/srv/bundle is not signed by the key /srv/releases.gpg (")
    assert reason.endswith("No public key); nothing was changed")


def test_a_signature_of_another_text_proves_nothing(rejected: Callable[..., str], signer: Signer) -> None:
    content = small_bundle(signer)[:-SIGNATURE_BYTES]
    inline = signer.gpg("--armor", "--sign", "--local-user", signer.name, stdin=b"a letter")
    letter = inline.replace(b"PGP MESSAGE", b"PGP SIGNATURE").ljust(SIGNATURE_BYTES, b"\n")
    assert "not a detached signature" in rejected(content + letter)


def test_without_the_key_of_those_who_sign(rejected: Callable[..., str], signer: Signer, carried: Path) -> None:
    missing = "there is no public key /etc/edge-agent/keys/releases.gpg: give it with --key FILE"
    assert rejected(small_bundle(signer), key="") == missing
    (carried / "releases.asc").write_bytes(signer.gpg("--armor", "--export", signer.name))
    reason = rejected(small_bundle(signer), key="/srv/releases.asc")
    assert reason == "the key /srv/releases.asc is in gpg's text form: write it with gpg --export, without --armor"


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("system", "debian-11", "this bundle is for debian-11, and this box is debian-12"),
        ("architecture", "arm64", "this bundle is for arm64, and this box is amd64"),
        ("python", "3.13", "this bundle is for Python 3.13, and this box has none: choose with PYTHON=python3.13"),
    ],
)
def test_a_bundle_for_other_boxes(
    rejected: Callable[..., str], signer: Signer, field: str, value: str, reason: str
) -> None:
    assert rejected(small_bundle(signer, **{field: value})) == reason
