"""The trainer of the age model: photos with ages in, a checkpoint and its report out."""

from train.data import load_test, load_train
from train.loop import train_model
from train.model import create_model

__all__ = ["create_model", "load_test", "load_train", "train_model"]
