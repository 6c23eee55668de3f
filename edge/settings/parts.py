"""Settings in two files: a box's own, and a part for many boxes that it includes. The box's own values win.

    include = "shared.toml"                    # a path; a relative one begins at the folder of this file
    include_key = "/etc/edge-agent/chain.key"  # the public key of its signature

A shared part must be signed, because it comes from elsewhere. `include_key = "none"` turns this off, for a shared part
that only the owner of the box's own file can write.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from edge.commands import shown
from edge.errors import UsageError
from edge.language.words import Words, verbatim, words
from edge.settings.older import with_new_names
from edge.settings.place import Place
from edge.settings.places import Places
from edge.settings.signed import read_signed
from edge.settings.toml_files import parse_toml, toml_text
from edge.settings.toml_lines import lines_of

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

INCLUDE, INCLUDE_KEY = "include", "include_key"
UNSIGNED = "none"
"""As the key: the shared part needs no signature."""

_OF_THE_BOX = {
    INCLUDE: words("a shared part cannot include another: put all shared settings into one file"),
    INCLUDE_KEY: words("a shared part cannot name the key of its own signature: set it in the box's own file"),
    "lane": words("[[lane]] tables are the box's own: put them into its own file"),
}
"""What a shared part cannot have."""


@dataclass(frozen=True)
class Parts:
    """The settings of a box. content: of all files, merged. files: the box's own first. included: the shared part that
    the box's own names. made_at: when the shared part was signed; None without a signature."""

    content: dict[str, Any] = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    included: Path | None = None
    made_at: datetime | None = None


def read_parts(
    file: Path | None, *, home: Path | None = None, shared: Path | None = None, unsigned: Path | None = None
) -> Parts:
    """The parsed content of a box's own file and of the shared part that it includes; empty without a file.

    home: the folder in which the box's own file will be, if it is not there yet. shared: a file to read instead of the
    one that is included. unsigned: the same, and it need not be signed yet. Raises UsageError, one line with the file
    and, where there is one, the line.
    """
    if file is None:
        return Parts()
    text = toml_text(file)
    own = parse_toml(text, file)
    include, key = own.pop(INCLUDE, None), own.pop(INCLUDE_KEY, None)
    if include is None and key is None:
        return Parts(own, (file,))
    lines = lines_of(text)

    def problem(name: str, text: Words) -> UsageError:
        if line := lines.get((name,)):
            return UsageError(Place(file, line).of(text))
        return UsageError(words("{file}: {problem}", file=file, problem=text))

    for name, value in ((INCLUDE, include), (INCLUDE_KEY, key)):
        if value is not None and (not isinstance(value, str) or not value or "\0" in value):
            raise problem(name, words("{name} = {value}: must be the path of a file", name=name, value=shown(value)))
    if include is None:
        raise problem(INCLUDE_KEY, words('include_key is given without include = "FILE": add it, or remove both'))
    if key is None:
        raise problem(
            INCLUDE,
            words(
                "include = {value} needs include_key, the file with the public key of its signature (see edge-agent "
                'settings --help), or include_key = "none" if only who may change {file} can write it',
                value=shown(include),
                file=file.name,
            ),
        )
    folder = home or file.parent
    path = unsigned or shared or folder / include
    try:
        if unsigned or key == UNSIGNED:
            shared_text, made_at = toml_text(path), None
        else:
            signed = read_signed(path, folder / key)
            shared_text, made_at = signed.text, signed.made_at
    except UsageError as error:
        raise problem(INCLUDE, verbatim(error)) from None
    # Renamed one by one: the box's own value under an older name must win over the shared one under today's.
    own = with_new_names(own, Places(files=(file,)).place)
    content = with_new_names(_shared_content(shared_text, path), Places(files=(path,)).place)
    return Parts(merged(content, own), (file, path), folder / include, made_at)


def read_shared(file: Path) -> Parts:
    """A shared part alone, signed or not. Raises UsageError."""
    return Parts(_shared_content(toml_text(file), file), (file,))


def _shared_content(text: str, file: Path) -> dict[str, Any]:
    content = parse_toml(text, file)
    for name, problem in _OF_THE_BOX.items():
        if name in content and (name != "lane" or not isinstance(content[name], str)):
            lines = lines_of(text)
            raise UsageError(Place(file, lines.get((name,)) or lines.get((name, 0), 1)).of(problem))
    return content


def merged(outer: dict[str, Any], inner: dict[str, Any]) -> dict[str, Any]:
    """Both, merged section by section. The inner values win."""
    both = outer | inner
    for name, value in outer.items():
        if isinstance(value, dict) and isinstance(inner.get(name), dict):
            both[name] = merged(value, inner[name])
    return both
