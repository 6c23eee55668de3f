"""What Linux says when a file or a connection fails, for people who read another language."""

from __future__ import annotations

from edge.language.words import Words, verbatim, words

_KNOWN = (
    words("Permission denied"),
    words("Operation not permitted"),
    words("No such file or directory"),
    words("Not a directory"),
    words("Is a directory"),
    words("File exists"),
    words("No space left on device"),
    words("Read-only file system"),
    words("Input/output error"),
    words("Too many open files"),
    words("Connection refused"),
    words("Connection reset by peer"),
    words("Connection timed out"),
    words("Broken pipe"),
    words("No route to host"),
    words("Network is unreachable"),
    words("Name or service not known"),
    words("Temporary failure in name resolution"),
    words("Address already in use"),
    words("Cannot assign requested address"),
)
_BY_TEXT = {str.__str__(text): text for text in _KNOWN}


def system_words(error: OSError | str | None) -> Words:
    """The reason of an error: a text of the catalogue where it is a usual one, else as the system says it."""
    text = (error.strerror or str(error)) if isinstance(error, OSError) else error or ""
    return _BY_TEXT.get(text) or verbatim(text)
