"""Reads JSON files into models, and says in plain words what is wrong with one."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from edge.settings.problems import in_one_line
from edge.settings.text_files import read_text

if TYPE_CHECKING:
    from pathlib import Path

_MOST_JSON_BYTES = 64 * 1024 * 1024

Model = TypeVar("Model", bound=BaseModel)


def read_json(file: Path, model: type[Model]) -> Model:
    """The content of a JSON file in any encoding of `text_files`. Raises OSError, and ValueError, one line, for content
    that the model does not accept."""
    try:
        return model.model_validate_json(read_text(file, _MOST_JSON_BYTES))
    except ValidationError as problem:
        raise ValueError(in_one_line(problem)) from None
