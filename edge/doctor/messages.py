"""Check of what tills have sent in vain lately."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, get_args

from edge.doctor.finding import Finding, check, ok, warning
from edge.language.words import Words, counted, joined, words
from edge.records.rejected import rejected_lately
from edge.till.messages import ErrorCode
from edge.till.rejections import DROPPED

if TYPE_CHECKING:
    from edge.doctor.targets import LaneTarget
    from edge.records.rejected import RejectedLately

_PROGRAM = words(
    "send this line to whoever made the till's program; docs/till-protocol.md says below "
    "lane.error what each word means and what to do; sudo journalctl -u edge-agent | grep -E "
    "'rejected|ignored' has more"
)
_MODE = words('write mode = "auto" into the config {file}, then sudo systemctl restart edge-agent')
_CONNECTION = words(
    "if it is a till of this shop, sudo edge-agent keys new TILL --config {file} with its name, "
    "copy the file that it writes to the till, and set the till's identity to this name; if it "
    "is not, sudo ss -tnp shows what connects to this box"
)

_OF_PROGRAMS = {DROPPED, "too fast", "topics", *get_args(ErrorCode)}
"""Reasons that the till's program can change; the others are about keys and names."""
_LATELY = timedelta(days=1)
_MOST_SEEN = 5
_USUAL = 10
"""A till that reconnects after a restart of the agent, or of itself, may be told as often that a sale is not open."""


@check("messages", "Could everything be used that tills have sent lately?", _PROGRAM, _MODE, _CONNECTION,
       after=("record",))  # fmt: skip
def messages(lane: LaneTarget) -> Finding:
    found = rejected_lately(lane.settings.state_dir, datetime.now(timezone.utc) - _LATELY)
    found = [one for one in found if one.reason != "no-such-sale" or one.times > _USUAL]
    if not found:
        return ok(words("nothing that tills have sent since yesterday was rejected"))
    shown = [_in_words(one) for one in found[:_MOST_SEEN]]
    if len(found) > _MOST_SEEN:
        shown.append(words("and {count} more", count=len(found) - _MOST_SEEN))
    seen = words("since yesterday {messages}", messages=joined("; ", shown))
    return warning(seen, _fix(found), file=lane.file)


def _in_words(one: RejectedLately) -> Words:
    values = {"client": one.client, "explanation": one.explanation}
    times = words("once") if one.times == 1 else counted("{n} time", "{n} times", one.times)
    if one.reason == DROPPED:
        template = words("a part of a message of {client} could not be used, {times}, last {explanation}")
        return template.format(times=times, **values)
    return words("{client} was rejected {times}, {reason}: {explanation}").format(
        times=times, reason=one.reason, **values
    )


def _fix(found: list[RejectedLately]) -> Words:
    """The fix for what happened most often."""
    times = Counter[Words]()
    for one in found:
        times[_MODE if one.reason == "wrong-mode" else _PROGRAM if one.reason in _OF_PROGRAMS else _CONNECTION] += (
            one.times
        )
    return times.most_common(1)[0][0]
