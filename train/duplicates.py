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


def near(*hashes: tuple[NDArray[np.uint64], int]) -> list[list[int]]:
    """Groups of rows, two or more each, that a chain of small differences joins.

    hashes: pairs of codes, uint64 (N, words), and the number of bits in which two of them may differ; to be near by
    one of them is enough. Codes that are 0 are not known, and near to none.
    """
    one, other = np.concatenate([_pairs(*each) for each in hashes]).T
    count = len(hashes[0][0])
    links = coo_array((np.ones(len(one), bool), (one, other)), shape=(count, count))
    _, members = connected_components(links, directed=False)
    return equal([str(member) for member in members])


def _pairs(codes: NDArray[np.uint64], bits: int) -> NDArray[np.intp]:
    """intp (pairs, 2): rows whose codes differ in at most so many bits, the lower row first."""
    known = np.flatnonzero(codes.any(axis=1))
    codes = codes[known]
    pairs = [np.empty((0, 2), np.intp)]
    for start in range(0, len(codes), _BLOCK):
        block = codes[start : start + _BLOCK]
        differing = np.zeros((len(block), len(codes) - start), np.uint16)
        for word in range(codes.shape[1]):
            differing += np.bitwise_count(block[:, None, word] ^ codes[None, start:, word])
        found = np.argwhere(differing <= bits)
        pairs.append(found[found[:, 1] > found[:, 0]] + start)
    return known[np.concatenate(pairs)]
