"""An SFTP server on this machine, for what a box copies away."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def write_rclone_config(rclone: str, config: Path, port: int) -> None:
    """Write the settings of a client: the remote `audit` is the server on this port."""
    done = subprocess.run([rclone, "obscure", "secret"], capture_output=True, text=True, check=True, timeout=60)
    text = f"[audit]\ntype = sftp\nhost = 127.0.0.1\nport = {port}\nuser = shop\npass = {done.stdout}"
    config.write_text(text)
    config.chmod(0o600)


@contextmanager
def sftp_server(rclone: str, folder: Path, port: int) -> Iterator[None]:
    """Serve a folder, which is created, at a port of this machine."""
    folder.mkdir()
    command = [
        rclone,
        "serve",
        "sftp",
        str(folder),
        "--addr",
        f"127.0.0.1:{port}",
        "--user",
        "shop",
        "--pass",
        "secret",
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr
        try:
            while "listening" not in (line := server.stderr.readline()):
                assert server.poll() is None, line
            yield
        finally:
            server.kill()
