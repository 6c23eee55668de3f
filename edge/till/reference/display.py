"""Prints the till's notifications for people: the cashier's screen as a coloured banner, the rest as short lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from rich.console import Console
from rich.text import Text

from edge.decision.policy import Decision
from edge.language.catalogue import ENGLISH
from edge.language.words import Words, in_language, words
from edge.till.messages import Text as Prompt
from edge.till.reference.catalogue import names_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edge.till.messages import Alert
    from edge.till.reference.screen import Screen
    from edge.till.reference.session import TillSession
    from edge.till.reference.steps import Notify

Language = Literal["ru", "en", "both"]

_RED, _YELLOW, _GREEN = "bold bright_white on red", "bold black on yellow", "bold black on green"
_BLUE = "bold bright_white on blue"
_ALERT_STYLES = {Decision.CHALLENGE: _RED, Decision.UNKNOWN: _YELLOW, Decision.NO_CHALLENGE: _GREEN}
_FALLBACK_BANNERS = {
    "ask": (words("ASK"), _YELLOW),
    "ask-everyone": (words("ASK EVERYONE"), _YELLOW),
    "do-not-sell": (words("DO NOT SELL"), _RED),
}
"""Word and style for the prompts that the till shows by itself."""

_DECISIONS = {
    Decision.CHALLENGE: words("CHALLENGE"),
    Decision.UNKNOWN: words("UNKNOWN"),
    Decision.NO_CHALLENGE: words("NO CHALLENGE"),
}

_ATTENDANT_STYLES = {"alert": "bold", "ask": "bold", "ask-everyone": "bold", "do-not-sell": "bold red"}

_EVENT_LINES = {
    "agent-met": words("connected to {lane}"),
    "agent-silent": words("the agent does not answer"),
    "agent-back": words("the agent is back"),
    "health": words("the agent is {status}: {problems}"),
    "clocks": words("clocks agree: {agree}; the till's clock is {till_ahead_s} s ahead of the agent's"),
    "sale-opened": words("{sale_id} opened"),
    "scanned": words("{sku} scanned"),
    "sale-suspended": words("{sale_id} set aside"),
    "sale-resumed": words("{sale_id} continues"),
    "removed": words("{sku} removed"),
    "cashier": words("{cashier_id} sells now"),
    "checked": words("ID {outcome}"),
    "offer-answered": words("the offer was {outcome}"),
    "sale-closed": words("sale closed"),
    "expired": words("an alert about {sale_id} came too late"),
    "error": words("error from the agent: {text}"),
    "not-understood": words("a message from the agent is not valid: {text}"),
}
"""Events printed as a line. The others are on the screen, or of no use to a cashier."""


_ATTENDANT_LINES = {
    "agent-met": _EVENT_LINES["agent-met"],
    "agent-silent": words("{lane}: the age check is not answering: ask everyone for ID"),
    "agent-back": words("{lane}: the age check is back"),
    "health": _EVENT_LINES["health"],
    "clocks": _EVENT_LINES["clocks"],
    "withdrawn": words("{lane} {till}: nothing to check any more"),
    "checked": words("{lane} {till}: ID {outcome}"),
    "error": _EVENT_LINES["error"],
    "not-understood": _EVENT_LINES["not-understood"],
}

_OUTCOMES = {
    "passed": words("passed"),
    "failed": words("failed"),
    "not-shown": words("not-shown"),
    "taken": words("taken"),
    "refused": words("refused"),
    "shown": words("shown"),
    "ok": words("ok"),
    "degraded": words("degraded"),
}
"""The protocol's values for people."""


class TerminalDisplay:
    """Prints on stdout, in colour on a terminal."""

    def __init__(self, session: TillSession, language: Language) -> None:
        """session: the session whose screen is shown. language: of the prompts and lines; with "both" prompts are in
        both languages, lines in English."""
        self._session, self._language = session, language
        self._console = Console(soft_wrap=True, highlight=False, markup=False)

    def show(self, notify: Notify) -> None:
        """Print a notification, if it concerns the cashier."""
        if notify.event == "screen":
            self._show_screen(self._session.screen)
        elif notify.event == "offer-shown" and (offer := self._session.screen.offer):
            self._console.print(_banner(words("OFFER"), _BLUE, offer.text, self._language))
        elif notify.event in _EVENT_LINES:
            self._console.print(
                _line(words("till: {line}"), _EVENT_LINES[notify.event], notify.details, self._language)
            )

    def _show_screen(self, screen: Screen) -> None:
        if banner := _screen_banner(screen, self._language):
            self._console.print(banner)
        if screen.alert:
            self._console.print(in_language(_alert_details(screen.alert), lines_in(self._language)))


class AttendantDisplay:
    """Prints what an attendant sees: the prompts of all tills, each with its lane and till."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._console = Console(soft_wrap=True, highlight=False, markup=False)

    def show(self, notify: Notify) -> None:
        """Print a notification, if it concerns the attendant."""
        details = notify.details
        if notify.event == "screen":
            place = f"{details['lane']} {details['till'] or ''}".strip()
            text = " / ".join(_in_language(Prompt(**details["text"]), self._language)) if details["text"] else "-"
            self._console.print(f"{place}: {text}", style=_ATTENDANT_STYLES.get(details["shows"]))
        elif notify.event in _ATTENDANT_LINES:
            line = _ATTENDANT_LINES[notify.event]
            self._console.print(_line(words("attendant: {line}"), line, details, self._language))


def _screen_banner(screen: Screen, language: Language) -> Text | None:
    """The prompt on the screen, None when there is none, or only "one moment"."""
    if screen.text is None or screen.shows == "waiting":
        return None
    if screen.alert:
        word, style = _DECISIONS[screen.alert.decision], _ALERT_STYLES[screen.alert.decision]
    else:
        word, style = _FALLBACK_BANNERS[screen.shows]
    return _banner(word, style, screen.text, language)


def _banner(word: Words, style: str, prompt: Prompt, language: Language) -> Text:
    banner = f" {in_language(word, lines_in(language))} "
    first, *others = _in_language(prompt, language)
    lines = [Text.assemble("  ", (banner, style), f"  {first}")]
    lines += [Text(f"  {' ' * len(banner)}  {other}") for other in others]
    return Text("\n").join(lines)


def _alert_details(alert: Alert) -> Words:
    """The figures behind an alert, for installers."""
    asked = words("asks everybody") if alert.threshold > 100 else words("asks below {age}", age=alert.threshold)
    known = str(alert.age) if alert.age else words("unknown")
    figures = words(
        "  age {age}, {asked}; {reasons}; {samples} samples",
        age=known,
        asked=asked,
        reasons=", ".join(alert.reasons),
        samples=alert.samples,
    )
    if alert.grab_to_alert_ms is None:
        return figures
    return words("{figures}, answered {ms:.0f} ms after the frame", figures=figures, ms=alert.grab_to_alert_ms)


def _line(beginning: Words, line: Words, details: Mapping[str, object], language: Language) -> str:
    """A line about an event. details: of the event; values of the protocol are printed in words, and
    items by their names."""
    shown = {name: _OUTCOMES.get(value, value) if isinstance(value, str) else value for name, value in details.items()}
    if isinstance(sku := details.get("sku"), str):
        shown["sku"] = names_of([sku])
    return in_language(beginning.format(line=line.format(**shown)), lines_in(language))


def lines_in(language: Language) -> str:
    """The language of all lines but the prompts, which can be in both."""
    return ENGLISH if language == "both" else language


def _in_language(text: Prompt, language: Language) -> list[str]:
    return [text.en, text.ru] if language == "both" else [text.ru if language == "ru" else text.en]
