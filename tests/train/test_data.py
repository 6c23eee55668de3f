"""The split into training, validation and test photos."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edge.errors import RunError, UsageError
from tests.train.builders import LayOut, WithHashes, pictures_of
from train import load_test, load_train
from train.data import NEAR_COPY_BITS, PICTURE_COPY_BITS, check_no_leak, select_sources, split, validation_split
from train.pictures import Pictures

BITS = 256


def random_codes(count: int) -> np.ndarray:
    """uint64 (count, 4): hashes of different faces, about 128 bits apart."""
    return np.random.default_rng(1).integers(0, 2**64, (count, 4), np.uint64)


def with_bits_changed(code: np.ndarray, bits: int) -> np.ndarray:
    """The hash (4,) with its first `bits` bits flipped."""
    mask = np.packbits(np.arange(BITS) < bits).view(np.uint64)
    return code ^ mask


def distances(train: Pictures, test: Pictures) -> np.ndarray:
    return np.bitwise_count(train.hashes[:, None] ^ test.hashes[None]).sum(axis=2)


def rows(pictures: Pictures) -> set[bytes]:
    return {code.tobytes() for code in pictures.hashes}


def test_the_photos_of_the_official_part_are_tested_on_and_the_others_trained_on(shop: Path, tmp_path: Path) -> None:
    train, test = load_train(shop, tmp_path), load_test(str(shop), tmp_path)
    assert sorted(path.stem for path in test.paths) == ["mirrored", "mirrored-dark", "mirrored-turned"]
    assert len(train) == 8
    assert distances(train, test).min() > NEAR_COPY_BITS


def test_copies_of_a_test_photo_are_not_trained_on(tmp_path: Path, lay_out: LayOut) -> None:
    ages = dict.fromkeys(("plain", "dark", "big", "small", "grey", "tall", "wide", "mirrored"), "30")
    train, test = split(lay_out(tmp_path / "data", ages, ("plain",)), tmp_path / "cache")
    assert [path.stem for path in test.paths] == ["plain"]
    assert [path.stem for path in train.paths] == ["mirrored"]


def test_photos_without_a_face_and_broken_rows_are_skipped_and_logged(
    tmp_path: Path, lay_out: LayOut, caplog: pytest.LogCaptureFixture
) -> None:
    ages = {"plain": "30", "mirrored": "31", "nobody": "32", "gone": "33", "tall": "200"}
    data = lay_out(tmp_path / "data", ages, ("mirrored",))
    train, test = split(data, tmp_path / "cache")
    assert [path.stem for path in (*train.paths, *test.paths)] == ["plain", "mirrored"]
    assert f"{data / 'labels.csv'} line 5 skipped: no photo gone.jpg in final_files/" in caplog.messages
    assert f"{data / 'labels.csv'} line 6 skipped: age 200 is outside 0-120" in caplog.messages
    assert "no face found on 1 of 3 photos: skipped" in caplog.messages


def test_five_broken_rows_are_logged_and_the_rest_counted(
    tmp_path: Path, lay_out: LayOut, caplog: pytest.LogCaptureFixture
) -> None:
    ages = {"plain": "30", "mirrored": "31"} | {f"gone{number}": "30" for number in range(8)}
    split(lay_out(tmp_path / "data", ages, ("mirrored",)), tmp_path / "cache")
    assert len([line for line in caplog.messages if "skipped: no photo" in line]) == 5
    assert "... and 3 more rows skipped" in caplog.messages


@pytest.mark.parametrize(("bits", "trained_on"), [(NEAR_COPY_BITS, 0), (NEAR_COPY_BITS + 1, 1)])
def test_a_near_copy_differs_in_at_most_56_of_256_bits(with_hashes: WithHashes, bits: int, trained_on: int) -> None:
    tested, other = random_codes(2)
    data, cache = with_hashes("data", np.array([tested, with_bits_changed(tested, bits), other]), held_out=(0,))
    assert len(load_train(data, cache)) == 1 + trained_on


def test_near_copies_are_never_on_both_sides_of_the_split(
    with_hashes: WithHashes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    versions = [[with_bits_changed(code, bits) for bits in (0, 8, 16, 40)] for code in random_codes(300)]
    data, cache = with_hashes("data", np.concatenate(versions))
    train, test = split(data, cache)
    copies = 1200 - len(train) - len(test)
    assert distances(train, test).min() > NEAR_COPY_BITS
    assert copies > 100
    assert f"{copies} photos are near-copies of test photos: not used for training" in caplog.messages


def test_about_8_percent_of_the_photos_are_kept_for_testing(with_hashes: WithHashes) -> None:
    train, test = split(*with_hashes("data", random_codes(2000)))
    assert len(train) + len(test) == 2000
    assert 0.06 < len(test) / 2000 < 0.105


def test_the_split_does_not_depend_on_the_order_or_names_of_the_files(with_hashes: WithHashes) -> None:
    codes = random_codes(500)
    train, test = split(*with_hashes("first", codes))
    again_train, again_test = split(*with_hashes("second", np.random.default_rng(2).permutation(codes)))
    assert rows(train) == rows(again_train)
    assert rows(test) == rows(again_test)


def test_a_photo_stays_on_its_side_when_photos_are_added(with_hashes: WithHashes) -> None:
    codes = random_codes(500)
    few, more = split(*with_hashes("few", codes[:200])), split(*with_hashes("more", codes))
    assert rows(few[0]) <= rows(more[0])
    assert rows(few[1]) <= rows(more[1])


def test_an_empty_part_is_an_error_that_counts_both_parts(with_hashes: WithHashes) -> None:
    codes = random_codes(1).repeat(5, axis=0)
    with pytest.raises(RunError, match=r"(0 photos to train on and 5 to test on|5 .* and 0 to test on); both"):
        split(*with_hashes("data", codes))


def test_no_usable_photo_at_all_is_an_error_not_a_crash(tmp_path: Path, lay_out: LayOut) -> None:
    with pytest.raises(RunError, match="0 photos to train on and 0 to test on"):
        split(lay_out(tmp_path / "data", {"gone": "30"}), tmp_path / "cache")


def test_a_folder_without_labels_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no labels\.csv"):
        load_train(tmp_path, tmp_path / "cache")


def test_a_leak_is_an_error() -> None:
    codes = random_codes(3)
    train = pictures_of(hashes=np.array([codes[0], with_bits_changed(codes[2], NEAR_COPY_BITS)]))
    with pytest.raises(RunError, match=r"1 training photos are copies of test photos, e\.g\. 1\.jpg"):
        check_no_leak(train, pictures_of(hashes=codes[1:]))


def test_a_copy_with_the_face_detected_elsewhere_is_a_leak_too() -> None:
    faces, (photo, other) = random_codes(3), random_codes(5)[3:]
    train, test = pictures_of(hashes=faces[:2]), pictures_of(hashes=faces[2:])
    test = replace(test, picture_hashes=photo[None])
    near = replace(train, picture_hashes=np.array([other, with_bits_changed(photo, PICTURE_COPY_BITS)]))
    with pytest.raises(RunError, match=r"1 training photos are copies of test photos, e\.g\. 1\.jpg"):
        check_no_leak(near, test)
    check_no_leak(replace(near, picture_hashes=np.array([other, other])), test)


def test_validation_photos_have_no_copies_among_the_training_photos() -> None:
    codes = random_codes(1000)
    copies = np.array([with_bits_changed(code, 10) for code in codes])
    pictures = pictures_of(hashes=np.concatenate([codes, copies]))
    learning, validation = validation_split(pictures)
    assert 0.05 < validation.mean() < 0.11
    assert not (learning & validation).any()
    assert distances(pictures[learning], pictures[validation]).min() > NEAR_COPY_BITS


def test_only_named_sources_are_selected() -> None:
    pictures = pictures_of(hashes=random_codes(4), sources="abca")
    assert select_sources(pictures, None) is pictures
    assert select_sources(pictures, ["a", "c"]).sources.tolist() == ["a", "c", "a"]
    with pytest.raises(UsageError, match="no source 'd' among the photos: the sources are a, b, c"):
        select_sources(pictures, ["a", "d"])


def test_parts_without_a_leak_pass_the_check() -> None:
    codes = random_codes(600)
    check_no_leak(pictures_of(hashes=codes[:500]), pictures_of(hashes=codes[500:]))


def test_a_leak_in_the_last_row_of_a_long_table_is_found() -> None:
    codes = random_codes(600)
    with pytest.raises(RunError, match=r"1 training photos .* 599\.jpg"):
        check_no_leak(pictures_of(hashes=codes), pictures_of(hashes=codes[599:]))
