"""Progress on a terminal, in one style, for work that may take longer than two seconds. Nothing when stderr is no
terminal, and nothing stays on the screen afterwards."""

from __future__ import annotations

from collections.abc import Sized
from contextlib import contextmanager
from typing import TYPE_CHECKING, Generic, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Item = TypeVar("Item")

_REFRESHES_PER_SECOND = 2


def _display(*, remaining: bool) -> Progress:
    """remaining: show how long it will take, which is known where all items take as long."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        *([TimeRemainingColumn()] if remaining else []),
        TextColumn("{task.fields[note]}", markup=False),
        console=console,
        transient=True,
        refresh_per_second=_REFRESHES_PER_SECOND,
        # Output that goes elsewhere must not be drawn on the terminal.
        redirect_stdout=Console().is_terminal,
        disable=not console.is_terminal,
    )


class ProgressBar(Generic[Item]):
    """Iterates over items and shows how many are done."""

    def __init__(
        self, items: Iterable[Item], doing: str, total: int | None = None, *, first: int = 0, shown: bool = True
    ) -> None:
        """doing: what is done with the items. total: their number, if they have no length; it includes `first`, the
        number of those done earlier. shown: false shows nothing."""
        self._items, self._doing, self._first, self._shown = items, doing, first, shown
        self._total = total if total is not None else _length(items)
        self._note = ""

    def __iter__(self) -> Iterator[Item]:
        if not self._shown:
            yield from self._items
            return
        with _display(remaining=True) as display:
            task = display.add_task(self._doing, total=self._total, completed=self._first, note="")
            for item in self._items:
                yield item
                display.update(task, advance=1, note=self._note)

    def note(self, text: str) -> None:
        """Show a few words behind the bar, such as the latest loss."""
        self._note = text


def _length(items: Iterable[object]) -> int | None:
    return len(items) if isinstance(items, Sized) else None


class Steps:
    """Shows which of several different steps is under way."""

    def __init__(self, total: int | None, *, still: bool = False) -> None:
        """total: number of steps, if it is known. still: draw only when a step begins, for steps that
        are measured."""
        self._display = _display(remaining=False)
        self._display.live.auto_refresh = not still
        self._task = self._display.add_task("", total=total, completed=-1, note="")

    def __enter__(self) -> Steps:
        self._display.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._display.stop()

    def expect(self, total: int) -> None:
        """The number of steps is known now."""
        self._display.update(self._task, total=total)

    def step(self, doing: str) -> None:
        """The next step begins."""
        self._display.update(self._task, description=doing, advance=1, refresh=True)

    @contextmanager
    def hidden(self) -> Iterator[None]:
        """Take it off the screen while something is printed."""
        self._display.stop()
        yield
        self._display.start()
