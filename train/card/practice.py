"""The practice statement of MODEL_CARD.md, under the heads of ISO/IEC 27566-1."""

from __future__ import annotations

from collections.abc import Iterable

from train.card.cells import limit_cell
from train.card.facts import Card
from train.thresholds import default_limit

PROJECT = "../../.."
"""The folder of the README, from the bundle's folder in the repository, where the card is shipped."""


def practice_section(card: Card) -> Iterable[str]:
    """What the product does, head by head, and where that is shown."""
    yield "## Practice statement"
    yield (
        "Under the heads of ISO/IEC 27566-1 (age assurance systems, framework). It says what the product does and "
        "where that is shown. It claims no conformity, and nobody has certified anything."
    )
    limit = default_limit(card.thresholds)
    at = (
        f"By default everybody is asked who is under 18 with a probability above {limit_cell(limit.max_p_under_legal)}."
        if limit
        else "This model has no limit for 18 at the default risk: everybody is asked."
    )
    yield f"""\
- **Function.** A camera estimates the age of the customer at a checkout and tells the till CHALLENGE, NO_CHALLENGE or
  UNKNOWN. It advises a cashier to ask for ID and never approves a sale; every doubt means *ask*. It is estimation
  only: it reads no document and verifies no age. {at} Shown: {_docs("README.md", "docs/till-protocol.md")}.
- **Performance.** The tables of this card: who passes and who is asked at the operating point, errors, limits,
  failure to acquire, by source and group of people, with intervals. Anybody with labelled photos can measure again.
  Shown: {_docs("train/README.md")}; how fast a lane answers: {_docs("docs/performance.md")}.
- **Privacy.** Nobody is recognised, and no picture leaves the box. None is kept, unless somebody looks for a fault
  with `--debug-pictures`, of which tills and logs warn. The record of an answer has the estimated age and no name of
  a customer; it is kept for a year by default. Shown: {_docs("docs/privacy.md", "docs/data-protection-assessment.md")}.
- **Security.** A till on another machine needs a key of its own, and its connection is encrypted. Records are chained
  by hashes, so that changes can be detected. A model whose hashes are not those of its manifest is rejected. A mask,
  make-up or a photo in front of the camera may deceive the estimate. Shown:
  {_docs("docs/till-protocol.md", "docs/operations.md", "docs/privacy.md")}.
- **Acceptability.** Errors differ between ages, sexes and groups of people; the tables of this card have them, and
  say where photos are too few. Adults are asked unnecessarily. Everybody may show an ID instead. A notice for
  customers is in Russian and English. Shown: {_docs("docs/privacy.md", "docs/data-protection-assessment.md")}."""


def _docs(*names: str) -> str:
    return ", ".join(f"[{name}]({PROJECT}/{name})" for name in names)
