"""Text files as the editors of Windows and Linux write them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.settings.text_files import decode, read_text
from tests.edge.readers import problem_of

RUSSIAN = "касса = 1\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["", "\0", "\0\0\0"])
def test_utf_8_and_utf_16_with_a_byte_order_mark_and_nuls_at_the_end(encoding: str, end: str) -> None:
    mark = "\ufeff" if encoding.endswith("e") else ""
    assert decode((mark + RUSSIAN + end).encode(encoding)) == RUSSIAN


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("a = 1\nкасса\n".encode("cp1251"), "line 2 looks like Windows-1251: save the file as UTF-8, in Excel as CSV"),
        (b"a\nb\ncaf\xe9 = 1", "line 3 is not UTF-8: save the file as UTF-8"),
        ("\ufeffa".encode("utf-16-le") + b"x", "it is damaged UTF-16: save it as UTF-8"),
        (b"\xff\xfe\x00\xd8", "it is damaged UTF-16: save it as UTF-8"),
        ("a = 1\n".encode("utf-16-le"), "line 1 has a NUL character: save the file as UTF-8"),
        (b"a\nb\0c", "line 2 has a NUL character: save the file as UTF-8"),
    ],
)
def test_other_content_is_rejected_with_its_line_and_the_fix(content: bytes, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        decode(content)


def test_a_file_is_read_up_to_a_size(tmp_path: Path) -> None:
    file = tmp_path / "text"
    file.write_bytes(b"x" * 2048)
    assert read_text(file, 2048) == "x" * 2048
    with pytest.raises(ValueError, match="it has more than 1 KiB: make it smaller"):
        read_text(file, 2047)
    with pytest.raises(ValueError, match="it has more than 1 KiB"):
        read_text(Path("/dev/zero"), 1024)
    with pytest.raises(IsADirectoryError):
        read_text(tmp_path, 1024)


@given(st.binary(max_size=200))
def test_any_content_is_a_text_or_one_line_that_says_why_not(content: bytes) -> None:
    problem = problem_of(lambda: decode(content), ValueError)
    assert problem.isprintable()
    assert problem or "\0" not in decode(content)
