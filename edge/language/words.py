"""Texts that are made once, in English, and shown in the language of the person who reads them.

    text = words("the camera sends {size} pictures", size="720x576")
    text                      # 'the camera sends 720x576 pictures', a str like any other: for logs, JSON, comparisons
    in_language(text, "ru")   # the same in Russian

Joining with + or in an f-string gives a plain str, which stays English: use a template with both parts, or `joined`.
"""

from __future__ import annotations

from datetime import date, datetime
from string import Formatter
from typing import TYPE_CHECKING, Any

from edge.language.catalogue import ENGLISH, LANGUAGES, translations
from edge.language.formats import Shown, day, moment, with_symbols

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Words(str):
    """A text in English that knows its template and its values, and so can be shown in every language.

    Made by `words`, `counted`, `joined` and `verbatim`. `str()` of it, and of an exception that carries it, are still
    `Words`.
    """

    __slots__ = ("plural", "template", "values")

    template: str
    """The English text with names of values in braces: the key in the catalogues."""
    plural: str
    """The template for several, if the text depends on the value `n`; else empty."""
    values: dict[str, Any]

    def __new__(cls, template: str, plural: str = "", values: dict[str, Any] | None = None) -> Words:
        values = values or {}
        new = super().__new__(cls, _filled(template if _is_one(plural, values) else plural, values, ENGLISH))
        new.template, new.plural, new.values = template, plural, values
        return new

    def __str__(self) -> str:
        return self

    def __getnewargs__(self) -> tuple[str, str, dict[str, Any]]:  # type: ignore[override]  # for copies and pickles
        return self.template, self.plural, self.values

    @property
    def names(self) -> set[str]:
        """Of the values in braces."""
        return {name for _, name, _, _ in Formatter().parse(self.template) if name}

    def format(self, *_: object, **values: object) -> Words:
        """The text with values for its names in braces."""
        return Words(self.template, self.plural, {**self.values, **values})

    def in_language(self, language: str) -> str:
        """The text in a language; in English where the language's catalogue does not have it."""
        if language == ENGLISH:
            return str.__str__(self)
        known = translations(language)
        if self.plural:
            template = known.ngettext(self.template, self.plural, self.values["n"])
        else:
            template = known.gettext(self.template) if self.template else ""
        return _filled(template, self.values, language)


def words(template: str, **values: object) -> Words:
    """A text for people. template: a literal in English, with names of values in braces; every catalogue has it.

    Values: other `Words`; errors that carry them; `Shown`; dates; numbers, of which those with a format such as
    {rate:.1f} get the language's decimal point; everything else as it is. Without values, braces stay, for a later
    `.format`.
    """
    return Words(template, values=values)


def counted(one: str, several: str, n: int, **values: object) -> Words:
    """A text that depends on a number: counted("{n} problem", "{n} problems", n). Catalogues have each plural form."""
    return Words(one, several, {"n": n, **values})


def joined(separator: str, parts: Iterable[object]) -> Words:
    """Texts and other values with a separator between them, each in its language."""
    values = {f"part{number}": part for number, part in enumerate(parts)}
    template = "{separator}".join(f"{{{name}}}" for name in values)
    return Words(template, values={"separator": separator, **values})


def verbatim(text: object) -> Words:
    """A text that is the same in all languages, such as a name. `Words`, and an error that carries them, stay so."""
    text = str(text)
    return text if isinstance(text, Words) else Words("{text}", values={"text": text})


def in_language(text: str, language: str) -> str:
    """A text in a language. A plain str is what it is in every language."""
    return text.in_language(language) if isinstance(text, Words) else text


def writer(language: str) -> Callable[..., str]:
    """`words` in one language, for templates of pages: {{ _("Cashiers of {shop}", shop=name) }}."""
    return lambda template, **values: Words(template, values=values).in_language(language)


def in_all_languages(text: object) -> dict[str, str]:
    """A text, or an error, by language: for a reader whose language is not known here."""
    return {language: in_language(verbatim(text), language) for language in LANGUAGES}


def _is_one(plural: str, values: dict[str, Any]) -> bool:
    return not plural or values["n"] == 1


class _Filling(Formatter):
    """`str.format` that writes each value in a language."""

    def __init__(self, language: str) -> None:
        self._language = language

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, Exception):
            value = verbatim(value)
        if isinstance(value, Words | Shown):
            return value.in_language(self._language)
        if isinstance(value, date) and not format_spec:
            return moment(value, self._language) if isinstance(value, datetime) else day(value, self._language)
        text = str(super().format_field(value, format_spec))
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        localised = is_number and self._language != ENGLISH and (format_spec or isinstance(value, float))
        return with_symbols(text, self._language) if localised else text


def _filled(template: str, values: dict[str, Any], language: str) -> str:
    return _Filling(language).vformat(template, (), values) if values else template
