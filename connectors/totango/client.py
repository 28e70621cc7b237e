"""Totango's API through httpx: its rate limit, its two ways of paging, and its errors."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

import httpx
from pydantic import Field, SecretStr

from connectors.common import TRANSIENT_STATUS, Backoff, KindSettings, Retry, retried, retry_after_s, stamp
from core.errors import CredentialError, SourceError, Throttled, Unreachable

Json = Mapping[str, Any]

_BASES = {"us": "https://api.totango.com", "eu": "https://api-eu1.totango.com"}
_PAGE = 1_000
# What /search/accounts lets one reach, whatever the offset.
_REACHABLE = 10_000


class TotangoLogin(KindSettings):
    """How to reach Totango.

    Attributes:
        app_token: Write it as ${NAME}.
        endpoint_url: A stand-in or a proxy, instead of Totango's own address.
        requests_per_minute: Totango allows 100 for a token; other programs may share it.
    """

    app_token: SecretStr
    region: Literal["us", "eu"] = "us"
    endpoint_url: str = ""
    requests_per_minute: int = Field(default=90, gt=0)
    connect_timeout_s: float = Field(default=10.0, gt=0)
    read_timeout_s: float = Field(default=60.0, gt=0)
    attempts: int = Field(default=6, ge=1)


class RateLimit:
    """Lets so many calls through in any minute, and makes the next one wait."""

    def __init__(
        self,
        per_minute: int,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._per_minute = per_minute
        self._now = now
        self._sleep = sleep
        self._calls: deque[float] = deque()
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Returns when the next call may be made."""
        with self._lock:
            if len(self._calls) == self._per_minute:
                pause = self._calls.popleft() + 60.0 - self._now()
                if pause > 0:
                    self._sleep(pause)
            self._calls.append(self._now())


