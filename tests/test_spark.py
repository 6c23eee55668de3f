"""The basket report on Spark, here and on a cluster, equals the report on DuckDB, with invalid purchases, too."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import duckdb
import pytest

from edge.bench.chain import Chain
from edge.purchases.parquet import write_day
from edge.purchases.purchases import Purchase, PurchaseLine
from tests.commands import Json
from tests.ports import free_port

pytestmark = pytest.mark.slow

needs_java = pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java")
LAST_DAY = datetime(2026, 11, 1, tzinfo=timezone.utc)


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two shops, with every kind of invalid purchase."""
    north, sea = (tmp_path_factory.mktemp(name) for name in ("north", "sea"))
    list(Chain().write(north, 60_000, LAST_DAY))
    odd = {
        "lane-7": [
            _purchase(PurchaseLine(category=None, sku="?", quantity=1, price=2)),
            _purchase(PurchaseLine(category="wine", sku="w", quantity=-1, price=2)),
            _purchase(
                _milk(),
                PurchaseLine(category="wine", sku="w", quantity=-3, price=2),
                PurchaseLine(category="wine", sku="w", quantity=2, price=2),
                _amount(-1.5),
                _amount(None),
            ),
            *[_purchase(_milk(), _wine(1), _wine(-1))] * 30,
            _purchase(PurchaseLine(category="wine", sku="w", quantity=1e9, price=2), _milk()),
            _purchase(PurchaseLine(category="wine", sku="w", quantity=1, price=1e9), _milk()),
            _purchase(PurchaseLine(category="wine", sku="w", quantity=1, price=None), _milk()),
            _purchase(_milk(), probs=(0.5, 0.5), edges=(30,)),
            _purchase(_milk(), probs=(float("nan"), 1, 0, 0, 0, 0)),
            _purchase(),
        ],
        "lane-8": [_purchase(_milk())] * 40,
        "lane-9": [_purchase(_milk())] * 40,
    }
    for lane, purchases in odd.items():
        write_day(sea / "2026-11-01" / f"{lane}-00.parquet", [one.model_dump_json() for one in purchases])
    future = _purchase(_milk(), at=datetime(2999, 1, 1, tzinfo=timezone.utc))
    write_day(sea / "2999-01-01" / "lane-7-00.parquet", [future.model_dump_json()])
    _spoil_the_middle(sea / "2026-11-01" / "lane-9-00.parquet")
    (sea / "2026-11-01" / "half-00.parquet").write_bytes((sea / "2026-11-01" / "lane-8-00.parquet").read_bytes()[:-99])
    old = sea / "2026-11-01" / "old-00.parquet"
    duckdb.sql(f"COPY (SELECT 1 AS price FROM range(7)) TO '{old}' (KV_METADATA {{edge_agent_purchases: '0'}})")
    return [north, sea]


def _wine(quantity: float) -> PurchaseLine:
    return PurchaseLine(category="wine", sku="w", quantity=quantity, price=300)


def _amount(price: float | None) -> PurchaseLine:
    return PurchaseLine(category=None, sku="", quantity=1 if price else 0, price=price)


def _milk() -> PurchaseLine:
    return PurchaseLine(category="dairy", sku="milk", quantity=1, price=10)


def _purchase(
    *lines: PurchaseLine, probs: tuple[float, ...] = (0, 0, 1, 0, 0, 0), edges: tuple[int, ...] = (18, 25, 35, 45, 60),
    at: datetime = LAST_DAY,
) -> Purchase:  # fmt: skip
    return Purchase(time=at, store="sea", lane="lane-7", band="25-34", band_edges=edges, band_probs=probs, lines=lines)


