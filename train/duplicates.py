"""Files that are copies of each other: byte for byte, or the same face photographed once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

_BLOCK = 512


def equal(codes: Sequence[str]) -> list[list[int]]:
    """Groups of rows, two or more each, whose codes are the same."""
    rows: dict[str, list[int]] = {}
    for row, code in enumerate(codes):
        rows.setdefault(code, []).append(row)
    return [group for group in rows.values() if len(group) > 1]


def near(codes: NDArray[np.uint64], bits: int) -> list[list[int]]:
    """Groups of rows, two or more each, that a chain of hashes differing in at most `bits` bits joins.

    codes: uint64 (N, words).
    """
    pairs = [np.empty((0, 2), np.intp)]
    for start in range(0, len(codes), _BLOCK):
        block = codes[start : start + _BLOCK]
        differing = np.zeros((len(block), len(codes) - start), np.uint16)
        for word in range(codes.shape[1]):
            differing += np.bitwise_count(block[:, None, word] ^ codes[None, start:, word])
        found = np.argwhere(differing <= bits)
        pairs.append(found[found[:, 1] > found[:, 0]] + start)
    one, other = np.concatenate(pairs).T
    links = coo_array((np.ones(len(one), bool), (one, other)), shape=(len(codes), len(codes)))
    _, members = connected_components(links, directed=False)
    return equal([str(member) for member in members])