class Distinct:
    """Which records of a list have been there; they are told apart by all that they say."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def __len__(self) -> int:
        return len(self._seen)

    def of(self, records: list[Json]) -> list[Json]:
        """Those that are new."""
        new = []
        for record in records:
            mark = stamp(json.dumps(record, sort_keys=True))
            if mark not in self._seen:
                self._seen.add(mark)
                new.append(record)
        return new


class Totango:
    """The calls that the connector needs."""

    def __init__(self, settings: TotangoLogin) -> None:
        self._source = settings.name
        self._backoff = Backoff(attempts=settings.attempts)
        self._limit = RateLimit(settings.requests_per_minute)
        self._http = httpx.Client(
            base_url=settings.endpoint_url or _BASES[settings.region],
            headers={"app-token": settings.app_token.get_secret_value()},
            timeout=httpx.Timeout(settings.read_timeout_s, connect=settings.connect_timeout_s),
        )

    def accounts(self, attributes: tuple[str, ...]) -> Iterator[Json]:
        """All accounts with attributes, health and metrics, in any order.

        Args:
            attributes: What to ask for where scrolling isn't offered and the plain search has to do.
        """
        path = "/api/v2/accounts/scan_and_scroll_search_accounts"
        query = {"terms": [], "count": _PAGE, "fields": [], "scope": "all"}
        scroll_id, seen = "", Distinct()
        while True:
            form = {"query": json.dumps(query)} | ({"scroll_id": scroll_id} if scroll_id else {})
            try:
                answer = self._ask("POST", path, form)
            except NotOffered:
                yield from self._searched(attributes)
                return
            accounts = answer.get("accounts") or []
            yield from self._new("accounts", accounts, seen)
            scroll_id = str(answer.get("scroll-id") or "")
            if not accounts or not scroll_id:
                self._check_complete("accounts", len(seen), int(answer.get("total_hits") or 0))
                return

    def users(self) -> Iterator[Json]:
        """The customers' people: `selected_fields` are account id and title."""
        query = {
            "terms": [],
            "fields": [
                {"type": "string", "term": "account_id", "field_display_name": "Account"},
                {"type": "string_attribute", "attribute": "Title", "field_display_name": "Title"},
            ],
            "scope": "all",
        }
        yield from self._paged("/api/v1/search/users", query, "users")

    def events(self, kind: str, since_ms: int) -> Iterator[Json]:
        """The events of one kind ("note" is a touchpoint, "task" a task) since then."""
        terms = [
            {"type": "event_property", "name": "event_type", "eq": kind},
            {"type": "date", "term": "date", "gte": since_ms},
        ]
        yield from self._paged("/api/v2/events/search", {"terms": terms, "fields": []}, "events")

    def names(self, what: str) -> dict[str, str]:
        """Id → name of "activity-types", "touchpoint-types" or "touchpoint-tags"."""
        answer = self._ask("GET", f"/api/v3/{what}/")
        entries = answer.items() if isinstance(answer, dict) else ((str(entry["id"]), entry) for entry in answer)
        return {key: str(entry.get("display_name") or entry.get("name") or key) for key, entry in entries}

    def _searched(self, attributes: tuple[str, ...]) -> Iterator[Json]:
        """The accounts by the plain search, in the form in which scrolling has them."""
        fields: list[Json] = [{"type": "string", "term": "health", "field_display_name": "Health rank"}]
        fields += [{"type": "string_attribute", "attribute": a, "field_display_name": a} for a in attributes]
        query = {"terms": [], "fields": fields, "sort_by": "display_name", "sort_order": "ASC", "scope": "all"}
        for hit in self._paged("/api/v1/search/accounts", query, "accounts"):
            health, *values = hit.get("selected_fields") or [None]
            yield {
                "id": hit["name"],
                "display_name": hit.get("display_name"),
                "health": {"curr": health if isinstance(health, str) else ""},
                "attributes": {name: {"val": value} for name, value in zip(attributes, values, strict=False)},
                "metrics": {},
            }

    def _paged(self, path: str, query: Json, key: str) -> Iterator[Json]:
        """The hits of a search. Its offset counts records; where a server counts pages instead, it is told apart."""
        offset, step, total, seen = 0, 0, 1, Distinct()
        while len(seen) < total:
            form = {"query": json.dumps({**query, "count": _PAGE, "offset": offset})}
            answer = (self._ask("POST", path, form).get("response") or {}).get(key) or {}
            hits, total = answer.get("hits") or [], int(answer.get("total_hits") or 0)
            if total > _REACHABLE and key == "accounts":
                raise SourceError(
                    f"The source {self._source} has {total:,} accounts, but its search reaches only {_REACHABLE:,} and "
                    "scrolling isn't offered to this token; ask Totango to allow it, or split the source by filters."
                )
            if not hits and step != 1 and 0 < len(seen) < total:
                offset = step = 1
                continue
            if not hits:
                break
            yield from self._new(key, hits, seen)
            step = 1 if step == 1 else len(hits)
            offset += step
        self._check_complete(key, len(seen), total)

    def _new(self, what: str, hits: list[Json], seen: Distinct) -> list[Json]:
        """Those of a page that weren't on one before; a page without any is the same one again."""
        new = seen.of(hits)
        if hits and not new:
            raise SourceError(
                f"The source {self._source} is shown the same page of {what} again and again, so what was deleted "
                "can't be told; sync it again."
            )
        return new

    def _check_complete(self, what: str, found: int, total: int) -> None:
        if found < total:
            raise SourceError(
                f"The source {self._source} listed {found:,} of {total:,} {what}, so what was deleted can't be told; "
                "sync it again."
            )

    def _ask(self, method: str, path: str, form: Mapping[str, str] | None = None) -> Any:
        def ask() -> Any:
            self._limit.wait()
            response = self._http.request(method, path, data=form)
            response.raise_for_status()
            return response.json()

        try:
            answer = retried(ask, _classify, self._backoff, source=self._source)
        except httpx.HTTPStatusError as error:
            raise self._refused(error.response, path) from error
        except (httpx.HTTPError, ValueError) as error:
            raise Unreachable(
                f"The source {self._source} can't read {path}: {error or type(error).__name__}; check region, "
                "endpoint_url and the network."
            ) from error
        if isinstance(answer, dict) and answer.get("status") == "failed":
            reason = str(answer.get("_error") or "no reason given")
            if "token" in reason.lower():
                raise CredentialError(f"The source {self._source} is refused: {reason}; check app_token.", "invalid")
            raise SourceError(f"The source {self._source} can't read {path}: {reason}.")
        return answer

    def _refused(self, response: httpx.Response, path: str) -> SourceError:
        fact = f"The source {self._source} can't read {path}"
        status = response.status_code
        if status == 401:
            return CredentialError(f"{fact}: the token is not valid; check app_token and region (us or eu).", "invalid")
        if status == 403:
            return CredentialError(
                f"{fact}: the token may not; let an administrator give its user a global role.", "insufficient"
            )
        if status == 404:
            return NotOffered(f"{fact}: there is no such interface at {response.url.host}.")
        if status == 429:
            return Throttled(f"{fact}: over 100 requests a minute; lower requests_per_minute of this source.")
        if status in TRANSIENT_STATUS:
            return Unreachable(f"{fact}: it answers {status} after all retries; sync it later.")
        return SourceError(f"{fact}: it answers {status}: {response.text[:200]}")


class NotOffered(SourceError):
    """The interface isn't there for this account."""


def _classify(error: Exception) -> Retry | None:
    if isinstance(error, httpx.HTTPStatusError):
        if error.response.status_code not in TRANSIENT_STATUS:
            return None
        after = retry_after_s(error.response.headers)
        reset = error.response.headers.get("RateLimit-Reset", "")
        return Retry(float(reset) if after is None and reset.isdigit() else after)
    return Retry() if isinstance(error, httpx.TransportError | ValueError) else None
