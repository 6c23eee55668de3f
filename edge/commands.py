"""Shared by all commands: argument parsing, exit codes 0, 1 and 2, and one clear line instead of a traceback."""

from __future__ import annotations

import argparse
import math
import os
import re
import shutil
import sys
import textwrap
from difflib import get_close_matches
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from edge import __version__
from edge.errors import EdgeError, UsageError
from edge.language.argument_words import argument_words
from edge.language.reader import asked_language, reader, speak
from edge.language.words import Words, in_language, verbatim, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence


_NEEDED_BY = {
    "demo": ("skimage",),
    "dev": ("pyinstrument",),
    "gateway": ("fastapi", "httpx"),
    "insights": ("duckdb", "ibis", "mlxtend"),
    "train": (
        "imagehash", "markdown", "onnx", "onnxscript", "safetensors", "torch", "torchvision",
    ),
    "web": ("starlette", "tomlkit", "uvicorn"),
}  # fmt: skip
"""Optional modules, by the extra that installs them."""
_EXTRAS = {module: extra for extra, modules in _NEEDED_BY.items() for module in modules}

_LONGEST_SHOWN = 160
"""Characters of a value in an error. Paths and addresses are rarely longer."""

_MISSING_LIBRARY = re.compile(r"(lib[\w.+-]+\.so[\w.]*): cannot open shared object file")
"""What the loader says, in an ImportError, or an OSError of ctypes."""
_PACKAGES = "libgl1 libegl1 libgles2 libglib2.0-0"
"""Of Debian and Ubuntu: OpenCV and mediapipe load them, though no window is opened. Desktops have them."""
_IN_PACKAGES = ("libGL", "libEGL", "libglib", "libgthread", "libX", "libxcb")


SHELLS = ("bash", "zsh")
_COMPLETED = {"FOLDER": True, "BUNDLE": True} | dict.fromkeys(
    ("CHECKPOINT", "CLIP", "DATA", "FILE", "MODEL", "PATH", "RULES", "SHEET", "SOURCE"), False
)
"""The metavars of files and folders; whether it is always a folder."""

_WIDEST_HELP = 100
"""Characters of a line of help; longer lines are hard to read."""


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Help of at most `_WIDEST_HELP` characters a line, in which no word is broken, not even at a hyphen. Lines of a
    description or epilog that are indented, such as examples, stay as they are."""

    def __init__(self, prog: str, max_help_position: int = 24) -> None:
        width = min(shutil.get_terminal_size().columns, _WIDEST_HELP) - 2
        super().__init__(prog, max_help_position=max_help_position, width=width)

    def _split_lines(self, text: str, width: int) -> list[str]:
        return _wrapped(text, width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        paragraphs = textwrap.dedent(text).strip().split("\n\n")
        return "\n\n".join(_indented(each, indent, width) for each in paragraphs)


def _indented(paragraph: str, indent: str, width: int) -> str:
    lines = paragraph.splitlines() if paragraph.startswith(" ") else _wrapped(paragraph, width - len(indent))
    return "\n".join(indent + line for line in lines)


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(" ".join(text.split()), width, break_long_words=False, break_on_hyphens=False)


class Parser(argparse.ArgumentParser):
    """An argument parser that raises UsageError with one line, instead of printing the usage and exiting. The line
    suggests the option or command that was probably meant."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        options.setdefault("formatter_class", HelpFormatter)
        super().__init__(*arguments, **options)

    def add_version(self) -> None:
        """Add `--version`, which prints the name of the command and the version of the package."""
        self.add_argument("-V", "--version", action="version", version=f"{self.prog} {__version__}",
                          help="print the version and exit")  # fmt: skip

    def add_completion(self) -> None:
        """Add `--print-completion`, which prints a script for a shell."""
        self.add_argument("--print-completion", choices=SHELLS, action=_PrintCompletion, default=argparse.SUPPRESS,
                          help="print the script that completes this command in a shell, and exit")  # fmt: skip

    def parse_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override]
        line = sys.argv[1:] if args is None else list(args)
        found, unknown = self.parse_known_args(line, namespace)
        if unknown:
            self.reject(unknown, line)
        return found

    def reject(self, unknown: Sequence[str], line: Iterable[str] = ()) -> NoReturn:
        """Raise UsageError for arguments that no option takes. line: all arguments; they name the subcommand."""
        flag = unknown[0].partition("=")[0]
        hint = did_you_mean(flag, self.flags(line)) if flag.startswith("-") else ""
        arguments = " ".join(map(shortened, unknown))
        self.error(words("unrecognized arguments: {arguments}{hint}", arguments=arguments, hint=hint))

    def flags(self, line: Iterable[str] = ()) -> Iterator[str]:
        """All flags, with those of the subcommands in `line`."""
        line = set(line)
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                for name, parser in action.choices.items():
                    if name in line:
                        yield from parser.flags(line)
            yield from action.option_strings

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            names = list(map(str, action.choices))
            hint = did_you_mean(str(value), names) or words(": use one of {names}", names=", ".join(names))
            raise argparse.ArgumentError(action, words("invalid choice: {value}{hint}", value=shown(value), hint=hint))

    def _parse_known_args(self, *given: Any, **options: Any) -> Any:
        # Caught here, because argparse would make a str of the error, which is English.
        try:
            return super()._parse_known_args(*given, **options)
        except argparse.ArgumentError as problem:
            text = argument_words(problem.message)
            if problem.argument_name:
                text = words("argument {name}: {problem}", name=problem.argument_name, problem=text)
            self.error(text)

    def error(self, message: str) -> NoReturn:
        raise UsageError(words("{problem}; see {command} --help", problem=argument_words(message), command=self.prog))


