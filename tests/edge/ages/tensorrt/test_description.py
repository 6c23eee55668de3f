"""Descriptions of engines: which profile runs how many faces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.ages.tensorrt.description import EngineDescription
from edge.ages.tensorrt.engine import PROFILE_BATCHES

faces = st.integers(0, 200)


def test_the_recorded_engine_has_a_profile_for_every_batch_size(recorded: EngineDescription) -> None:
    assert recorded.batches == PROFILE_BATCHES == (1, 2, 4, 8, 16, 32)
    assert recorded.largest_batch == 32
    assert recorded.fulfils_contract()


@pytest.mark.parametrize(("crops", "batch"), [(1, 1), (2, 2), (3, 4), (5, 8), (8, 8), (9, 16), (17, 32), (32, 32)])
def test_the_smallest_sufficient_batch_runs(recorded: EngineDescription, crops: int, batch: int) -> None:
    assert recorded.batches[recorded.profile_for(crops)] == batch


def test_profiles_may_be_in_any_order(recorded: EngineDescription) -> None:
    shuffled = recorded.model_copy(update={"batches": (32, 1, 8)})
    assert [shuffled.profile_for(crops) for crops in (1, 2, 8, 9)] == [1, 2, 2, 0]


@given(crops=faces)
def test_every_face_runs_once_and_in_order(recorded: EngineDescription, crops: int) -> None:
    pieces = list(recorded.pieces(crops))
    assert [index for piece in pieces for index in range(crops)[piece]] == list(range(crops))
    assert all(1 <= piece.stop - piece.start <= 32 for piece in pieces)
    assert len(pieces) == -(-crops // 32)


@pytest.mark.parametrize(
    "change",
    [
        {"inputs": ()},
        {"outputs": ()},
        {"inputs": [{"name": "images", "dtype": "FLOAT", "shape": [-1, 224, 224, 3]}]},
        {"inputs": [{"name": "images", "dtype": "UINT8", "shape": [8, 224, 224, 3]}]},
        {"outputs": [{"name": "age_probs", "dtype": "HALF", "shape": [-1, 101]}]},
    ],
)
def test_other_inputs_or_outputs_do_not_fulfil_the_contract(recorded: EngineDescription, change: dict) -> None:
    assert not EngineDescription.model_validate(recorded.model_dump() | change).fulfils_contract()
