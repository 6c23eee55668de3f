"""A second opinion on every training photo's age, read from a teacher's embedding.

A small network reads ages from the embedding. It is fitted out of fold: five times, each time without the fifth of the
photos that it then judges, so that no opinion has seen the photo's own label.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from edge.vision.faces import AGES
from train.targets import YEARS, soft_labels, years_outside

FOLDS = 5
_EPOCHS = 20
_BATCH = 128
_RATE = 1e-3


def opinions(embeddings: NDArray[np.float32], ages: NDArray[np.float32], seed: int = 7) -> NDArray[np.float32]:
    """float32 (N, 101), the probability of every year of age. embeddings: float32 (N, E); ages: (N, 2) as in
    `Pictures`."""
    inputs = torch.from_numpy((embeddings - embeddings.mean(axis=0)) / (embeddings.std(axis=0) + 1e-3))
    labels, known = torch.from_numpy(soft_labels(ages)), torch.from_numpy(ages)
    fold = np.random.default_rng(seed).permutation(len(ages)) % FOLDS
    probs = np.empty((len(ages), AGES), np.float32)
    for number in tqdm(range(FOLDS), desc="second opinions", unit="fold"):
        judged = torch.from_numpy(np.flatnonzero(fold == number))
        others = torch.from_numpy(np.flatnonzero(fold != number))
        with torch.random.fork_rng(devices=[]), torch.enable_grad():
            torch.manual_seed(seed)
            reader = _fitted(inputs[others], labels[others], known[others])
        with torch.no_grad():
            probs[judged.numpy()] = reader(inputs[judged]).softmax(dim=1).numpy()
    return probs


def _fitted(inputs: Tensor, labels: Tensor, known: Tensor) -> nn.Module:
    reader = nn.Sequential(
        nn.Dropout(0.2), nn.Linear(inputs.shape[1], 512), nn.GELU(), nn.Dropout(0.4), nn.Linear(512, AGES)
    )
    batch = min(_BATCH, len(inputs))
    steps = _EPOCHS * (len(inputs) // batch)
    optimizer = torch.optim.AdamW(reader.parameters(), lr=_RATE, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, total_steps=steps)
    years = torch.from_numpy(YEARS)
    for _ in range(_EPOCHS):
        for rows in torch.randperm(len(inputs))[: len(inputs) // batch * batch].view(-1, batch):
            logits = reader(inputs[rows])
            outside = years_outside(logits.softmax(dim=1) @ years, known[rows])
            loss = functional.cross_entropy(logits, labels[rows]) + 0.1 * outside.mean()
            loss.backward()
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            schedule.step()
    return reader.eval()
