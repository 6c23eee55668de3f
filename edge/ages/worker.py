"""The age model of a bundle with its batcher and threads, shared by all lanes of the box."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from edge.ages.batcher import Batcher
from edge.ages.choice import make_age_model
from edge.ages.fallback import FallbackAgeModel

if TYPE_CHECKING:
    from collections.abc import Callable

    from edge.ages.bundle import Bundle
    from edge.settings.config import Settings
    from edge.settings.sections import AgeSettings

log = logging.getLogger(__name__)


class AgeWorker:
    """An age model, loaded and self-tested. Two exist at once while the lanes change from one bundle to the next."""

    def __init__(self, bundle: Bundle, settings: Settings) -> None:
        """Raises UsageError or RunError when no backend loads and passes its self-test."""
        ages: AgeSettings = settings.ages
        self.bundle = bundle
        self.model, self.choice = make_age_model(bundle, ages, settings.cache_dir)
        self.batcher = Batcher(self.model, deadline_s=ages.collect_ms / 1000)
        self._done = threading.Event()

    @property
    def problem(self) -> str:
        """What is wrong with the model, in one sentence for the tills; empty while it works."""
        return str(getattr(self.model.uncalibrated, "problem", ""))

    @property
    def thread_bodies(self) -> dict[str, Callable[[], None]]:
        """By thread name: the body of each thread to start. They run until `stop`; `batcher` needs them."""
        bodies: dict[str, Callable[[], None]] = {"ages": lambda: self.batcher.work(self._done)}
        if isinstance(gpu := self.model.uncalibrated, FallbackAgeModel):
            bodies["gpu"] = lambda: self._every_second(gpu.retry)
        return bodies

    def log_backend(self) -> None:
        """Log the model, its backend, and why faster backends were not chosen."""
        log.info("age model %s %s, on %s", self.bundle.manifest.name, self.bundle.hash, self.model.backend)
        if self.choice.reason:
            log.info("%s", self.choice.reason)

    def stop(self) -> None:
        """End the threads. No lane may use the model any more."""
        self._done.set()

    def _every_second(self, body: Callable[[], None]) -> None:
        while not self._done.wait(1.0):
            body()
