"""Prometheus metrics: on each request, built from numbers that the lanes and the age model count anyway."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, get_args

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from edge import __version__
from edge.lane.health import PARTS
from edge.till.messages import FROM_TILLS, ErrorCode
from edge.till.rejections import TillRejection
from edge.timings import BOUNDS_MS, Histogram

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from edge.ages.worker import AgeWorker
    from edge.lane.loop import LaneLoop

STAGES = ("detect", "track", "align", "judge", "age")

SPANS = {
    "grab to start": "From grabbing a frame until the lane starts to analyse it",
    "grab to event": "From grabbing a frame until everything that follows from it is sent",
    "grab to ack": "From grabbing the deciding frame until the till has confirmed the answer",
    "scan to ack": "From receiving a scan of a restricted item until the till has confirmed the first answer",
}

_REJECTION_REASONS = (*get_args(TillRejection), *(code for code in get_args(ErrorCode) if code != "expired"))
"""An error of the code `expired` is about an alert."""

_NEVER = Histogram()
"""For durations not measured yet. A series must start at zero, so that its first event counts in `rate()`."""


def metrics_of(lanes: Sequence[LaneLoop], ages: Callable[[], AgeWorker]) -> CollectorRegistry:
    """All metrics of an agent and its process, with the names of the store and the box as labels. ages: returns the age
    model in use, which a reload may change."""
    registry = CollectorRegistry()
    names = {"store": lanes[0].settings.store, "box": lanes[0].settings.box}
    for metrics in (ProcessCollector(registry=None), AgeMetrics(ages), LaneMetrics(lanes)):
        registry.register(_Labelled(metrics, names))
    return registry


class _Labelled(Collector):
    """Metrics with more labels on each series.

    The names are on the series, and not only in the configuration of a Prometheus, because they are set on the box: the
    records and the events have the same ones. If the Prometheus gives its targets these labels, its own win."""

    def __init__(self, metrics: Collector, labels: dict[str, str]) -> None:
        self._metrics, self._labels = metrics, labels

    def collect(self) -> Iterator[Metric]:
        for metric in self._metrics.collect():
            metric.samples = [sample._replace(labels={**self._labels, **sample.labels}) for sample in metric.samples]
            yield metric


class AgeMetrics(Collector):
    """The age model that all lanes share."""

    def __init__(self, ages: Callable[[], AgeWorker]) -> None:
        self._ages = ages

    def collect(self) -> Iterator[Metric]:
        """The current values."""
        yield InfoMetricFamily("edge_agent_build", "The running agent", {"version": __version__})
        ages = self._ages()
        # `backend` is what runs now; if the chosen backend failed, it is the CPU.
        labels = {
            "model": ages.bundle.manifest.name,
            "hash": ages.bundle.hash,
            "chosen": ages.choice.name,
            "reason": ages.choice.reason,
            "backend": ages.model.backend,
        }
        yield InfoMetricFamily("edge_agent_age_model", "The age model, its backend, and why that was chosen", labels)
        yield CounterMetricFamily("edge_agent_age_batches", "Batches of faces", ages.batcher.batches)
        yield CounterMetricFamily("edge_agent_age_batch_faces", "Faces in those batches", ages.batcher.faces)


class LaneMetrics(Collector):
    """The lanes, each by its name in the label `lane`."""

    def __init__(self, lanes: Sequence[LaneLoop]) -> None:
        self._lanes = lanes

    def collect(self) -> Iterator[Metric]:
        """The current values."""
        yield from self._health()
        yield from self._frames()
        yield from self._durations()
        yield from self._answers()

    def _health(self) -> Iterator[Metric]:
        problem = GaugeMetricFamily(
            "edge_agent_problem", "1: this part of the lane has a problem", labels=["lane", "part"]
        )
        believed = GaugeMetricFamily(
            "edge_agent_clock_believed",
            "1: the box's clock can be believed, so old records are removed",
            labels=["lane"],
        )
        for lane in self._lanes:
            health = lane.health
            for part in PARTS:
                problem.add_metric([lane.settings.lane, part], health.has_problem(part))
            believed.add_metric([lane.settings.lane], bool(lane.desk and lane.desk.clock_believed))
        yield from (problem, believed)

    def _frames(self) -> Iterator[Metric]:
        frames = CounterMetricFamily(
            "edge_agent_frames",
            "Frames by outcome: analysed; skipped (not due yet); replaced (by a newer one); too-old",
            labels=["lane", "outcome"],
        )
        cadence = GaugeMetricFamily(
            "edge_agent_cadence_frames_per_second", "Frames per second that the lane would analyse now", labels=["lane"]
        )
        age = GaugeMetricFamily("edge_agent_frame_age_seconds", "Age of the last analysed frame", labels=["lane"])
        analysing = GaugeMetricFamily("edge_agent_analysing", "1: ages are being estimated", labels=["lane"])
        faces = CounterMetricFamily(
            "edge_agent_faces",
            "Tracked faces in frames by outcome: skipped (not due), refused, passed, estimated",
            labels=["lane", "outcome"],
        )
        refusals = CounterMetricFamily(
            "edge_agent_refusals",
            "Why the quality gate rejected faces; a face may have several reasons",
            labels=["lane", "reason"],
        )
        for lane in self._lanes:
            name = lane.settings.lane
            outcomes = {
                "analysed": lane.frames,
                "skipped": lane.skipped,
                "replaced": lane.slot.dropped,
                "too-old": lane.too_old,
            }
            for outcome, number in outcomes.items():
                frames.add_metric([name, outcome], number)
            cadence.add_metric([name], lane.cadence.rate)
            if math.isfinite(age_s := lane.frame_age_s(time.monotonic())):
                age.add_metric([name], age_s)
            analysing.add_metric([name], lane.analysing)
            for outcome, number in lane.counts.outcomes.items():
                faces.add_metric([name, outcome], number)
            for reason, number in lane.counts.rejections.items():
                refusals.add_metric([name, reason], number)
        yield from (frames, cadence, age, analysing, faces, refusals)

    def _durations(self) -> Iterator[Metric]:
        stages = HistogramMetricFamily(
            "edge_agent_stage_seconds", "Duration of a stage of the pipeline", labels=["lane", "stage"]
        )
        spans = {
            span: HistogramMetricFamily(f"edge_agent_{span.replace(' ', '_')}_seconds", text, labels=["lane"])
            for span, text in SPANS.items()
        }
        for lane in self._lanes:
            name = lane.settings.lane
            timed = lane.timings.histograms | (lane.desk.timings.histograms if lane.desk else {})
            for stage in STAGES:
                _add(stages, [name, stage], timed.get(stage, _NEVER))
            for span, family in spans.items():
                _add(family, [name], timed.get(span, _NEVER))
        yield from (stages, *spans.values())

    def _answers(self) -> Iterator[Metric]:
        decisions = CounterMetricFamily("edge_agent_decisions", "Answers", labels=["lane", "decision"])
        reasons = CounterMetricFamily(
            "edge_agent_decision_reasons",
            "Answers by reason; an answer may have several",
            labels=["lane", "decision", "reason"],
        )
        sales = CounterMetricFamily("edge_agent_sales", "Sales by how they ended", labels=["lane", "ended"])
        offers = CounterMetricFamily(
            "edge_agent_offers", "Sales with a matching offer, by its result", labels=["lane", "outcome"]
        )
        rules = GaugeMetricFamily("edge_agent_offer_rules", "Offers that the lane may make now", labels=["lane"])
        tills = GaugeMetricFamily("edge_agent_tills", "Connected tills", labels=["lane"])
        skews = GaugeMetricFamily(
            "edge_agent_till_clock_skew_seconds",
            "How far the clock of a connected till is ahead of the box's",
            labels=["lane", "till"],
        )
        outbox = GaugeMetricFamily("edge_agent_outbox_alerts", "Alerts that no till has confirmed yet", labels=["lane"])
        expired = CounterMetricFamily(
            "edge_agent_alerts_expired", "Alerts that no till confirmed in time", labels=["lane"]
        )
        rejected = CounterMetricFamily(
            "edge_agent_messages_refused", "Rejected messages and connections", labels=["lane", "reason"]
        )
        dropped = CounterMetricFamily(
            "edge_agent_message_parts_dropped",
            "Parts of tills' messages that could not be used",
            labels=["lane", "type"],
        )
        unfiled = CounterMetricFamily(
            "edge_agent_purchase_filing_failures", "Failed attempts to file purchases", labels=["lane"]
        )
        for lane in self._lanes:
            name = lane.settings.lane
            unfiled.add_metric([name], lane.filing.failures)
            rules.add_metric([name], lane.offer_rules)
            if not (desk := lane.desk):
                continue
            for decision, number in desk.counts.decisions.items():
                decisions.add_metric([name, decision.value], number)
            for (decision, reason), number in desk.counts.reasons.items():
                reasons.add_metric([name, decision.value, reason.value], number)
            for ended, number in desk.counts.sales.items():
                sales.add_metric([name, ended], number)
            for outcome, number in desk.counts.offers.items():
                offers.add_metric([name, outcome], number)
            tills.add_metric([name], desk.tills)
            for till, ahead_s in desk.till_skews.items():
                skews.add_metric([name, till], ahead_s)
            outbox.add_metric([name], desk.unconfirmed_alerts)
            expired.add_metric([name], desk.expired_alerts)
            for reason in _REJECTION_REASONS:
                rejected.add_metric([name, reason], desk.rejections.counts[reason])
            for data in FROM_TILLS:
                dropped.add_metric([name, data.type], desk.rejections.dropped[data.type])
        yield from (decisions, reasons, sales, offers, rules, tills, skews, outbox, expired, rejected, dropped, unfiled)


def _add(family: HistogramMetricFamily, labels: list[str], histogram: Histogram) -> None:
    """Convert to Prometheus' form: cumulative buckets, in seconds."""
    bounds, so_far = [*(str(bound / 1000) for bound in BOUNDS_MS), "+Inf"], 0
    buckets = []
    for bound, count in zip(bounds, tuple(histogram.counts), strict=True):
        so_far += count
        buckets.append((bound, so_far))
    family.add_metric(labels, buckets, histogram.total_ms / 1000)
