"""Spark, on this machine or on a cluster. Imported only where it is asked for."""

from __future__ import annotations

import logging
import os
import re
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis

from edge.errors import UsageError

try:
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession
except ImportError:
    raise UsageError("Spark is not installed: pip install 'edge-agent[spark]'") from None

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# It writes every failed query to stderr, also those that are mended.
logging.getLogger("SQLQueryContextLogger").disabled = True

FAILURES: tuple[type[Exception], ...] = (PySparkException, Py4JError)
"""What Spark raises."""


@contextmanager
def spark(master: str) -> Iterator[Any]:
    """An Ibis backend on a Spark session of its own, or on the one that this process has.

    What Spark's own configuration (`SPARK_CONF_DIR`, spark-defaults.conf) says of a cluster holds. Raises UsageError
    where Java is missing or the master does not answer.
    """
    there = SparkSession.getActiveSession()
    if there is None and not _java():
        raise UsageError("Spark needs Java 17 or newer: apt install default-jre-headless, or set JAVA_HOME")
    try:
        session = there or _session(master)
    except FAILURES as problem:
        raise UsageError(
            f"no Spark at {master}: {(str(problem).strip().splitlines() or ['it says nothing'])[0]}"
        ) from None
    try:
        yield ibis.pyspark.connect(session)
    finally:
        if there is None:
            session.stop()


def read_parquet(backend: Any, files: Sequence[Path]) -> ibis.Table:
    """A table of all rows of files, which every worker of a cluster must find under the same names."""
    name = ibis.util.gen_name("files")
    # Spark takes paths for patterns, and the %20 of an address for itself.
    paths = (re.sub(r"([\[\]{}*?\\])", r"\\\1", str(file.absolute())) for file in files)
    frame = backend._session.read.parquet(*(f"file://{path}" for path in paths))
    frame.createOrReplaceTempView(name)
    return backend.table(name)


def _session(master: str) -> SparkSession:
    builder = SparkSession.builder.master(master).appName("edge-agent report")
    for name, value in _settings(master).items():
        builder = builder.config(name, value)
    with _silence():
        return builder.getOrCreate()


@contextmanager
def _silence() -> Iterator[None]:
    """Nothing is written to stderr by a process that starts inside, now or later: the Java machine tells there how it
    is; what goes wrong reaches us as an exception besides."""
    kept = os.dup(2)
    try:
        with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _settings(master: str) -> dict[str, str]:
    settings = {
        "spark.sql.session.timeZone": "UTC",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    if master.startswith("local"):
        # Nobody else has to reach it.
        settings |= {
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            "spark.sql.shuffle.partitions": str(2 * (os.cpu_count() or 1)),
        }
    return settings


def _java() -> bool:
    home = os.environ.get("JAVA_HOME")
    return shutil.which(Path(home) / "bin" / "java" if home else "java") is not None
