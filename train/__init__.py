"""The trainer of the age model: labelled photos in, a checkpoint and its report card out."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from train.data import load_test, load_train
    from train.loop import train_model
    from train.model import create_model

__all__ = ["create_model", "load_test", "load_train", "train_model"]

_MODULES = {
    "create_model": "train.model",
    "load_test": "train.data",
    "load_train": "train.data",
    "train_model": "train.loop",
}


def __getattr__(name: str) -> Any:
    """Import PyTorch only on first use, so that a command can report that it is missing."""
    if name not in _MODULES:
        raise AttributeError(f"module 'train' has no attribute {name!r}")
    return getattr(importlib.import_module(_MODULES[name]), name)
