"""Draws docs/demo.svg, the picture in the README: a frame of the demonstration, and what `make demo` prints.

Run it again when the demonstration or the bundled model changes: .venv/bin/python docs/demo_picture.py
"""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from html import escape
from pathlib import Path

import cv2
from rich.console import Console
from rich.text import Text

from edge.demo.clip import FRAMES_PER_SECOND, clip_frames

LINE_PX, MARGIN_PX, WIDTH_PX = 19, 16, 980
STANDING = 4 * FRAMES_PER_SECOND
_COLOURS = {1: "#c01c28", 2: "#26a269", 3: "#a2734c"}
"""Background colours by their ANSI number: red, green, yellow."""


def main() -> None:
    command = [sys.executable, "-m", "edge.demo"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=os.environ | {"FORCE_COLOR": "1"})
    lines = [Text.from_ansi(line) for line in done.stdout.splitlines() if "edge-agent --video" not in line]
    frame = next(frame for number, frame in enumerate(clip_frames()) if number == STANDING)
    _, jpeg = cv2.imencode(".jpg", cv2.resize(frame, (320, 240)), [cv2.IMWRITE_JPEG_QUALITY, 80])
    picture = base64.b64encode(jpeg).decode()
    height = 240 + LINE_PX * (len(lines) + 1) + 3 * MARGIN_PX
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH_PX}" height="{height}" '
        'font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="14">',
        f'<rect width="{WIDTH_PX}" height="{height}" rx="8" fill="#1e1e2e"/>',
        f'<image x="{MARGIN_PX}" y="{MARGIN_PX}" width="320" height="240" href="data:image/jpeg;base64,{picture}"/>',
    ]
    top = 240 + 2 * MARGIN_PX + LINE_PX
    parts.append(_line("$ make demo", top, "#94e2d5"))
    for number, line in enumerate(lines, start=1):
        parts += _styled(line, top + number * LINE_PX)
    parts.append("</svg>")
    Path(__file__).with_name("demo.svg").write_text("\n".join(parts) + "\n", encoding="utf-8")


def _line(text: str, y: int, colour: str = "#cdd6f4") -> str:
    return f'<text x="{MARGIN_PX}" y="{y}" fill="{colour}" xml:space="preserve">{escape(text)}</text>'


def _styled(line: Text, y: int) -> list[str]:
    """SVG elements of a line of the terminal, with its background colours."""
    parts = []
    for span in line.spans:
        style = Console().get_style(span.style)
        if style.bgcolor:
            width = (span.end - span.start) * 8.43
            colour = _COLOURS.get(style.bgcolor.number or 0, "#45475a")
            left = MARGIN_PX + span.start * 8.43
            parts.append(f'<rect x="{left:.1f}" y="{y - 15}" width="{width:.1f}" height="19" fill="{colour}"/>')
    parts.append(_line(line.plain, y))
    return parts


if __name__ == "__main__":
    main()
