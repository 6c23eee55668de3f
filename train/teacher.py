"""The teacher: a face-recognition network that is asked about every augmented crop that the network sees.

Both see the same pixels (function matching, Beyer et al. 2022, arXiv:2106.05237). An answer about the plain crop would
be wrong for a crop that was moved, darkened or covered.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import onnx
import onnxruntime
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional

from edge.ages.bundle import sha256_of
from edge.errors import UsageError
from edge.progress import ProgressBar
from edge.settings.files import replacing
from train.batches import Batch, EveryCrop, crops_of, stage_picture
from train.index import CACHE, fingerprint
from train.model import NETWORK_PX
from train.onnx_network import OnnxNetwork, outputs_inside
from train.pictures import Pictures
from train.precision import half_precision
from train.reader import Readers, fitted_readers, folds_of
from train.recipe import Recipe, Stage

TEACHER_PX = 224
"""Side of the teacher's input; the network's crop is scaled up to it."""

_MEAN_BGR = (103.939, 116.779, 123.68)

MAPS = ("/features/features.35/Clip_output_0", "/features/features.53/Clip_output_0")
"""Feature maps of the only known teacher, a MobileNet (Howard et al. 2017): (512, 14, 14) and (1024, 7, 7). From other
teachers only the embedding is used."""

_NETWORK_STAGE = Stage(picture_px=NETWORK_PX, share=1)

_MEASURED_PHOTOS = 512
"""Number of photos on which the mean and the deviation of the teacher's outputs are measured."""

_READERS_RECIPE = Recipe(augment_strength=0.5, map_weight=0, views=2)
"""The readers are fitted to these crops of every photo, if no crops return in the run itself."""

_MAKE_CROPS = {"views", "seed", "augment", "augment_strength"}
"""Settings of a recipe on which the crops that return depend."""

_PHOTOS_AT_ONCE = 32


class TeacherAnswers(NamedTuple):
    """What the teacher says about a batch. embeddings: float32 (B, E), standardised. maps: float32 (B, channels, side,
    side), standardised by channel. hidden, opinions: what the readers say, float32 (B, 256) and (B, 101); (B, 0)
    without readers."""

    embeddings: Tensor
    maps: tuple[Tensor, ...]
    hidden: Tensor
    opinions: Tensor


class _Network(Protocol):
    def __call__(self, inputs: Tensor) -> tuple[Tensor, ...]: ...


class Teacher:
    """A teacher with the statistics of its outputs, and with readers if the recipe asks for their answers.

    statistics: mean and deviation of every channel of each output, first of the embedding, then of the maps. kept:
    float16 (views x photos, E), its standardised embeddings of all crops, if they return.
    """

    def __init__(
        self,
        file: Path,
        maps: tuple[str, ...] = (),
        statistics: Sequence[tuple[Tensor, Tensor]] = (),
        readers: Readers | None = None,
        kept: Tensor | None = None,
    ) -> None:
        self._file, self._outputs, self._statistics = file, ("emb", *maps), statistics[: 1 + len(maps)]
        self._readers, self._kept = readers, kept
        self.device = torch.device("cpu")
        self._network: _Network | None = None

    @property
    def reads_ages(self) -> bool:
        """Whether its readers answer, too."""
        return self._readers is not None

    @property
    def kept_crops(self) -> int:
        """Number of crops that return, about which it was asked before."""
        return 0 if self._kept is None else len(self._kept)

    @property
    def embedding_size(self) -> int:
        """Number of values of the embedding."""
        return len(self._statistics[0][0])

    @property
    def map_channels(self) -> tuple[int, ...]:
        """Number of channels of each map."""
        return tuple(len(mean) for mean, _ in self._statistics[1:])

    def to(self, device: torch.device) -> Teacher:
        """The same teacher, which computes on this device from now on."""
        if device != self.device:
            self.device, self._network = device, None
            self._statistics = [(mean.to(device), deviation.to(device)) for mean, deviation in self._statistics]
            self._readers = self._readers.to(device) if self._readers else None
            self._kept = self._kept.to(device) if self._kept is not None else None
        return self

    def about(self, batch: Batch) -> TeacherAnswers:
        """What it says about a batch of its run. Crops that return are not computed again."""
        if self._kept is None:
            return self(batch.images, batch.folds)
        return self._answers([self._kept[batch.crops].float()], batch.folds)

    @torch.no_grad()
    def __call__(self, images: Tensor, folds: Tensor) -> TeacherAnswers:
        """images: uint8 (B, px, px, 3) RGB. folds: int64 (B,), of `folds_of`."""
        outputs = [
            (output - _by_channel(mean, output)) / _by_channel(deviation, output)
            for output, (mean, deviation) in zip(self.raw_outputs(images), self._statistics, strict=True)
        ]
        return self._answers(outputs, folds)

    @torch.no_grad()
    def _answers(self, outputs: list[Tensor], folds: Tensor) -> TeacherAnswers:
        """outputs: standardised, the embeddings first."""
        embeddings = outputs[0]
        hidden, opinions = self._readers(embeddings, folds) if self._readers else (embeddings[:, :0],) * 2
        return TeacherAnswers(embeddings, tuple(outputs[1:]), hidden, opinions)

    @torch.no_grad()
    def raw_outputs(self, images: Tensor) -> tuple[Tensor, ...]:
        """The teacher's own outputs, float32: the embedding (B, E) and the maps."""
        if self._network is None:
            kind = _OnCpu if self.device.type == "cpu" else _OnGpu
            self._network = kind(self._file, self._outputs, self.device)
        pixels = images.flip(3).permute(0, 3, 1, 2).float()
        if pixels.shape[2] != TEACHER_PX:
            pixels = functional.interpolate(pixels, (TEACHER_PX, TEACHER_PX), mode="bilinear", align_corners=False)
        mean = torch.tensor(_MEAN_BGR, device=self.device).view(3, 1, 1)
        return tuple(output.float() for output in self._network(pixels - mean))


