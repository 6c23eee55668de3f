"""Pseudo-labels: the age of every training photo, predicted out of fold from the teacher's embedding.

A small network predicts ages from embeddings. It is fitted five times, each time without a fifth of the photos, and
then predicts that fifth. So no prediction has seen the photo's own label.
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
_HEAD_EPOCHS = 20
_HEAD_BATCH = 128
_HEAD_LEARNING_RATE = 1e-3


def pseudo_labels(embeddings: NDArray[np.float32], ages: NDArray[np.float32], seed: int = 7) -> NDArray[np.float32]:
    """Out-of-fold predictions, float32 (N, 101): the probability of every year of age.

    embeddings: float32 (N, E). ages: (N, 2) as in `Pictures`.
    """
    inputs = torch.from_numpy((embeddings - embeddings.mean(axis=0)) / (embeddings.std(axis=0) + 1e-3))
    labels, known = torch.from_numpy(soft_labels(ages)), torch.from_numpy(ages)
    fold = np.random.default_rng(seed).permutation(len(ages)) % FOLDS
    probs = np.empty((len(ages), AGES), np.float32)
    for number in tqdm(range(FOLDS), desc="pseudo-labels", unit="fold"):
        held_out = torch.from_numpy(np.flatnonzero(fold == number))
        others = torch.from_numpy(np.flatnonzero(fold != number))
        with torch.random.fork_rng(devices=[]), torch.enable_grad():
            torch.manual_seed(seed)
            head = _fitted_head(inputs[others], labels[others], known[others])
        with torch.no_grad():
            probs[held_out.numpy()] = head(inputs[held_out]).softmax(dim=1).numpy()
    return probs


def _fitted_head(inputs: Tensor, labels: Tensor, known: Tensor) -> nn.Module:
    head = nn.Sequential(
        nn.Dropout(0.2), nn.Linear(inputs.shape[1], 512), nn.GELU(), nn.Dropout(0.4), nn.Linear(512, AGES)
    )
    batch = min(_HEAD_BATCH, len(inputs))
    steps = _HEAD_EPOCHS * (len(inputs) // batch)
    optimizer = torch.optim.AdamW(head.parameters(), lr=_HEAD_LEARNING_RATE, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _HEAD_LEARNING_RATE, total_steps=steps)
    years = torch.from_numpy(YEARS)
    for _ in range(_HEAD_EPOCHS):
        for rows in torch.randperm(len(inputs))[: len(inputs) // batch * batch].view(-1, batch):
            logits = head(inputs[rows])
            outside = years_outside(logits.softmax(dim=1) @ years, known[rows])
            loss = functional.cross_entropy(logits, labels[rows]) + 0.1 * outside.mean()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            schedule.step()
    return head.eval()
