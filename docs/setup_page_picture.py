"""Takes docs/setup-page.png: the setup page of a real agent on the drawn clip, in headless Chromium.

python docs/setup_page_picture.py
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
from PIL import Image
from playwright.sync_api import sync_playwright

from edge.demo.clip import EMPTY_S, FRAMES_PER_SECOND, HEIGHT, STAND_S, WALK_S, WIDTH, clip_frames

PICTURE = Path(__file__).with_name("setup-page.png")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        clip, log = Path(folder) / "lane.mp4", Path(folder) / "log"
        write_clip(clip)
        command = [sys.executable, "-m", "edge", "run", "--video", str(clip), "--state-dir", f"{folder}/state"]
        command += ["--till.reliable", f"ipc://{folder}/till", "--till.live", f"ipc://{folder}/live"]
        command += ["--metrics.listen", "off", "--web", "127.0.0.1:0"]
        with log.open("w", encoding="utf-8") as err, subprocess.Popen(command, stderr=err) as agent:
            try:
                photograph(link_in(log, agent))
            finally:
                agent.terminate()


def write_clip(file: Path) -> None:
    """Write a clip in which someone walks in and stands at the till for a minute."""
    frames = list(clip_frames())
    comes = round((EMPTY_S + WALK_S) * FRAMES_PER_SECOND)
    stands = frames[comes : comes + round(STAND_S * FRAMES_PER_SECOND)]
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"mp4v"), FRAMES_PER_SECOND, (WIDTH, HEIGHT))
    for frame in [*frames[:comes], *stands * round(60 / STAND_S)]:
        writer.write(frame)
    writer.release()


def link_in(log: Path, agent: subprocess.Popen[bytes]) -> str:
    """The link to the page, from the file that the agent's log names. Exits when the agent has ended."""
    while not (found := re.search(r"its link is in (\S+)", log.read_text(encoding="utf-8"))):
        if agent.poll() is not None:
            sys.exit(log.read_text(encoding="utf-8"))
        time.sleep(0.1)
    return Path(found[1]).read_text(encoding="utf-8").strip()


def photograph(link: str) -> None:
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1120, "height": 690}, locale="en")
        page.goto(link)
        page.get_by_text("years").first.wait_for(timeout=60_000)
        page.wait_for_timeout(3000)
        page.wait_for_selector(".face.customer text")
        page.screenshot(path=PICTURE)
        browser.close()
    with Image.open(PICTURE) as picture:
        fewer_colours = picture.quantize(256, kmeans=3)
    fewer_colours.save(PICTURE, optimize=True)


if __name__ == "__main__":
    main()