def maps_of(file: Path) -> tuple[str, ...]:
    """The names of the teacher's known feature maps. Raises UsageError for a file that cannot be a teacher."""
    if not file.is_file():
        raise UsageError(f"no teacher model at {file}: give an ONNX file, or leave --teacher out")
    inside = outputs_inside(file)
    if "emb" not in inside:
        raise UsageError(f"{file} has no output `emb`: it cannot be used as a teacher")
    return tuple(name for name in MAPS if name in inside)


def prepared_teacher(
    file: Path, pictures: Pictures, recipe: Recipe, device: torch.device, cache_dir: Path = CACHE
) -> Teacher:
    """The teacher for a run on these photos. Its statistics and its readers are measured once, and cached.

    file: ONNX model with input float32 (N, 3, 224, 224), BGR minus the means above, and output `emb`. Raises UsageError
    for any other file.
    """
    maps = maps_of(file)
    name = f"{sha256_of(file)[:12]}-{fingerprint(pictures)}"
    statistics_file = cache_dir / f"teacher-{name}.safetensors"
    if not statistics_file.exists():
        _save(statistics_file, _measured_statistics(Teacher(file, maps).to(device), pictures))
    stored = load_file(statistics_file)
    statistics = [(stored[f"mean{number}"], stored[f"deviation{number}"]) for number in range(1 + len(maps))]
    crops = recipe if recipe.views else _READERS_RECIPE
    name += "-" + hashlib.sha256(crops.model_dump_json(include=_MAKE_CROPS).encode()).hexdigest()[:8]

    folder = cache_dir / f"answers-{name}"

    def answers() -> Tensor:
        return _asked(Teacher(file, (), statistics).to(device), pictures, crops, folder)

    readers = None
    if recipe.hidden_weight or recipe.opinion_share:
        readers = Readers(len(statistics[0][0]))
        readers_file = cache_dir / f"readers-{name}.safetensors"
        if not readers_file.exists():
            _save(readers_file, _fitted(answers(), pictures).state_dict())
            if not recipe.views:  # embeddings of faces are kept only where they are needed again
                shutil.rmtree(folder)
        readers.load_state_dict(load_file(readers_file))
    maps = maps if recipe.map_weight else ()
    return Teacher(file, maps, statistics, readers, kept=answers() if recipe.views else None).to(device)


