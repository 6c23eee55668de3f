"""JSON files: what editors write is read, and what is wrong is named in plain words, with its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from edge.offers.sheet import Rules
from edge.settings.json_files import read_json
from tests.edge.readers import problem_of


class Shop(BaseModel):
    name: str
    lanes: tuple[int, ...] = ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["", "\n", "\0"])
def test_a_file_is_read_as_editors_write_it(encoding: str, end: str, tmp_path: Path) -> None:
    file = tmp_path / "shop.json"
    file.write_bytes(('{"name": "вино"}' + end).encode(encoding))
    assert read_json(file, Shop) == Shop(name="вино")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "it is not JSON: line 1, column 0"),
        (b'{"name": "a",\n "lanes": [1,]}', "it is not JSON: line 2, column 14"),
        (b"[" * 100_000, "it is not JSON: line 1, column 202"),
        (b"[]", "it must be an object"),
        (b"{}", "name is missing"),
        (b'{"name": 1, "lanes": {}}', "name must be text; lanes must be a list"),
        (b'{"name": "a", "lanes": [1' + b"0" * 5000 + b"]}", "it is not JSON: line 1, column 4326"),
        (b'{"name": "a", "lanes": [1e99]}', "lanes.0 must be a whole number"),
        ('{"name": "вино"}'.encode("cp1251"), "line 1 looks like Windows-1251: save the file as UTF-8"),
    ],
)
def test_other_content_is_rejected_with_the_place_and_the_fix(content: bytes, problem: str, tmp_path: Path) -> None:
    file = tmp_path / "shop.json"
    file.write_bytes(content)
    assert problem_of(lambda: read_json(file, Shop), ValueError).startswith(problem)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["bands", "rules", "when"]), inner),
)


@given(content=st.binary(max_size=100) | JSON.map(lambda value: str(value).replace("'", '"').encode("utf-8", "ignore")))
def test_any_file_is_rules_or_one_line_that_says_why_not(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.json"
    file.write_bytes(content)
    assert "\n" not in problem_of(lambda: read_json(file, Rules), ValueError)
