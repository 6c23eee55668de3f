"""Groups of files that are copies of each other: byte for byte, or near-copies of one photo."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

_ROWS_PER_BLOCK = 512


def exact_groups(codes: Sequence[str]) -> list[list[int]]:
    """Groups of two or more rows with the same code."""
    rows: dict[str, list[int]] = {}
    for row, code in enumerate(codes):
        rows.setdefault(code, []).append(row)
    return [group for group in rows.values() if len(group) > 1]


def near_groups(*hashes: tuple[NDArray[np.uint64], int]) -> list[list[int]]:
    """Groups of two or more rows that are linked by a chain of small differences.

    hashes: one or several kinds of hash, each with its codes, uint64 (N, words), and the number of bits in which near
    codes may differ. Two rows are near if one kind of hash is near. A code of 0 means unknown and is near to nothing.
    """
    first, second = np.concatenate([_pairs(*each) for each in hashes]).T
    count = len(hashes[0][0])
    links = coo_array((np.ones(len(first), bool), (first, second)), shape=(count, count))
    _, members = connected_components(links, directed=False)
    return exact_groups([str(member) for member in members])


def _pairs(codes: NDArray[np.uint64], bits: int) -> NDArray[np.intp]:
    """intp (pairs, 2): rows whose codes differ in at most `bits` bits, the lower row first."""
    known = np.flatnonzero(codes.any(axis=1))
    codes = codes[known]
    pairs = [np.empty((0, 2), np.intp)]
    for start in range(0, len(codes), _ROWS_PER_BLOCK):
        block = codes[start : start + _ROWS_PER_BLOCK]
        differing = np.zeros((len(block), len(codes) - start), np.uint16)
        for word in range(codes.shape[1]):
            differing += np.bitwise_count(block[:, None, word] ^ codes[None, start:, word])
        found = np.argwhere(differing <= bits)
        pairs.append(found[found[:, 1] > found[:, 0]] + start)
    return known[np.concatenate(pairs)]
