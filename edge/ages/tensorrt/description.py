"""The inputs and outputs of an engine as plain values: which buffers it needs, and how crops are split into runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from edge.vision.crop import CROP_PX
from edge.vision.faces import AGES

if TYPE_CHECKING:
    from collections.abc import Iterator


class TensorDescription(BaseModel):
    """dtype: TensorRT's name, such as "UINT8". shape: -1 stands for the batch."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    dtype: str
    shape: tuple[int, ...]


class EngineDescription(BaseModel):
    """The inputs and outputs of an engine, and the batch size of each of its optimisation profiles."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    inputs: tuple[TensorDescription, ...]
    outputs: tuple[TensorDescription, ...]
    batches: tuple[int, ...]

    @property
    def largest_batch(self) -> int:
        return max(self.batches)

    def profile_for(self, crops: int) -> int:
        """Index of the profile with the smallest batch that holds `crops` crops, at most `largest_batch`."""
        return min((batch, index) for index, batch in enumerate(self.batches) if batch >= crops)[1]

    def pieces(self, crops: int) -> Iterator[slice]:
        """The slices of `crops` crops that run together, each at most `largest_batch`."""
        for start in range(0, crops, self.largest_batch):
            yield slice(start, min(start + self.largest_batch, crops))

    def fulfils_contract(self) -> bool:
        """Whether the only input is uint8 `images` (N, 224, 224, 3), the only output float32 `age_probs` (N, 101)."""
        return (self.inputs, self.outputs) == ((IMAGES,), (AGE_PROBS,))


IMAGES = TensorDescription(name="images", dtype="UINT8", shape=(-1, CROP_PX, CROP_PX, 3))
AGE_PROBS = TensorDescription(name="age_probs", dtype="FLOAT", shape=(-1, AGES))


def describe_network(network: Any, batches: tuple[int, ...]) -> EngineDescription:
    """The description of an engine that is built from a parsed network with one profile for each of `batches`."""
    return EngineDescription(
        inputs=tuple(_of_tensor(network.get_input(index)) for index in range(network.num_inputs)),
        outputs=tuple(_of_tensor(network.get_output(index)) for index in range(network.num_outputs)),
        batches=batches,
    )


def describe_engine(trt: Any, engine: Any) -> EngineDescription:
    """The description of a loaded engine. A profile for several batch sizes counts as its largest."""
    names = [engine.get_tensor_name(index) for index in range(engine.num_io_tensors)]
    tensors = {
        name: TensorDescription(
            name=name, dtype=engine.get_tensor_dtype(name).name, shape=tuple(engine.get_tensor_shape(name))
        )
        for name in names
    }
    inputs = [name for name in names if engine.get_tensor_mode(name) == trt.TensorIOMode.INPUT]
    return EngineDescription(
        inputs=tuple(tensors[name] for name in inputs),
        outputs=tuple(tensors[name] for name in names if name not in inputs),
        batches=tuple(
            engine.get_tensor_profile_shape(inputs[0], profile)[2][0]
            for profile in range(engine.num_optimization_profiles)
        ),
    )


def _of_tensor(tensor: Any) -> TensorDescription:
    return TensorDescription(name=tensor.name, dtype=tensor.dtype.name, shape=tuple(tensor.shape))
