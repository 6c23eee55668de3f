"""The lines of a scenario for `edge-till --script`: one JSON object per line.

    {"do": "wait-for", "event": "connected"}
    {"do": "open"}
    {"do": "scan", "item": "beer"}
    {"do": "wait-for", "event": "shown", "seconds": 2}
    {"do": "check", "outcome": "passed"}
    {"do": "close"}
    {"do": "wait", "seconds": 0.5}

docs/till-protocol.md lists them all. Empty lines and lines that start with # are ignored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from edge.errors import UsageError
from edge.language.system import system_words
from edge.language.words import words
from edge.settings.problems import in_one_line
from edge.settings.text_files import read_text

# pydantic reads them
from edge.till.messages import BasketLine, CheckMeans, CheckOutcome, Id, MinimumAge, ResumedSale, SaleReference
from edge.till.reference.actions import CheckedSale
from edge.till.reference.catalogue import find_item
from edge.till.reference.steps import OfferAnswer

if TYPE_CHECKING:
    from pathlib import Path

_MOST_SCRIPT_BYTES = 16 * 1024 * 1024

StepSeconds = Annotated[float, Field(ge=0, le=3600)]


class ScriptStep(BaseModel):
    """Base of the lines of a scenario."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @property
    def named_items(self) -> tuple[str, ...]:
        """The items of the catalogue that the line names."""
        return ()


class OpenStep(ScriptStep):
    """sale_id: None for a new one. items: what is in the basket of the sale that this one resumes."""

    do: Literal["open"]
    sale_id: Id | None = None
    training: bool = False
    resumes: ResumedSale | None = None
    items: tuple[str, ...] = ()

    @property
    def named_items(self) -> tuple[str, ...]:
        return self.items


class ScanStep(ScriptStep):
    """item: its name in English or Russian, or its number in the catalogue."""

    do: Literal["scan"]
    item: str

    @property
    def named_items(self) -> tuple[str, ...]:
        return (self.item,)


class RemoveStep(ScriptStep):
    do: Literal["remove"]
    item: str

    @property
    def named_items(self) -> tuple[str, ...]:
        return (self.item,)


class CheckStep(ScriptStep):
    """sale: which sale of this till. till, sale_id: of an attendant, whose sale it is, TILL or LANE/TILL; by
    default that of the only alert. sale_id of a till: that of the next sale."""

    do: Literal["check"]
    outcome: CheckOutcome
    means: CheckMeans | None = None
    authorised_by: Id | None = None
    minimum_age: MinimumAge | None = None
    sale: CheckedSale = "open"
    till: Id | None = None
    sale_id: Id | None = None

    @property
    def how(self) -> dict[str, Any]:
        """How the age is known, and which age was checked."""
        return self.model_dump(include={"means", "authorised_by", "minimum_age"})


class CashierStep(ScriptStep):
    """Another cashier sells from now on."""

    do: Literal["cashier"]
    id: Id


class SuspendStep(ScriptStep):
    do: Literal["suspend"]


class ResumeStep(ScriptStep):
    """Continue a sale that this till has suspended; by default the last one."""

    do: Literal["resume"]
    sale_id: Id | None = None


class ResumedElsewhereStep(ScriptStep):
    """Note that another lane has resumed a sale that this till had suspended; by default the last one."""

    do: Literal["resumed-elsewhere"]
    sale_id: Id | None = None
    resumed_as: SaleReference


class AnswerOfferStep(ScriptStep):
    """The customer's answer to the offer."""

    do: Literal["offer"]
    outcome: OfferAnswer


class CloseStep(ScriptStep):
    """basket: None for what was scanned."""

    do: Literal["close"]
    completed: bool = True
    basket: tuple[BasketLine, ...] | None = None


class WaitStep(ScriptStep):
    do: Literal["wait"]
    seconds: StepSeconds


class WaitForStep(ScriptStep):
    """Wait for an event since the cashier's last action, and since the last event that was waited for."""

    do: Literal["wait-for"]
    event: str
    seconds: StepSeconds = 10


_SaleStep = OpenStep | SuspendStep | ResumeStep | ResumedElsewhereStep | CloseStep
_AnyStep = (
    _SaleStep | ScanStep | RemoveStep | CheckStep | CashierStep | AnswerOfferStep | WaitStep | WaitForStep
)  # fmt: skip
_SCRIPT_LINE: TypeAdapter[_AnyStep] = TypeAdapter(Annotated[_AnyStep, Field(discriminator="do")])


def load_script(file: Path) -> list[ScriptStep]:
    """Read a scenario. Raises UsageError for a file that cannot be read, and with the line number for an invalid
    line."""
    try:
        text = read_text(file, _MOST_SCRIPT_BYTES)
    except OSError as problem:
        raise UsageError(
            words("cannot read the script {file}: {problem}", file=file, problem=system_words(problem))
        ) from None
    except ValueError as problem:
        raise UsageError(words("cannot read the script {file}: {problem}", file=file, problem=problem)) from None
    steps: list[ScriptStep] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            step = _SCRIPT_LINE.validate_json(line)
            for word in step.named_items:
                find_item(word)
        except ValidationError as problem:
            raise _wrong_line(file, number, in_one_line(problem)) from None
        except UsageError as problem:
            raise _wrong_line(file, number, problem) from None
        steps.append(step)
    return steps


def _wrong_line(file: Path, line: int, problem: object) -> UsageError:
    return UsageError(words("{file} line {line}: {problem}", file=file, line=line, problem=problem))
