"""Prints a page as PDF, with Chromium or WeasyPrint, whichever is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from edge.errors import RunError, UsageError
from edge.language.words import words

_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""The command's name in different distributions."""
_WEASYPRINT = "weasyprint"

_LONGEST_S = 300
"""A page that is not printed by then never will be."""

_OPTIONS = (
    "--headless", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--no-pdf-header-footer",
    # The page needs no network, so the browser gets none.
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--proxy-server=127.0.0.1:9",
)  # fmt: skip


def find_printer() -> str:
    """The path of the program that prints. Raises UsageError, with the command that installs one, if there is none."""
    for name in (*_CHROMIUM, _WEASYPRINT):
        if path := shutil.which(name):
            return path
    raise UsageError(
        words("--pdf needs Chromium or WeasyPrint: sudo apt-get install chromium, or pip install weasyprint")
    )


def as_pdf(page: str) -> bytes:
    """A page as a PDF file. page: the text of an HTML file. Raises UsageError if nothing can print, and RunError."""
    printer = find_printer()
    # Under the home folder, if there is one: a Chromium from a snap package reads no other.
    with TemporaryDirectory(prefix="edge-agent-", dir=_home()) as folder:
        source, out = Path(folder) / "page.html", Path(folder) / "page.pdf"
        source.write_text(page, encoding="utf-8")
        try:
            done = subprocess.run(
                _command(printer, source, out), cwd=folder, env=os.environ | {"HOME": folder}, stdin=subprocess.DEVNULL,
                capture_output=True, timeout=_LONGEST_S, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as problem:
            raise RunError(words("{printer} cannot print: {problem}", printer=printer, problem=problem)) from None
        if not out.is_file():
            lines = done.stderr.decode(errors="replace").strip().splitlines() or [f"it ended with {done.returncode}"]
            raise RunError(
                words(
                    "{printer} printed nothing: {reason}; --html FILE writes a page that any browser prints",
                    printer=printer,
                    reason=lines[-1],
                )
            )
        return out.read_bytes()


def _home() -> str | None:
    home = Path(os.environ.get("HOME", "/"))
    return str(home) if home != Path("/") and os.access(home, os.W_OK) else None


def _command(printer: str, source: Path, out: Path) -> list[str]:
    if Path(printer).name == _WEASYPRINT:
        return [printer, "--quiet", str(source), str(out)]
    # Chromium's own sandbox does not work for root.
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    profile = f"--user-data-dir={source.parent / 'profile'}"
    return [printer, *_OPTIONS, *sandbox, profile, f"--print-to-pdf={out}", source.as_uri()]
