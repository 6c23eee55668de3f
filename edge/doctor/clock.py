"""Checks of the clocks: of the box, and whether old records are removed by it."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING

from edge.clock.believed import DAY_S, FLOOR_S
from edge.clock.reading import is_synchronised, read_clocks
from edge.clock.words import doubt_text
from edge.doctor.finding import Finding, check, ok, problem, warning
from edge.language.words import Words, counted, joined, words
from edge.records.believed import WrittenTimes, saved_time
from edge.records.database import DATABASE_FILE, Database
from edge.records.till_clocks import till_clocks as known_clocks

if TYPE_CHECKING:
    from edge.doctor.targets import BoxTarget, LaneTarget

_SYNCHRONISE = words(
    "sudo timedatectl set-ntp true, then wait a minute; if the network has its own time server, "
    "first write NTP=ITS-ADDRESS into /etc/systemd/timesyncd.conf"
)
_SET_CLOCK = words("sudo timedatectl set-time 'YYYY-MM-DD HH:MM:SS', with the current time")
_TRUST = words(
    "sudo timedatectl set-ntp true; if the box can reach no time server and somebody keeps its "
    "clock right, write clock.trusted = true into the config {file}; then sudo systemctl restart "
    "edge-agent"
)


@check(
    "clock",
    "Is the clock right and synchronised? The record of sales contains its time.",
    _SYNCHRONISE,
    _SET_CLOCK,
)
def clock(box: BoxTarget) -> Finding:
    now = datetime.now().astimezone()
    if now.timestamp() < FLOOR_S:
        return problem(words("the clock shows {now:%Y-%m-%d %H:%M:%S %Z}", now=now), _SET_CLOCK)
    synchronised = is_synchronised()
    if synchronised:
        return ok(words("{now:%Y-%m-%d %H:%M:%S %Z}, set by a time server", now=now))
    if box.first.clock.trusted:
        return ok(words("{now:%Y-%m-%d %H:%M:%S %Z}, believed because of clock.trusted", now=now))
    if synchronised is None:
        return ok(words("{now:%Y-%m-%d %H:%M:%S %Z}; this user cannot see whether a time server sets it", now=now))
    return warning(words("{now:%Y-%m-%d %H:%M:%S %Z}, but no time server sets the clock", now=now), _SYNCHRONISE)


_TILLS = words(
    "let the time server that sets this box's clock set that of the till's computer, too: on "
    "Linux sudo timedatectl set-ntp true, on Windows w32tm /resync; then restart the till's "
    "program"
)
_DIFFER_S = 2.0
"""From there on a till does not believe NO_CHALLENGE, see docs/till-protocol.md."""


@check("retention", "Are old records removed in time? Only a clock that can be believed removes any.", _TRUST,
       after=("disk", "record"))  # fmt: skip
def retention(lane: LaneTarget) -> Finding:
    folder, keep_days = lane.settings.state_dir, lane.settings.audit.keep_days
    if not (folder / DATABASE_FILE).exists():
        return ok(words("no record yet; kept for {keep_days} days", keep_days=keep_days))
    reading = read_clocks(trusted=lane.settings.clock.trusted)
    with closing(Database(folder, read_only=True)) as database:
        if not (saved := saved_time(database)):
            return ok(words("the next start of the agent begins to measure how old its records are"))
        time, written = saved.read(reading), WrittenTimes(database, "audit").all()
    if text := doubt_text(time, reading):
        return warning(text, _TRUST, file=lane.file)
    oldest = max((time.age_s(written_s) / DAY_S for written_s in written.values()), default=0.0)
    return ok(
        words(
            "the oldest record is {oldest:.0f} days old; kept for {keep_days} days", oldest=oldest, keep_days=keep_days
        )
    )


@check("till clocks", "Do the clocks of the tills agree with the box's? If not, tills ask for ID more often.", _TILLS,
       after=("record",))  # fmt: skip
def till_clocks(lane: LaneTarget) -> Finding:
    ahead = known_clocks(lane.settings.state_dir)
    if not ahead:
        return ok(words("no till has said its time yet"))
    wrong = {till: ahead_s for till, ahead_s in ahead.items() if abs(ahead_s) > _DIFFER_S}
    if not wrong:
        return ok(
            words(
                "{tills}, at most {most:.1f} s apart",
                tills=counted("{n} till", "{n} tills", len(ahead)),
                most=max(map(abs, ahead.values())),
            )
        )
    worst = joined(", ", [_difference(till, ahead_s) for till, ahead_s in [*wrong.items()][:5]])
    return warning(words("{worst}; sales work, but these tills do not believe NO_CHALLENGE", worst=worst), _TILLS)


def _difference(till: str, ahead_s: float) -> Words:
    if ahead_s > 0:
        return words("{till} {seconds:.0f} s ahead", till=till, seconds=ahead_s)
    return words("{till} {seconds:.0f} s behind", till=till, seconds=-ahead_s)
