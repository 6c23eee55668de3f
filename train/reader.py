"""Readers: small networks that read an age from the teacher's embedding. The network imitates them.

The embedding mostly says who somebody is. The hidden layer of a reader and its answer hold what is about age. There is
one reader for each fifth of the photos, fitted to the other four fifths. So no answer has seen the photo's own label.
"""

from __future__ import annotations

import hashlib

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from edge.errors import RunError
from edge.progress import ProgressBar
from edge.vision.faces import AGES
from train.targets import YEARS, soft_labels, years_outside

FOLDS = 5

READER_WIDTH = 256
"""Width of a reader's hidden layer."""

_READER_EPOCHS = 20
_READER_BATCH = 128
_READER_LEARNING_RATE = 1e-3


def folds_of(hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
    """int64 (N,): which reader must not have seen a photo, and so reads it: 0..4, by the hash of its face (N, 4)."""
    # The first byte of the same digest chooses the validation photos.
    return np.array([hashlib.sha256(code.tobytes()).digest()[1] % FOLDS for code in hashes], np.int64)


class Readers(nn.Module):
    """The five readers. Their weights are buffers, and are never trained after `fitted_readers`."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.register_buffer("first", torch.zeros(FOLDS, READER_WIDTH, inputs))
        self.register_buffer("first_bias", torch.zeros(FOLDS, READER_WIDTH))
        self.register_buffer("second", torch.zeros(FOLDS, AGES, READER_WIDTH))
        self.register_buffer("second_bias", torch.zeros(FOLDS, AGES))
        self.register_buffer("mean", torch.zeros(FOLDS, READER_WIDTH))
        self.register_buffer("deviation", torch.ones(FOLDS, READER_WIDTH))

    first: Tensor
    first_bias: Tensor
    second: Tensor
    second_bias: Tensor
    mean: Tensor
    deviation: Tensor

    def forward(self, embeddings: Tensor, folds: Tensor) -> tuple[Tensor, Tensor]:
        """What each photo's own reader says.

        embeddings: float32 (B, E), standardised. folds: int64 (B,). Returns the hidden layer, standardised, float32
        (B, 256), and the probability of every year, float32 (B, 101).
        """
        rows = torch.arange(len(folds), device=folds.device)
        hidden = functional.gelu(torch.einsum("be,fhe->bfh", embeddings, self.first) + self.first_bias)[rows, folds]
        years = torch.einsum("bh,fyh->bfy", hidden, self.second)[rows, folds] + self.second_bias[folds]
        return (hidden - self.mean[folds]) / self.deviation[folds], years.softmax(dim=1)


def fitted_readers(
    embeddings: NDArray[np.float32], ages: NDArray[np.float32], folds: NDArray[np.int64], seed: int = 7
) -> Readers:
    """Fit the readers, each to the photos outside its own fold.

    embeddings: float32 (N, E), standardised. ages: (N, 2) as in `Pictures`. folds: (N,) of `folds_of`. A photo may be
    there more than once. Raises RunError if all photos are in one fold.
    """
    inputs, known = torch.from_numpy(embeddings), torch.from_numpy(ages)
    labels, readers = torch.from_numpy(soft_labels(ages)), Readers(embeddings.shape[1])
    for fold in ProgressBar(range(FOLDS), "fitting readers"):
        others = torch.from_numpy(np.flatnonzero(folds != fold))
        if not len(others):
            raise RunError(f"{len(ages)} photos are too few for a teacher: its readers need photos in several folds")
        with torch.random.fork_rng(devices=[]), torch.enable_grad():
            torch.manual_seed(seed)
            reader = _fitted_reader(inputs[others], labels[others], known[others])
        with torch.no_grad():
            first, second = reader[1], reader[4]
            assert isinstance(first, nn.Linear)
            assert isinstance(second, nn.Linear)
            hidden = functional.gelu(first(inputs[others]))
            for name, value in {
                "first": first.weight,
                "first_bias": first.bias,
                "second": second.weight,
                "second_bias": second.bias,
                "mean": hidden.mean(dim=0),
                "deviation": hidden.std(dim=0, correction=0) + 1e-2,
            }.items():
                getattr(readers, name)[fold] = value
    return readers


def _fitted_reader(inputs: Tensor, labels: Tensor, known: Tensor) -> nn.Sequential:
    reader = nn.Sequential(
        nn.Dropout(0.2),
        nn.Linear(inputs.shape[1], READER_WIDTH),
        nn.GELU(),
        nn.Dropout(0.4),
        nn.Linear(READER_WIDTH, AGES),
    )
    batch = min(_READER_BATCH, len(inputs))
    steps = _READER_EPOCHS * (len(inputs) // batch)
    optimizer = torch.optim.AdamW(reader.parameters(), lr=_READER_LEARNING_RATE, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _READER_LEARNING_RATE, total_steps=steps)
    years = torch.from_numpy(YEARS)
    for _ in range(_READER_EPOCHS):
        for rows in torch.randperm(len(inputs))[: len(inputs) // batch * batch].view(-1, batch):
            logits = reader(inputs[rows])
            outside = years_outside(logits.softmax(dim=1) @ years, known[rows])
            loss = functional.cross_entropy(logits, labels[rows]) + 0.1 * outside.mean()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            schedule.step()
    return reader.eval()
