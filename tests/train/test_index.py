"""The face on every photo, found once and cached."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.vision.crop import align
from edge.vision.faces import LEFT_EYE, MOUTH, RIGHT_EYE, Faces
from tests.train.builders import LayOut, RunScript
from train.data import NEAR_COPY_BITS
from train.index import cached, face_hash, find_faces, fingerprint, labelled_face
from train.pictures import Pictures, read_labels


def faces_in(*boxes: tuple[int, int, int, int]) -> Faces:
    count = len(boxes)
    return Faces(np.array(boxes, np.float32), np.zeros((count, 4, 2), np.float32), np.ones(count, np.float32))


def distance(first: np.ndarray, second: np.ndarray) -> int:
    return int(np.bitwise_count(first ^ second).sum())


def test_the_keypoints_are_on_the_eyes_and_the_mouth(faces: Pictures) -> None:
    plain = faces.keypoints[0]
    assert np.abs(plain[RIGHT_EYE] - (126, 103)).max() < 8
    assert np.abs(plain[LEFT_EYE] - (169, 107)).max() < 8
    assert np.abs(plain[MOUTH] - (143, 148)).max() < 8


def test_every_version_of_the_portrait_shows_a_face(faces: Pictures) -> None:
    assert faces.has_face.tolist() == [True] * 11


def test_a_photo_without_a_face_and_an_unreadable_photo_keep_nan_keypoints(tmp_path: Path, lay_out: LayOut) -> None:
    data = lay_out(tmp_path / "data", {"nobody": "30", "plain": "31", "torn": "32"})
    (data / "final_files" / "torn.jpg").write_bytes(b"not a picture")
    found = find_faces(read_labels(data)[0], tmp_path / "cache")
    assert found.has_face.tolist() == [False, True, False]
    assert not found.hashes[[0, 2]].any()


def test_the_labelled_face_is_the_one_in_the_middle_not_a_larger_one_next_to_it() -> None:
    child, parent = (80, 80, 120, 120), (130, 10, 190, 70)
    assert labelled_face(faces_in(parent, child), (200, 200)) == 1


def test_a_small_face_in_the_middle_is_not_the_labelled_one() -> None:
    shirt, person = (95, 95, 110, 110), (60, 10, 130, 80)
    assert labelled_face(faces_in(shirt, person), (200, 200)) == 1


def test_the_middle_of_a_wide_photo_uses_its_width_and_height() -> None:
    left, right = (80, 20, 120, 60), (180, 20, 220, 60)
    assert labelled_face(faces_in(left, right), (100, 400)) == 1


def test_an_empty_table_stays_empty(tmp_path: Path, lay_out: LayOut) -> None:
    found = find_faces(read_labels(lay_out(tmp_path / "data", {}))[0], tmp_path / "cache")
    assert (len(found), found.keypoints.shape, found.hashes.shape) == (0, (0, 4, 2), (0, 4))


def test_faces_are_found_after_the_caller_has_used_opencv_threads(
    tmp_path: Path, shop: Path, run_script: RunScript
) -> None:
    code = """
import sys
import time
from pathlib import Path

import cv2
import numpy as np

from train.index import find_faces
from train.pictures import read_labels

if __name__ == "__main__":
    cv2.setNumThreads(2)
    cv2.GaussianBlur(np.zeros((2000, 2000, 3), np.uint8), (0, 0), 5)  # starts OpenCV's threads
    time.sleep(1)  # until they wait for more work
    sys.exit(0 if find_faces(read_labels(Path(sys.argv[1]))[0], Path("cache")).has_face.all() else 1)
"""
    assert run_script(code, shop) == 0


def test_the_cache_is_used_until_a_photo_changes(tmp_path: Path, lay_out: LayOut) -> None:
    table, _ = read_labels(lay_out(tmp_path / "data", {"plain": "30"}))
    marked = np.full((1, 4, 2), 7, np.float32)
    (tmp_path / "cache").mkdir()
    np.savez(
        tmp_path / "cache" / f"found-{fingerprint(table)}.npz",
        keypoints=marked,
        hashes=np.zeros((1, 4), np.uint64),
        picture_hashes=np.zeros((1, 4), np.uint64),
    )
    assert (find_faces(table, tmp_path / "cache").keypoints == 7).all()
    table.paths[0].write_bytes(table.paths[0].read_bytes() + b"\0")
    assert find_faces(table, tmp_path / "cache").keypoints[0, MOUTH, 1] > 100


def test_the_cache_has_keypoints_and_hashes_and_no_picture(tmp_path: Path, lay_out: LayOut) -> None:
    find_faces(read_labels(lay_out(tmp_path / "data", {"plain": "30"}))[0], tmp_path / "cache")
    (file,) = (tmp_path / "cache").iterdir()
    with np.load(file, allow_pickle=False) as arrays:
        assert {name: arrays[name].shape for name in arrays} == {
            "keypoints": (1, 4, 2),
            "hashes": (1, 4),
            "picture_hashes": (1, 4),
        }


def test_a_failed_computation_leaves_no_file_in_the_cache(tmp_path: Path) -> None:
    def fail() -> dict[str, np.ndarray]:
        raise OSError("the disk went away")

    with pytest.raises(OSError, match="the disk went away"):
        cached(tmp_path / "result.npz", fail)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("change", ["name", "content"])
def test_the_fingerprint_changes_with_a_photos_name_and_content(tmp_path: Path, lay_out: LayOut, change: str) -> None:
    data = lay_out(tmp_path / "data", {"plain": "30"})
    before, photo = fingerprint(read_labels(data)[0]), data / "final_files" / "plain.jpg"
    if change == "name":
        photo.rename(photo.with_name("other.jpg"))
        (data / "labels.csv").write_text("file_name,real_age\nother.jpg,30\n")
    else:
        content = photo.read_bytes()
        photo.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert fingerprint(read_labels(data)[0]) != before


def test_the_fingerprint_does_not_change_when_the_photos_are_copied_elsewhere(tmp_path: Path, lay_out: LayOut) -> None:
    data = lay_out(tmp_path / "data", {"plain": "30"})
    before = fingerprint(read_labels(data)[0])
    copied = shutil.copytree(data, tmp_path / "other", copy_function=shutil.copyfile)
    assert fingerprint(read_labels(copied)[0]) == before


def test_darker_greyer_larger_and_smaller_versions_of_a_photo_are_near_copies(faces: Pictures) -> None:
    distances = [distance(faces.hashes[0], faces.hashes[row]) for row in range(5)]
    assert distances[0] == 0
    assert max(distances) <= NEAR_COPY_BITS


def test_a_mirrored_or_stretched_face_is_not_a_near_copy(faces: Pictures) -> None:
    assert min(distance(faces.hashes[0], faces.hashes[row]) for row in (6, 7, 8, 9, 10)) > NEAR_COPY_BITS


def test_the_hash_ignores_the_border_of_the_crop(faces: Pictures) -> None:
    crop = align(cv2.imread(str(faces.paths[0])), faces.keypoints[0])
    framed = crop.copy()
    framed[:45], framed[195:], framed[:, :40], framed[:, 185:] = 0, 0, 0, 0
    assert distance(face_hash(crop), face_hash(framed)) == 0


def test_the_hash_has_256_bits_half_of_which_are_set(faces: Pictures) -> None:
    assert faces.hashes.shape == (11, 4)
    assert faces.hashes.dtype == np.uint64
    assert [int(np.bitwise_count(code).sum()) for code in faces.hashes] == pytest.approx([128] * 11, abs=2)
