"""For each setting: per lane or per box, when a change applies, whether decisions depend on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydantic.fields import FieldInfo


@dataclass(frozen=True, slots=True)
class Scope:
    """Declared in the type of a setting: `Annotated[str, Scope("lane", "at once")]`.

    Every field of `Settings` has one. It holds for all settings of a section; a setting inside a section declares its
    own only to be `unique`.

    per: "lane": lanes may differ; "box": the same for all lanes, set outside [[lane]].
    applies: when a changed value is used.
    decides: the decision about a sale depends on it, so it is part of the settings' hash.
    unique: no two lanes may have the same value.
    """

    per: Literal["lane", "box"]
    applies: Literal["at once", "after a restart"]
    decides: bool = False
    unique: bool = False


@dataclass(frozen=True, slots=True)
class Declaration:
    """One setting. name: with its section, as in TOML: `till.reliable`. prefix: of its variable."""

    name: str
    field: FieldInfo
    scope: Scope
    prefix: str

    @property
    def flag(self) -> str:
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        return self.prefix + self.name.replace(".", "__").upper()


def top_level(settings: type[BaseModel], matches: Callable[[Scope], bool]) -> tuple[str, ...]:
    """The names of the settings and sections whose scope matches, in the order of declaration."""
    return tuple(name for name, field in settings.model_fields.items() if matches(_scope(field)))


def declarations(settings: type[BaseModel]) -> Iterator[Declaration]:
    """Every setting, in the order of declaration. Settings of sections take the section's place."""
    prefix = str(settings.model_config.get("env_prefix", ""))
    for name, field in settings.model_fields.items():
        scope = _scope(field)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            for inner, inner_field in field.annotation.model_fields.items():
                yield Declaration(f"{name}.{inner}", inner_field, _scope(inner_field, scope), prefix)
        else:
            yield Declaration(name, field, scope, prefix)


def _scope(field: FieldInfo, default: Scope | None = None) -> Scope:
    for item in field.metadata:
        if isinstance(item, Scope):
            return item
    if default is None:
        raise TypeError(f"a setting has no Scope: {field!r}")
    return default
