"""Spark, on this machine or on a cluster. Imported only for `--engine spark`."""

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
from edge.language.words import words
from edge.progress import now

try:
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession
except ImportError:
    raise UsageError(words("Spark is not installed: pip install 'edge-agent[spark]'")) from None

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# This logger prints every failed query on stderr, also those that are retried without damaged files.
logging.getLogger("SQLQueryContextLogger").disabled = True

FAILURES: tuple[type[Exception], ...] = (PySparkException, Py4JError)
"""Spark's exceptions."""


@contextmanager
def spark(master: str) -> Iterator[Any]:
    """An Ibis backend on this process's Spark session, or on a new one that is stopped at the end.

    Spark's own configuration (`SPARK_CONF_DIR`, spark-defaults.conf) applies. Raises UsageError if Java is missing or
    the master does not answer.
    """
    existing = SparkSession.getActiveSession()
    if existing is None and not _has_java():
        raise UsageError(words("Spark needs Java 17 or newer: apt install default-jre-headless, or set JAVA_HOME"))
    now(words("starting Spark"))
    try:
        session = existing or _new_session(master)
    except FAILURES as problem:
        reason = (str(problem).strip().splitlines() or ["no reason given"])[0]
        raise UsageError(words("cannot start Spark at {master}: {reason}", master=master, reason=reason)) from None
    try:
        yield ibis.pyspark.connect(session)
    finally:
        if existing is None:
            session.stop()


def read_parquet(backend: Any, files: Sequence[Path], *, merge: bool = False) -> ibis.Table:
    """All rows of the files, as one table. Every worker of a cluster must see the files under the same paths. merge:
    a column that is not in all files is null in the others."""
    name = ibis.util.gen_name("files")
    # Spark reads a path as a glob pattern and does not decode %20, so Path.as_uri() would not work.
    paths = (re.sub(r"([\[\]{}*?\\])", r"\\\1", str(file.absolute())) for file in files)
    reader = backend._session.read.option("mergeSchema", str(merge).lower())
    frame = reader.parquet(*(f"file://{path}" for path in paths))
    frame.createOrReplaceTempView(name)
    return backend.table(name)


def _new_session(master: str) -> SparkSession:
    builder = SparkSession.builder.master(master).appName("edge-agent report")
    for name, value in _settings(master).items():
        builder = builder.config(name, value)
    with _silent_stderr():
        return builder.getOrCreate()


@contextmanager
def _silent_stderr() -> Iterator[None]:
    """Processes started in the block have no stderr, for as long as they run.

    The Java process would print its log there; its errors also reach Python as exceptions.
    """
    saved = os.dup(2)
    try:
        with Path(os.devnull).open("w", encoding="utf-8") as null:
            os.dup2(null.fileno(), 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


def _settings(master: str) -> dict[str, str]:
    settings = {
        "spark.sql.session.timeZone": "UTC",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    if master.startswith("local"):
        # Only this machine connects to it.
        settings |= {
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            "spark.sql.shuffle.partitions": str(2 * (os.cpu_count() or 1)),
        }
    return settings


def _has_java() -> bool:
    home = os.environ.get("JAVA_HOME")
    return shutil.which(Path(home) / "bin" / "java" if home else "java") is not None
