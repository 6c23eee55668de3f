"""How far the clocks of tills are off: the newest of each, bounded, and readable while a lane runs."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from edge.records.database import Database
from edge.records.till_clocks import MOST_TILLS, TillClocks, till_clocks


def test_the_newest_of_each_till_is_kept_and_the_worst_comes_first(tmp_path: Path) -> None:
    assert till_clocks(tmp_path) == {}
    with closing(Database(tmp_path)) as database:
        assert till_clocks(tmp_path) == {}, "as an older edge-agent left it"
        clocks = TillClocks(database)
        clocks.put({"till-1": 5.0, "till-2": -9.0})
        clocks.put({"till-1": 7.0})
        assert list(till_clocks(tmp_path).items()) == [("till-2", -9.0), ("till-1", 7.0)]


def test_many_names_do_not_fill_the_disk(tmp_path: Path) -> None:
    with closing(Database(tmp_path)) as database:
        for number in range(MOST_TILLS + 20):
            TillClocks(database).put({f"till-{number}": 1.0})
    left = till_clocks(tmp_path)
    assert (len(left), "till-0" in left) == (MOST_TILLS, False)