def _spoil_the_middle(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[4:200] = bytes(196)
    file.write_bytes(content)


def _report(folders: list[Path], *words: str, **variables: str) -> Json:
    command = [
        sys.executable,
        "-m",
        "edge",
        "report",
        "basket",
        "--since",
        "2026-10-01",
        "--until",
        "2026-11-03",
        "--json",
        "-",
        *words,
    ]
    done = subprocess.run(
        [*command, "--folder", *map(str, folders)], env=os.environ | variables, capture_output=True, text=True,
        timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert set(done.stderr.splitlines()) == {f"edge-agent: {line}" for line in json.loads(done.stdout)["left_out"]}
    return dict(json.loads(done.stdout))


def _same(one: object, other: object) -> None:
    """The engines add up in another order, so that the last digits may differ."""
    if isinstance(one, dict):
        assert isinstance(other, dict)
        assert one.keys() == other.keys()
        for name, value in one.items():
            _same(value, other[name])
    elif isinstance(one, list):
        assert isinstance(other, list)
        for left, right in zip(one, other, strict=True):
            _same(left, right)
    elif isinstance(one, float):
        assert other == pytest.approx(one, rel=1e-4, abs=1e-6)
    else:
        assert one == other


@pytest.fixture(scope="module")
def by_duckdb(stores: list[Path]) -> Json:
    return _report(stores)


def test_invalid_purchases_are_counted_and_the_others_read(by_duckdb: Json) -> None:
    assert by_duckdb["faults"] == {
        "sales_in_future": 1, "sales_in_other_bands": 1, "sales_without_basket": 2, "lines_of_odd_quantity": 1,
        "lines_of_odd_price": 1, "lines_returned": 2, "lines_without_category": 1, "baskets_without_price": 1,
    }  # fmt: skip
    told = "\n".join(by_duckdb["left_out"])
    for name in ("lane-9-00.parquet", "half-00.parquet", "old-00.parquet"):
        assert name in told
    assert by_duckdb["baskets"] > 10_000


@needs_java
def test_spark_gives_the_report_of_duckdb(stores: list[Path], by_duckdb: Json) -> None:
    _same(by_duckdb, _report(stores, "--engine", "spark"))


@pytest.fixture
def cluster() -> Iterator[str]:
    """The address of a Spark master with one worker, each a process of its own."""
    from pyspark.find_spark_home import _find_spark_home

    port = free_port()
    address = f"spark://127.0.0.1:{port}"
    common = ["--host", "127.0.0.1", "--webui-port", "0"]
    start = [str(Path(_find_spark_home()) / "bin" / "spark-class"), "org.apache.spark.deploy"]
    commands = [
        [start[0], f"{start[1]}.master.Master", *common, "--port", str(port)],
        [start[0], f"{start[1]}.worker.Worker", *common, "--cores", "1", "--memory", "1g", address],
    ]
    environment = os.environ | {"SPARK_LOCAL_IP": "127.0.0.1"}
    processes = []
    for command in commands:
        processes.append(
            subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        )
        _wait_for(port)
    yield address
    for process in reversed(processes):
        process.terminate()
        process.wait(60)


def _wait_for(port: int) -> None:
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(f"no Spark master at {port}")


@needs_java
def test_a_cluster_gives_the_report_of_duckdb(stores: list[Path], by_duckdb: Json, cluster: str) -> None:
    words = ("--engine", "spark", "--spark-master", cluster)
    _same(by_duckdb, _report(stores, *words, SPARK_LOCAL_IP="127.0.0.1"))


def test_without_java_one_line_explains_what_to_install(stores: list[Path], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "edge", "report", "basket", "--engine", "spark", "--folder", *map(str, stores)],
        env=os.environ | {"JAVA_HOME": str(tmp_path)}, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.endswith(": Spark needs Java 17 or newer: apt install default-jre-headless, or set JAVA_HOME")


def test_a_generated_day_does_not_depend_on_the_number_of_days(tmp_path: Path) -> None:
    few, many = tmp_path / "few", tmp_path / "many"
    assert len(list(Chain().write(few, 20_000, LAST_DAY))) == 2
    list(Chain().write(many, 30_000, LAST_DAY - timedelta(0)))
    for file in few.rglob("*.parquet"):
        assert file.read_bytes() == (many / file.relative_to(few)).read_bytes()
