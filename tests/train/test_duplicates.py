"""Finding files that are copies of each other."""

from __future__ import annotations

import numpy as np

from train.duplicates import equal, near


def test_what_is_equal_is_grouped_and_the_rest_left_out() -> None:
    assert equal(["a", "b", "a", "c", "b", "a"]) == [[0, 2, 5], [1, 4]]


def test_hashes_a_few_bits_apart_are_joined_even_through_a_third() -> None:
    codes = np.array([[0b10000], [0b11111 << 40], [0b10011], [0b11111]], np.uint64)
    assert near((codes, 2)) == [[0, 2, 3]]
    assert near((codes, 1)) == []


def test_one_hash_of_several_is_enough_and_unknown_ones_are_near_to_none() -> None:
    faces, photos = np.array([[1], [0], [0], [255]], np.uint64), np.array([[0], [7], [15], [9 << 30]], np.uint64)
    assert near((faces, 2), (photos, 1)) == [[1, 2]]
    assert near((faces, 7), (photos, 1)) == [[0, 3], [1, 2]]


def test_bits_of_all_words_count_and_groups_are_found_across_blocks() -> None:
    codes = np.random.default_rng(0).integers(0, 2**63, (1200, 4), np.uint64)
    codes[1150] = codes[3] ^ np.array([1, 1, 0, 1], np.uint64)
    assert near((codes, 3)) == [[3, 1150]]
    assert near((codes, 2)) == []


def test_no_photos_have_no_copies() -> None:
    assert near((np.empty((0, 4), np.uint64), 56)) == []
