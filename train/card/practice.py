"""The practice statement of MODEL_CARD.md, under the heads of ISO/IEC 27566-1."""

from __future__ import annotations

from collections.abc import Iterable

from edge.language.words import joined, words
from train.card.cells import heading, limit_cell
from train.card.facts import Card
from train.thresholds import default_limit

PROJECT = "../../.."
"""The folder of the README, from the bundle's folder in the repository, where the card is shipped."""


def practice_section(card: Card) -> Iterable[str]:
    """What the product does, head by head, and where that is shown."""
    yield heading(words("Practice statement"))
    yield words(
        "Under the heads of ISO/IEC 27566-1 (age assurance systems, framework). It says what the product does and "
        "where that is shown. It claims no conformity, and nobody has certified anything."
    )
    limit = default_limit(card.thresholds)
    at = (
        words(
            "By default everybody is asked who is under 18 with a probability above {limit}.",
            limit=limit_cell(limit.max_p_under_legal),
        )
        if limit
        else words("This model has no limit for 18 at the default risk: everybody is asked.")
    )
    yield joined(
        "\n",
        [
            words(
                """\
- **Function.** A camera estimates the age of the customer at a checkout and tells the till CHALLENGE, NO_CHALLENGE or
  UNKNOWN. It advises a cashier to ask for ID and never approves a sale; every doubt means *ask*. It is estimation
  only: it reads no document and verifies no age. {rule} Shown: {documents}.""",
                rule=at,
                documents=_docs("README.md", "docs/till-protocol.md"),
            ),
            words(
                """\
- **Performance.** The tables of this card: who passes and who is asked at the operating point, errors, limits,
  failure to acquire, by source and group of people, with intervals. Anybody with labelled photos can measure again.
  Shown: {documents}; how fast a lane answers: {speed}.""",
                documents=_docs("train/README.md"),
                speed=_docs("docs/performance.md"),
            ),
            words(
                """\
- **Privacy.** Nobody is recognised, and no picture leaves the box. None is kept, unless somebody looks for a fault
  with `--debug-pictures`, of which tills and logs warn. The record of an answer has the estimated age and no name of
  a customer; it is kept for a year by default. Shown: {documents}.""",
                documents=_docs("docs/privacy.md", "docs/data-protection-assessment.md"),
            ),
            words(
                """\
- **Security.** A till on another machine needs a key of its own, and its connection is encrypted. Records are chained
  by hashes, so that changes can be detected. A model whose hashes are not those of its manifest is rejected. A mask,
  make-up or a photo in front of the camera may deceive the estimate. Shown:
  {documents}.""",
                documents=_docs("docs/till-protocol.md", "docs/operations.md", "docs/privacy.md"),
            ),
            words(
                """\
- **Acceptability.** Errors differ between ages, sexes and groups of people; the tables of this card have them, and
  say where photos are too few. Adults are asked unnecessarily. Everybody may show an ID instead. A notice for
  customers is in Russian and English. Shown: {documents}.""",
                documents=_docs("docs/privacy.md", "docs/data-protection-assessment.md"),
            ),
        ],
    )


def _docs(*names: str) -> str:
    return ", ".join(f"[{name}]({PROJECT}/{name})" for name in names)