class _PrintCompletion(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *given: Any) -> NoReturn:
        _, shell, *_ = given
        print_completion(parser, shell)
        parser.exit()


def print_completion(parser: argparse.ArgumentParser, shell: str) -> None:
    """Print the script that completes a command in a shell, one of `SHELLS`."""
    import shtab

    _complete_files(parser)
    print(shtab.complete(parser, shell))


def _complete_files(parser: argparse.ArgumentParser) -> None:
    """Let values that are files or folders be completed with those that exist, as their metavars say."""
    import shtab

    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                _complete_files(inner)
        elif action.metavar in _COMPLETED:
            action.complete = shtab.DIRECTORY if _COMPLETED[action.metavar] else shtab.FILE  # type: ignore[attr-defined]


def did_you_mean(name: str, names: Iterable[str]) -> Words | str:
    """`" (did you mean NAME?)"` with the most similar name; empty when none is similar."""
    similar = get_close_matches(name, list(names), n=1)
    return words(" (did you mean {name}?)", name=similar[0]) if similar else ""


def positive(text: str) -> int:
    """A whole number of at least 1, for a parser's `type`."""
    try:
        count = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(words("{value} is not a whole number", value=shown(text))) from None
    if count < 1:
        raise argparse.ArgumentTypeError(words("{value} is below 1", value=count))
    return count


def number(text: str) -> float:
    """A finite number, perhaps with a decimal comma, for a parser's `type`."""
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(words("{value} is not a number", value=shown(text)))
    return value


def visible(text: str) -> str:
    r"""The text with invisible and control characters escaped, such as `\x1b` and `\u202e`."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def shown(value: object) -> str:
    """A value in an error, as Python writes it. The middle of a long one is left out."""
    try:
        return shortened(repr(value))
    except ValueError:
        return words("a number of thousands of digits")


def shortened(text: str) -> str:
    """The text; the middle of a long one is left out."""
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 30]}...{text[-20:]}"


def is_utf8(text: str) -> bool:
    """Whether a text can be encoded. The name of a file need not be: OpenCV crashes on such names."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def run_command(command: Callable[[], None]) -> None:
    """Run a command. An EdgeError ends it with one line on stderr and the error's exit code."""
    if isinstance(sys.stdout, TextIOWrapper):
        # As stderr does. Otherwise a name of a file that is not UTF-8 could not be printed.
        sys.stdout.reconfigure(errors="backslashreplace")
    speak(asked_language(sys.argv[1:], os.environ))
    try:
        command()
    except EdgeError as problem:
        _print_error(problem)
        sys.exit(problem.exit_code)
    except ModuleNotFoundError as problem:
        package = (problem.name or "").partition(".")[0]
        if package not in _EXTRAS:
            raise
        _print_error(words("{package} is not installed: pip install 'edge-agent[{extra}]'",
                           package=package, extra=_EXTRAS[package]))  # fmt: skip
        sys.exit(UsageError.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # The reader of the output has ended, as in `| head`. Closing stderr prevents a second error at exit.
        sys.stderr.close()
        sys.exit(0)
    except (ImportError, OSError) as problem:
        if not (missing := _MISSING_LIBRARY.search(str(problem))):
            raise
        fix = words("install the package of your system that contains it")
        if missing[1].startswith(_IN_PACKAGES):
            fix = words("on Debian and Ubuntu: sudo apt-get install {packages}", packages=_PACKAGES)
        _print_error(words("{library} is not installed: {fix}", library=missing[1], fix=fix))
        sys.exit(UsageError.exit_code)


def _print_error(problem: object) -> None:
    """One line on stderr. It may quote names of files and values of settings, which may hold anything."""
    print(f"{_name()}: {visible(in_language(verbatim(problem), reader()))}", file=sys.stderr)


def _name() -> str:
    """The name of the running command; for `python -m PACKAGE`, the package."""
    path = Path(sys.argv[0])
    return path.parent.name if path.name == "__main__.py" else path.name
