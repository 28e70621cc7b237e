"""Salesforce's REST and bulk interfaces through simple-salesforce: asking again, paging, errors."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any, TypeVar

from connectors.common import TRANSIENT_STATUS, Backoff, retried
from connectors.salesforce.login import OF_A_DAY, Answered, SalesforceLogin, answered, classify, token
from core.errors import CredentialError, SourceError, Throttled, Unreachable

Row = Mapping[str, Any]
T = TypeVar("T")

_SIGN_IN_FAILS = frozenset(("invalid_grant", "invalid_client", "invalid_client_id", "invalid_assertion"))


class Missing(SourceError):
    """There is no such object, or this user may not see that there is."""


class Salesforce:
    """Asks one organisation, as one user, from one thread at a time."""

    def __init__(self, settings: SalesforceLogin, bulk_threshold: int) -> None:
        self._settings = settings
        self._bulk_threshold = bulk_threshold
        self._backoff = Backoff(attempts=settings.attempts)
        self._api: Any = None
        self._headers: Mapping[str, str] = {}

    def now(self) -> datetime:
        """The organisation's clock, as its last answer told; this machine's before the first."""
        try:
            return parsedate_to_datetime(self._headers["Date"])
        except (KeyError, ValueError):
            return datetime.now(UTC)

    def get(self, path: str) -> Any:
        """The JSON at `path`, which begins below ".../services/data/vXX.0/".

        Raises:
            Missing: there is no such thing.
            SourceError: it can't be read; the sentence says why and what to do.
        """
        return self._asked(path, lambda: self._signed_in().restful(path))

    def rows(self, soql: str, bulk: bool = False) -> Iterator[dict[str, Any]]:
        """What a query finds, parents' fields under "Owner.Name".

        Args:
            bulk: If it is a lot, the bulk interface may be used, which has every value as text.

        Raises:
            SourceError: a page comes again or is left out, so that what was deleted can't be told.
        """
        of = soql.partition(" FROM ")[2].split()[0]
        answer = self._query(of, "query", {"q": soql})
        total = int(answer["totalSize"])
        pages = self._bulk(of, soql) if bulk and total > self._bulk_threshold else self._pages(of, answer)
        seen: set[str] = set()
        count = 0
        for page in pages:
            known = len(seen)
            for row in page:
                count += 1
                seen.add(str(row.get("Id") or count))
                yield row
            if page and len(seen) == known:
                raise self._unreliable(of, "the same page comes again and again")
        if len(seen) < total:
            raise self._unreliable(of, f"it says that there are {total:,} and shows {len(seen):,}")

    def _pages(self, of: str, answer: Any) -> Iterator[list[dict[str, Any]]]:
        while True:
            yield list(map(_flat, answer["records"]))
            if answer["done"]:
                return
            following = str(answer["nextRecordsUrl"]).partition(f"/v{self._settings.api_version}/")[2]
            answer = self._query(of, following)

    def _bulk(self, of: str, soql: str) -> Iterator[list[dict[str, Any]]]:
        """The pages of a job of the bulk interface 2.0; each is read as often as needed, the job is made once."""
        body = {"operation": "query", "query": soql, "contentType": "CSV", "lineEnding": "LF"}
        made = self._asked(of, lambda: self._signed_in().restful("jobs/query", method="POST", json=body))
        path = f"jobs/query/{made['id']}"
        while (state := str(self.get(path)["state"])) != "JobComplete":
            if state in ("Failed", "Aborted"):
                raise SourceError(
                    f"The source {self._settings.name} can't read {of}: its bulk job {made['id']} is {state.lower()}; "
                    "sync it again, or raise bulk_threshold."
                )
            time.sleep(min(1.0, self._settings.read_timeout_s / 60))
        locator = ""
        while locator != "null":
            text, locator = self._asked(of, partial(self._results, path, locator))
            yield list(csv.DictReader(io.StringIO(text)))

    def _results(self, path: str, locator: str) -> tuple[str, str]:
        """A page of a bulk job's rows as CSV, and where the next one is ("null": there is none)."""
        api = self._signed_in()
        params = {"locator": locator} if locator else {}
        headers = {"Authorization": api.headers["Authorization"], "Accept": "text/csv"}
        answer = api.session.get(f"{api.base_url}{path}/results", params=params, headers=headers)
        if answer.status_code != 200:
            raise Answered(answer.status_code, message=answer.text, headers=answer.headers)
        return answer.content.decode(), answer.headers["Sforce-Locator"]

    def _query(self, of: str, path: str, params: Mapping[str, str] | None = None) -> Any:
        def checked() -> Any:
            answer = self._signed_in().restful(path, params=params)
            if not isinstance(answer, Mapping) or not {"records", "done", "totalSize"} <= answer.keys():
                raise ValueError("the answer isn't a page of a query")
            return answer

        return self._asked(of, checked)

    def _signed_in(self) -> Any:
        if self._api is None:
            from simple_salesforce.api import Salesforce as Api

            session = self._session()
            issued = token(self._settings, session)
            url = self._settings.url.rstrip("/")
            version = self._settings.api_version
            self._api = Api(instance_url=url, session_id=issued, session=session, version=version)
            # The client takes every address for https.
            self._api.base_url = f"{url}/services/data/v{version}/"
        return self._api

    def _session(self) -> Any:
        import requests

        limits = (self._settings.connect_timeout_s, self._settings.read_timeout_s)

        class Timed(requests.Session):
            def request(self, *args: Any, **kwargs: Any) -> requests.Response:
                return super().request(*args, **{"timeout": limits, **kwargs})

        def keep(response: requests.Response, **_: object) -> None:
            self._headers = response.headers

        session = Timed()
        session.hooks["response"].append(keep)
        return session

    def _asked(self, what: str, ask: Callable[[], T]) -> T:
        import requests
        from simple_salesforce.exceptions import SalesforceError

        def once() -> T:
            try:
                return ask()
            except SalesforceError as error:
                raise answered(error, self._headers) from error

        def renewed() -> T:
            try:
                return once()
            except Answered as error:
                # A session ends by itself after some hours; a new one is asked for once.
                if error.status_code != 401 or self._api is None:
                    raise
                self._api = None
                return once()

        try:
            return retried(renewed, classify, self._backoff, source=self._settings.name)
        except Answered as error:
            raise self._refused(error, what) from error
        except (requests.RequestException, ValueError) as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            raise Unreachable(
                f"The source {self._settings.name} can't read {what}: {reason}; check `url` and the network."
            ) from error

    def _refused(self, error: Answered, what: str) -> SourceError:
        fact = f"The source {self._settings.name} can't read {what}"
        if error.code in OF_A_DAY:
            return Throttled(f"{fact}: the organisation's requests of 24 hours are used up; sync later or less often.")
        if error.status_code == 429:
            return Throttled(f"{fact}: it still asks to slow down after all retries; sync it later or less often.")
        if error.code in _SIGN_IN_FAILS:
            return CredentialError(
                f"{fact}: it isn't let in ({error.message or error.code}); check `client_id` and the secret or key, "
                "and that the connected app is approved for this user.",
                "invalid",
            )
        if error.status_code == 401:
            return CredentialError(f"{fact}: its session ends at once; check the connected app's policies.", "expired")
        if error.status_code == 403:
            return CredentialError(f"{fact}: its user may not ({error.code}); grant it.", "insufficient")
        if error.status_code == 404 or error.code == "INVALID_TYPE":
            return Missing(f"{fact}: there is no such object, or its user may not see it.")
        if error.status_code in TRANSIENT_STATUS:
            return Unreachable(f"{fact}: it answers {error.status_code} after all retries; sync it later.")
        return SourceError(f"{fact}: it answers {error}.")

    def _unreliable(self, of: str, reason: str) -> SourceError:
        return SourceError(
            f"The source {self._settings.name} can't list {of}: {reason}, so what was deleted can't be told; sync it "
            "again."
        )


def quoted(values: Iterator[str] | list[str]) -> str:
    """The values as a list of a query's condition."""
    return "(" + ", ".join("'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'" for value in values) + ")"


def _flat(row: Row) -> dict[str, Any]:
    """The row with its parents' fields beside its own."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if name == "attributes":
            continue
        if isinstance(value, Mapping):
            flat |= {f"{name}.{inner}": found for inner, found in value.items() if inner != "attributes"}
        else:
            flat[name] = value
    return flat
