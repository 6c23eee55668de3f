"""Made-up customers of known age in a made-up lane: how many minors pass and how many adults are asked, per customer.

    python -m tests.lanes DATA --customers 600

Every customer is made from one test photo, and moves, turns and is lit as customers are. The frames go through the
lane's own pipeline. One table shows what the bundle's limits do; the other compares ways to fuse the samples, each with
the limit at which one minor in twenty passes, so that they can be compared by the adults whom they ask.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

from edge.ages import BUNDLED
from edge.ages.bundle import Bundle
from edge.decision.policy import Limit
from edge.settings.config import Settings
from tests.lanes.sampling import Customer, Sampler
from tests.lanes.tables import compared, measured
from train.data import load_test
from train.pictures import Pictures

MINORS, ADULTS = (13, 17), (25, 40)
"""Youngest and oldest age of the two kinds of customers, in years."""


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with photos and their ages")
    parser.add_argument("--customers", type=int, default=600, help="how many, half of them minors; default: 600")
    parser.add_argument("--model", type=Path, default=BUNDLED, help="folder of a bundle")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args(words)
    bundle = Bundle(arguments.model)
    photos = load_test(arguments.data)
    chosen = photos[choose(photos, arguments.customers, np.random.default_rng(arguments.seed))]
    customers = [*sampled(chosen, bundle, arguments.seed)]
    limits = [
        (each.risk, Limit(each.legal_age, each.max_p_under_legal, each.challenge_age))
        for each in bundle.manifest.thresholds
        if each.legal_age == MINORS[1] + 1
    ]
    console = Console()
    console.print(measured(customers, limits))
    console.print(compared(customers, MINORS[1] + 1))


def choose(photos: Pictures, count: int, random: np.random.Generator) -> np.ndarray:
    """The rows of photos to draw customers from: half minors, half adults, as far as there are photos."""
    rows = []
    for youngest, oldest in (MINORS, ADULTS):
        known = np.flatnonzero((photos.ages[:, 0] >= youngest) & (photos.ages[:, 1] <= oldest))
        rows.append(random.permutation(known)[: count // 2])
    return np.concatenate(rows)


def sampled(photos: Pictures, bundle: Bundle, seed: int) -> Iterator[Customer]:
    """The samples of a customer for each photo."""
    with closing(Sampler(Settings(), bundle)) as sampler:
        for row in track(range(len(photos)), "customers", transient=True):
            random = np.random.default_rng((seed, row))
            photo, keypoints = photos.paths[row], photos.keypoints[row]
            yield sampler.sample(photo, keypoints, photos.ages[row], photos.sources[row], random)


if __name__ == "__main__":
    main()
