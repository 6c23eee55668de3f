"""Writes docs/settings.md from the declarations: `python -m edge.settings.reference > docs/settings.md`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic_core import PydanticUndefined

from edge.settings.config import Settings
from edge.settings.lanes import PER_BOX, UNIQUE
from edge.settings.reload import AT_ONCE
from edge.settings.scope import Declaration, declarations, top_level

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD = """\
# Settings

Generated from the declarations in `edge/settings/`: do not edit it here, run
`python -m edge.settings.reference > docs/settings.md`.

Each setting is a line of a TOML file, an `EDGE_*` variable and a flag of `edge-agent run`. Flags win over variables,
variables over the file. A flag with a list takes its items: `--zone 0,0 1,0 1,1`, `--insights.bands 18 30`. A variable
takes them with commas between them: `EDGE_INSIGHTS__BANDS=18,30`, `EDGE_OFFERS__EXCLUDE="beer, energy drinks"`; corners
have spaces between them: `EDGE_ZONE="0,0 1,0 1,1"`. An empty variable is an empty list. Both also take JSON, for items
with a comma: `EDGE_OFFERS__EXCLUDE='["salt, sugar"]'`. A variable with a whole section is JSON:
`EDGE_POLICY='{"risk": 0.1}'`. An unknown setting or a value that is not allowed stops the agent at the start, with
exit code 2 and one line that names the file and the line, or the variable, and the setting that was probably meant.
Variables that begin with `EDGE_` and resemble no setting are ignored.

A file may include one that many boxes share: `include = "FILE"` and `include_key = "FILE"`, the public key of its
signature, at the top of the box's own file, whose values win. They are no settings: no variable and no flag gives them.
See [fleet](fleet.md).

- **Per**: `box`: the same for all lanes, outside the `[[lane]]` tables. `lane`: lanes may have different values.
  `lane, unique`: no two lanes may have the same value.
- **Applies**: `at once`: after `systemctl reload edge-agent`. `after a restart`: the log names such changes.
- **Decides**: `yes`: the decision about a sale depends on it. It is part of the settings' hash, which is in every
  record. The age model has its own hash there.

In short:
"""


def reference() -> str:
    """The whole page."""
    return "".join(_page())


def in_words(names: tuple[str, ...]) -> str:
    """A list of settings, as all documents write it: `a`, `b` and `c`."""
    quoted = [f"`{name}`" for name in names]
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]]) if len(quoted) > 1 else quoted[0]


def _page() -> Iterator[str]:
    yield _HEAD
    decides = top_level(Settings, lambda scope: scope.decides)
    for what, names in (
        ("Apply at once", AT_ONCE),
        ("The same for the whole box", PER_BOX),
        ("Unique for each lane", UNIQUE),
        ("Decide about a sale", decides),
    ):
        yield f"\n- {what}: {in_words(names)}."
    yield "\n"
    schema = Settings.model_json_schema()
    section = None
    for each in declarations(Settings):
        title = each.name.partition(".")[0] if "." in each.name else ""
        if title != section:
            yield from _heading(title)
            section = title
        yield _row(each, _schema_of(each.name, schema))


def _heading(section: str) -> Iterator[str]:
    if section:
        model = Settings.model_fields[section].annotation
        assert model is not None
        yield f"\n## [{section}]\n\n{model.__doc__}\n"
    else:
        yield "\n## Without a section\n\nIn a `[[lane]]` table, `lane` is written `name`.\n"
    yield "\n| Setting | Values | Default | What it is | Per | Applies | Decides | Variable | Flag |\n"
    yield "|---|---|---|---|---|---|---|---|---|\n"


def _row(each: Declaration, schema: dict[str, Any]) -> str:
    scope = each.scope
    flag = f"`{each.flag}`"
    if schema.get("type") == "boolean":
        flag += f", `--no-{each.flag.removeprefix('--')}`"
    cells = (
        f"`{each.name}`",
        _values(schema),
        _default(each),
        each.field.description or "",
        scope.per + (", unique" if scope.unique else ""),
        scope.applies,
        "yes" if scope.decides else "no",
        f"`{each.variable}`",
        flag,
    )
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


def _default(each: Declaration) -> str:
    """Empty where the description says which: for None and for values that are found out at the start."""
    default = each.field.default
    if default is None or default is PydanticUndefined:
        return ""
    return f"`{json.dumps(default)}`"


def _schema_of(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = schema
    for part in name.split("."):
        if "$ref" in found:
            found = schema["$defs"][found["$ref"].rpartition("/")[2]]
        found = found["properties"][part]
    return found


def _values(schema: dict[str, Any]) -> str:
    """The type and the range of a setting, from its JSON Schema."""
    if "anyOf" in schema:
        return _values(next(each for each in schema["anyOf"] if each.get("type") != "null"))
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    kind = schema["type"]
    if kind == "boolean":
        return "true, false"
    if kind == "array":
        if "prefixItems" in schema:
            return f"pair [x, y], each a {_values(schema['prefixItems'][0])}"
        size = f" of {schema['minItems']} to {schema['maxItems']}" if "minItems" in schema else ""
        return f"list{size}, each a {_values(schema['items'])}"
    if kind == "string":
        if schema.get("format") == "path":
            return "path"
        return f"text of {schema['minLength']} to {schema['maxLength']} characters" if "minLength" in schema else "text"
    return ("whole number" if kind == "integer" else "number") + _range(schema)


_LIMITS = {"exclusiveMinimum": "above", "minimum": "at least", "maximum": "at most"}


def _range(schema: dict[str, Any]) -> str:
    if "minimum" in schema and "maximum" in schema:
        return f" from {schema['minimum']} to {schema['maximum']}"
    limits = [f"{words} {schema[limit]}" for limit, words in _LIMITS.items() if limit in schema]
    return " " + " and ".join(limits) if limits else ""


if __name__ == "__main__":
    print(reference(), end="")
