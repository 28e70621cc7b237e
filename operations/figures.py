"""How sources, documents and the index stand, for Prometheus; looked up when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from core.database import Engine, utc_now
from core.settings import Settings
from ingestion.sync.status import SourceStatus, statuses
from retrieval.engines.open import open_generations

_Values = dict[tuple[str, ...], float]


class Figures(Collector):
    """Sync lag, last runs, documents by outcome, chunks in the index."""

    def __init__(self, settings: Settings, engine: Engine) -> None:
        self._settings, self._engine = settings, engine

    def collect(self) -> Iterator[Metric]:
        """The families of this moment."""
        found = statuses(self._engine, self._settings.sources)
        yield _family("debrief_sync_lag_seconds", "Since a sync of the source last succeeded.", _lags(found, utc_now()))
        yield _family(
            "debrief_sync_failed", "1 where the last sync failed.", {(s.settings.name,): _failed(s) for s in found}
        )
        seconds: _Values = {(s.settings.name,): s.last.counts.seconds for s in found if s.last is not None}
        yield _family("debrief_sync_seconds", "How long the last sync took.", seconds)
        outcomes: _Values = {(s.settings.name, outcome): float(n) for s in found for outcome, n in s.outcomes.items()}
        yield _family("debrief_documents", "Documents by what became of them.", outcomes, ("source", "outcome"))
        current = open_generations(self._settings).current
        chunks = GaugeMetricFamily("debrief_index_chunks", "Chunks in the index that serves.")
        chunks.add_metric((), 0 if current is None else current.chunks)
        yield chunks


def _family(name: str, says: str, values: _Values, labels: tuple[str, ...] = ("source",)) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, says, labels=labels)
    for of, value in values.items():
        family.add_metric(of, value)
    return family


def _lags(found: list[SourceStatus], now: datetime) -> _Values:
    return {(s.settings.name,): (now - s.succeeded_at).total_seconds() for s in found if s.succeeded_at is not None}


def _failed(status: SourceStatus) -> float:
    return float(status.last is not None and status.last.state == "FAILED")
