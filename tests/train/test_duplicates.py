"""Groups of files that are copies of each other."""

from __future__ import annotations

import numpy as np

from train.duplicates import exact_groups, near_groups


def test_only_equal_codes_are_grouped() -> None:
    assert exact_groups(["a", "b", "a", "c", "b", "a"]) == [[0, 2, 5], [1, 4]]


def test_hashes_a_few_bits_apart_are_linked_even_through_a_third() -> None:
    codes = np.array([[0b10000], [0b11111 << 40], [0b10011], [0b11111]], np.uint64)
    assert near_groups((codes, 2)) == [[0, 2, 3]]
    assert near_groups((codes, 1)) == []


def test_one_near_kind_of_hash_is_enough_and_unknown_hashes_are_near_to_nothing() -> None:
    faces, photos = np.array([[1], [0], [0], [255]], np.uint64), np.array([[0], [7], [15], [9 << 30]], np.uint64)
    assert near_groups((faces, 2), (photos, 1)) == [[1, 2]]
    assert near_groups((faces, 7), (photos, 1)) == [[0, 3], [1, 2]]


def test_bits_of_all_words_count_and_groups_are_found_across_blocks() -> None:
    codes = np.random.default_rng(0).integers(0, 2**63, (1200, 4), np.uint64)
    codes[1150] = codes[3] ^ np.array([1, 1, 0, 1], np.uint64)
    assert near_groups((codes, 3)) == [[3, 1150]]
    assert near_groups((codes, 2)) == []


def test_no_photos_have_no_copies() -> None:
    assert near_groups((np.empty((0, 4), np.uint64), 56)) == []
