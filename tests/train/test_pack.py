"""Packs: the faces of labelled photos in one file."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

import train.pack
from edge.errors import RunError, UsageError
from edge.vision.crop import align, similarity
from tests.train.builders import LayOut
from train.augment import jitter
from train.batches import Batches, crops_of, stage_picture
from train.cli import main
from train.data import load_test, load_train, split, validation_split
from train.index import fingerprint
from train.pack import read_pack, read_picture, write_pack
from train.pictures import Pictures
from train.recipe import Recipe, Stage

NETWORK = Stage(picture_px=112, share=1)


@pytest.fixture(scope="module")
def parts(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Pictures, Pictures]:
    return split(shop, tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def pack(parts: tuple[Pictures, Pictures], tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("pack") / "shop.pack"
    assert write_pack(*parts, file) == 11
    return file


def seen_by_the_network(crop: np.ndarray) -> np.ndarray:
    """int (112, 112, 3): the crop at the network's size."""
    return stage_picture(crop, NETWORK).astype(int)


def moved_by(transform: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Points (N, 2) after an affine transform (2, 3)."""
    return points @ transform[:, :2].T + transform[:, 2]


def rewritten(pack: Path, out: Path, changed: dict[str, str]) -> Path:
    """A copy of the pack with other metadata."""
    with safe_open(pack, "np") as content:
        arrays = {name: content.get_tensor(name) for name in content.keys()}  # noqa: SIM118
        save_file(arrays, out, content.metadata() | changed)
    return out


def test_a_pack_has_the_same_parts_labels_and_hashes_as_the_folder(
    parts: tuple[Pictures, Pictures], pack: Path
) -> None:
    for expected, found in zip(parts, read_pack(pack), strict=True):
        for name in set(Pictures.__dataclass_fields__) - {"paths", "keypoints"}:
            assert np.array_equal(getattr(found, name), getattr(expected, name)), name
        assert [photo.name for photo in found.paths] == [path.name for path in expected.paths]


def test_a_pack_is_read_in_the_place_of_a_folder(parts: tuple[Pictures, Pictures], pack: Path) -> None:
    learning, validation = validation_split(load_train(pack))
    assert np.array_equal(learning, validation_split(parts[0])[0])
    assert np.array_equal(validation, validation_split(parts[0])[1])
    assert len(load_test(pack)) == 3


def test_a_crop_from_a_pack_is_what_the_network_would_see_of_the_photo(
    parts: tuple[Pictures, Pictures], pack: Path
) -> None:
    real, packed = (crops_of(pictures) for pictures in (parts[0], read_pack(pack)[0]))
    differences = [
        np.abs(seen_by_the_network(one) - seen_by_the_network(other)) for one, other in zip(real, packed, strict=True)
    ]
    assert max(difference.mean() for difference in differences) < 3
    # Shifted by a pixel of the network's the crop would be much farther off.
    shifted = [
        np.abs(seen_by_the_network(one)[:, 1:] - seen_by_the_network(other)[:, :-1])
        for one, other in zip(real, packed, strict=True)
    ]
    assert all(moved.mean() > 1.5 * difference.mean() for moved, difference in zip(shifted, differences, strict=True))


def test_a_pack_has_room_to_move_turn_and_widen_the_crop(parts: tuple[Pictures, Pictures], pack: Path) -> None:
    photo, packed = parts[0], read_pack(pack)[0]
    row = [path.stem for path in photo.paths].index("plain")
    picture, small = (read_picture(pictures.paths[row]) for pictures in (photo, packed))
    to_crop, from_crop = similarity(photo.keypoints[row]), cv2.invertAffineTransform(similarity(packed.keypoints[row]))
    differences = []
    for seed in range(20):
        moved = jitter(photo.keypoints[row], np.random.default_rng(seed))
        in_pack = moved_by(from_crop, moved_by(to_crop, moved))
        crops = [align(picture, moved), align(small, in_pack)]
        differences.append(np.abs(seen_by_the_network(crops[0]) - seen_by_the_network(crops[1])).mean())
    # Only the widest crops reach beyond the packed picture, into black.
    assert np.quantile(differences, 0.75) < 3


def test_the_photos_of_a_pack_are_recognised_by_name_and_content(pack: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved.pack"
    moved.write_bytes(pack.read_bytes())
    there, here = read_pack(pack)[0], read_pack(moved)[0]
    assert fingerprint(there) == fingerprint(here)
    assert fingerprint(there[np.arange(3)]) != fingerprint(there[np.arange(4)])


def test_worker_processes_read_a_pack(pack: Path) -> None:
    pictures = read_pack(pack)[0]
    recipe = Recipe(stages=(Stage(picture_px=32, share=1),), workers=1)
    (batch,) = Batches(pictures, recipe, 2, 1).loader(0)
    assert batch.images.shape == (2, 32, 32, 3)


def test_photos_that_cannot_be_read_any_more_are_left_out(lay_out: LayOut, tmp_path: Path) -> None:
    data = lay_out(tmp_path / "data", {"plain": "30", "dark": "40", "mirrored": "50"}, ("mirrored",))
    training, test = split(data, tmp_path / "cache")
    (data / "final_files" / "mirrored.jpg").write_bytes(b"damaged")
    assert write_pack(training, test, tmp_path / "data.pack") == len(training)
    assert [len(part) for part in read_pack(tmp_path / "data.pack")] == [len(training), 0]
    with pytest.raises(RunError, match="0 to test on; both are needed"):
        split(tmp_path / "data.pack")


def test_a_pack_takes_few_bytes(pack: Path) -> None:
    assert pack.stat().st_size / 11 < 15_000  # one sharp face at all sizes; photos of a crowd take 8,000


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x08\0\0\0\0\0\0\0{}      ", b"file_name,real_age\n"])
def test_another_file_is_not_a_pack(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "other.pack"
    file.write_bytes(content)
    with pytest.raises(UsageError, match=r"^[^\n]*other\.pack is not a pack, or it is damaged: make it again[^\n]*$"):
        read_pack(file)


def test_a_pack_that_was_cut_off_is_damaged(pack: Path, tmp_path: Path) -> None:
    (tmp_path / "cut.pack").write_bytes(pack.read_bytes()[:-100])
    with pytest.raises(UsageError, match="is not a pack, or it is damaged"):
        read_pack(tmp_path / "cut.pack")


def test_a_pack_with_a_changed_byte_is_damaged(pack: Path, tmp_path: Path) -> None:
    content = bytearray(pack.read_bytes())
    content[-1000] ^= 1
    (tmp_path / "changed.pack").write_bytes(content)
    with pytest.raises(UsageError, match="is damaged, its checksum is wrong: copy it again"):
        read_pack(tmp_path / "changed.pack")


def test_a_pack_of_another_version_or_with_other_crops_is_made_again(
    pack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match=r"is a pack of version 99 .* this version reads version 1"):
        read_pack(rewritten(pack, tmp_path / "later.pack", {"pack": "99"}))
    monkeypatch.setattr(train.pack, "CROP_CONTRACT", "nose/7")
    with pytest.raises(
        UsageError, match=r"with crops 'eyes-mouth-0.30/1', this version .* make it again with edge-train"
    ):
        read_pack(pack)


def test_a_packed_photo_has_the_colours_of_the_photo(lay_out: LayOut, tmp_path: Path) -> None:
    data = lay_out(tmp_path / "data", {"plain": "30", "mirrored": "50"}, ("mirrored",))
    photo = data / "final_files" / "plain.jpg"
    cv2.imwrite(str(photo), cv2.imread(str(photo)) // (1, 4, 4))  # blue
    write_pack(*split(data, tmp_path / "cache"), tmp_path / "blue.pack")
    packed = read_picture(read_pack(tmp_path / "blue.pack")[0].paths[0])
    assert packed.mean(axis=(0, 1)).argmax() == 0


def test_the_command_says_what_it_wrote_and_that_a_pack_is_only_for_training(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def edge_train(*arguments: object) -> int:
        monkeypatch.setattr(sys, "argv", ["edge-train", *map(str, arguments)])
        try:
            main()
        except SystemExit as end:
            return int(end.code or 0)
        return 0

    monkeypatch.chdir(tmp_path)
    assert edge_train("pack", shop, "--out", "packs/shop.pack") == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("11 photos, 3 of them for testing, in ")
    assert second.startswith("packs/shop.pack: ")
    assert edge_train("evaluate", "none.safetensors", "packs/shop.pack") == 2
    assert "give the folder with the photos, a pack is only for fit and study" in capsys.readouterr().err
    assert edge_train("pack", "packs/shop.pack", "--out", "again.pack") == 2