def _measured_statistics(teacher: Teacher, pictures: Pictures) -> dict[str, Tensor]:
    chosen = np.sort(
        np.random.default_rng(0).choice(len(pictures), min(_MEASURED_PHOTOS, len(pictures)), replace=False)
    )
    outputs: list[list[Tensor]] = []
    for start in ProgressBar(range(0, len(chosen), _PHOTOS_AT_ONCE), "measuring the teacher"):
        crops = crops_of(pictures[chosen[start : start + _PHOTOS_AT_ONCE]])
        images = torch.from_numpy(np.stack([stage_picture(crop, _NETWORK_STAGE) for crop in crops]))
        outputs.append([output.cpu() for output in teacher.raw_outputs(images.to(teacher.device))])
    found = {}
    for number, parts in enumerate(zip(*outputs, strict=True)):
        values = torch.cat(parts)
        others = [axis for axis in range(values.ndim) if axis != 1]
        found[f"mean{number}"] = values.mean(dim=others)
        # A channel that hardly ever changes says nothing.
        found[f"deviation{number}"] = values.std(dim=others, correction=0) + (1e-2 if values.ndim > 2 else 1e-3)
    return found


def _asked(teacher: Teacher, pictures: Pictures, crops: Recipe, folder: Path) -> Tensor:
    """float16 (views x photos, E): the standardised embeddings of all crops that return with the recipe `crops`. Each
    view has its own file in the folder, so that a run that is stopped loses little."""
    assert crops.views
    at_network_size = crops.model_copy(update={"stages": (_NETWORK_STAGE,)})
    views = []
    for view in range(crops.views):
        file = folder / f"{view}.safetensors"
        if not file.exists():
            batches = EveryCrop(pictures, at_network_size, _PHOTOS_AT_ONCE, view)
            bar = ProgressBar(batches.loader(0), f"asking the teacher {view + 1}/{crops.views}", len(batches))
            # Filled in place: answers that stay between the large buffers of each batch would keep their memory from
            # being used again, 16 MB a batch.
            answers = np.empty((len(pictures), teacher.embedding_size), np.float16)
            for batch in bar:
                found = teacher(batch.images.to(teacher.device), batch.folds).embeddings
                answers[batch.crops.numpy() - view * len(pictures)] = found.cpu().numpy()
            _save(file, {"embeddings": torch.from_numpy(answers)})
        views.append(load_file(file)["embeddings"])
    return torch.cat(views)


def _fitted(kept: Tensor, pictures: Pictures) -> Readers:
    views = len(kept) // len(pictures)
    ages, folds = np.tile(pictures.ages, (views, 1)), np.tile(folds_of(pictures.hashes), views)
    return fitted_readers(kept.float().numpy(), ages, folds)


def _save(file: Path, tensors: dict[str, Tensor]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with replacing(file) as draft:
        save_file({name: value.contiguous() for name, value in tensors.items()}, draft)


def _by_channel(values: Tensor, output: Tensor) -> Tensor:
    return values if output.ndim == 2 else values.view(1, -1, 1, 1)


class _OnCpu:
    """The teacher by ONNX Runtime: on a CPU in half the time of PyTorch, whose grouped convolutions are slow there."""

    def __init__(self, file: Path, outputs: tuple[str, ...], _: torch.device) -> None:
        graph = onnx.load(file)
        graph.graph.output.extend(
            onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in outputs[1:]
        )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        # Threads that wait for work would take time from the training step.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(
                graph.SerializeToString(), options, providers=["CPUExecutionProvider"]
            )
        except Exception:  # ONNX Runtime's errors share no base class but Exception
            raise UsageError(f"{file} is not an ONNX model that ONNX Runtime can load") from None
        self._outputs = list(outputs)

    def __call__(self, inputs: Tensor) -> tuple[Tensor, ...]:
        name = self._session.get_inputs()[0].name
        found = self._session.run(self._outputs, {name: inputs.contiguous().numpy()})
        return tuple(torch.from_numpy(np.asarray(output)) for output in found)


class _OnGpu:
    """The teacher by PyTorch."""

    def __init__(self, file: Path, outputs: tuple[str, ...], device: torch.device) -> None:
        self._network = OnnxNetwork(file, outputs).to(device)

    def __call__(self, inputs: Tensor) -> tuple[Tensor, ...]:
        with half_precision(inputs.device):
            found: tuple[Tensor, ...] = self._network(inputs.contiguous(memory_format=torch.channels_last))
        return found
