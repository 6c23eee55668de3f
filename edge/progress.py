"""Progress on a terminal, in one style, for work that may take longer than two seconds. Nothing when stderr is no
terminal, and nothing stays on the screen afterwards."""

from __future__ import annotations

from collections.abc import Sized
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from rich.console import Console, Group
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

from edge.language.catalogue import ENGLISH
from edge.language.words import in_language

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import RenderableType
    from rich.progress import Task

Item = TypeVar("Item")

_REFRESHES_PER_SECOND = 2
_QUICK_S = 2.0
"""Work that takes no longer shows no progress."""


class _Count(MofNCompleteColumn):
    """Nothing while the number of items is unknown."""

    def render(self, task: Task) -> Text:
        return Text() if task.total is None else super().render(task)


class _LateProgress(Progress):
    """Shows nothing before `_QUICK_S`."""

    def __init__(self, *columns: Any, **options: Any) -> None:
        self._begun_s = monotonic()
        super().__init__(*columns, **options)

    def get_renderable(self) -> RenderableType:
        return super().get_renderable() if monotonic() - self._begun_s >= _QUICK_S else Group()


def _display(*, remaining: bool, late: bool = False) -> Progress:
    """remaining: show how long it will take, which is known where all items take as long. late: show it only once it
    takes long."""
    console = Console(stderr=True)
    return (_LateProgress if late else Progress)(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        _Count(),
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


_busy: ContextVar[tuple[Progress, Any, str] | None] = ContextVar("busy", default=None)


@contextmanager
def busy(text: str, language: str = ENGLISH) -> Iterator[None]:
    """Show that work is under way while the block takes longer than two seconds. text: what is done."""
    with _display(remaining=False, late=True) as display:
        task = display.add_task(in_language(text, language), total=None, note="")
        token = _busy.set((display, task, language))
        try:
            yield
        finally:
            _busy.reset(token)


def now(text: str, done: int = 0, total: int | None = None) -> None:
    """Say what the block of `busy` around this call does now, and how much of it is done; without one, nothing."""
    if shown := _busy.get():
        display, task, language = shown
        display.update(task, description=in_language(text, language), completed=done, total=total)
