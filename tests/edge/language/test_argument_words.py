"""The errors of argparse, in the language of who runs the command."""

from __future__ import annotations

import pytest

from edge.commands import Parser, positive
from edge.errors import UsageError
from edge.language.argument_words import argument_words
from edge.language.words import in_language


def shop() -> Parser:
    parser = Parser(prog="shop", allow_abbrev=False)
    parser.add_argument("goods", metavar="GOODS")
    parser.add_argument("--many", type=positive)
    parser.add_argument("--price", type=float)
    parser.add_argument("--size", nargs=2)
    parser.add_argument("--names", nargs="+")
    parser.add_argument("--quiet", action="store_true")
    either = parser.add_mutually_exclusive_group(required=True)
    either.add_argument("--cash", action="store_true")
    either.add_argument("--card", action="store_true")
    parser.add_argument("--colour", choices=["red", "blue"])
    return parser


@pytest.mark.parametrize(
    ("line", "english", "russian"),
    [
        ("--cash", "the following arguments are required: GOODS", "не хватает аргументов: GOODS"),
        ("beer", "one of the arguments --cash --card is required", "нужен один из аргументов: --cash --card"),
        ("beer --cash --card", "argument --card: not allowed with argument --cash",
         "аргумент --card: нельзя вместе с аргументом --cash"),
        ("beer --cash --many", "argument --many: expected one argument", "аргумент --many: нужно одно значение"),
        ("beer --cash --size 1", "argument --size: expected 2 arguments",
         "аргумент --size: число значений должно быть 2"),
        ("beer --cash --names", "argument --names: expected at least one argument",
         "аргумент --names: нужно хотя бы одно значение"),
        ("beer --cash --many 0", "argument --many: 0 is below 1", "аргумент --many: 0 меньше 1"),
        ("beer --cash --price x", "argument --price: invalid value: 'x'",
         "аргумент --price: недопустимое значение: 'x'"),
        ("beer --cash --quiet=1", "argument --quiet: ignored explicit argument '1'",
         "аргумент --quiet: лишнее значение '1'"),
        ("beer --cash --colour rad", "argument --colour: invalid choice: 'rad' (did you mean red?)",
         "аргумент --colour: недопустимое значение: 'rad' (может быть, red?)"),
        ("beer --cash --zzzz", "unrecognized arguments: --zzzz", "неизвестные аргументы: --zzzz"),
    ],
)  # fmt: skip
def test_every_error_of_a_command_line_is_in_the_language_of_the_reader(line: str, english: str, russian: str) -> None:
    with pytest.raises(UsageError) as caught:
        shop().parse_args(line.split())
    assert str(caught.value) == f"{english}; see shop --help"
    assert in_language(str(caught.value), "ru") == f"{russian}; см. shop --help"


def test_a_message_that_is_not_known_stays_as_it_is() -> None:
    assert in_language(argument_words("badly formed"), "ru") == "badly formed"
    with pytest.raises(UsageError, match="badly formed"):
        shop().error("badly formed")
