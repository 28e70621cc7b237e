"""Smartsheet's interface through its SDK: signing in, asking again, paging, and what its errors mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import Field, SecretStr

from connectors.common import TRANSIENT_STATUS, Backoff, KindSettings, Retry, retried, retry_after_s
from core.errors import CredentialError, SourceError, Throttled, Unreachable

Json = Mapping[str, Any]
T = TypeVar("T")

_PAGE = 500


class SmartsheetLogin(KindSettings):
    """How to reach Smartsheet.

    Attributes:
        token: An access token of the account that reads. Write it as ${NAME}.
        endpoint_url: Of another region: "https://api.smartsheet.eu", "https://api.smartsheetgov.com".
    """

    token: SecretStr
    endpoint_url: str = Field(default="https://api.smartsheet.com", pattern=r"^https?://[^\s]+$")
    connect_timeout_s: float = Field(default=10.0, gt=0)
    read_timeout_s: float = Field(default=60.0, gt=0)
    attempts: int = Field(default=5, ge=1)


class Missing(SourceError):
    """There is no such thing, or this account may not see that there is."""


@dataclass
class Answered(Exception):
    """An answer that isn't what was asked for."""

    status_code: int
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return " ".join(f"{self.status_code} {self.message}"[:300].split())


class Smartsheet:
    """Asks Smartsheet as one account."""

    def __init__(self, settings: SmartsheetLogin) -> None:
        import smartsheet

        self._source = settings.name
        self._backoff = Backoff(attempts=settings.attempts)
        base = f"{settings.endpoint_url.rstrip('/')}/2.0"
        self._api = smartsheet.Smartsheet(
            access_token=settings.token.get_secret_value(), api_base=base, user_agent="debrief", max_retry_time=0
        )
        self._limits = (settings.connect_timeout_s, settings.read_timeout_s)
        # It waits for ever, and its errors don't say how long to wait.
        session = self._api._session
        session.send = _timed(session.send, self._limits)

    def get(self, path: str, **params: Any) -> Any:
        """The JSON at `path`, which begins with a slash.

        Raises:
            Missing: there is no such thing.
            SourceError: it can't be read; the sentence says why and what to do.
        """

        def ask() -> Any:
            answer = self._api.Passthrough.get(path, {key: value for key, value in params.items() if value is not None})
            if not hasattr(answer, "data"):
                raise ValueError("the answer isn't JSON")
            return answer.data

        return self._asked(path, ask)

    def values(self, path: str, **params: Any) -> Iterator[Json]:
        """The entries of all pages of a list, paged by number or by key.

        Raises:
            SourceError: a page comes again or entries are left out, so that what was deleted can't be told.
        """
        seen: set[str] = set()
        page, key, total = 1, "", 0
        while True:
            at: dict[str, Any] = {"lastKey": key} if key else {"page": page, "pageSize": _PAGE}
            answer = self.get(path, **params, **at)
            entries = answer.get("data") or ()
            fresh = [entry for entry in entries if str(entry.get("id")) not in seen]
            if entries and not fresh:
                raise self._unreliable(path, "the same page comes again and again")
            seen.update(str(entry.get("id")) for entry in entries)
            yield from fresh
            total = max(total, int(answer.get("totalCount") or 0))
            key, page = str(answer.get("lastKey") or ""), page + 1
            if not entries or (not key and page > int(answer.get("totalPages") or 1)):
                break
        if len(seen) < total:
            raise self._unreliable(path, f"it says that there are {total:,} and shows {len(seen):,}")

    def download(self, address: str) -> bytes:
        """The file at an address that needs no sign-in, since it is signed for some minutes."""
        import requests

        def ask() -> bytes:
            answer = requests.get(address, timeout=self._limits)
            if answer.status_code != 200:
                raise Answered(answer.status_code, headers=answer.headers)
            return answer.content

        return self._asked("a file", ask)

    def _asked(self, what: str, ask: Callable[[], T]) -> T:
        import requests
        from smartsheet.exceptions import SmartsheetException

        try:
            return retried(ask, _classify, self._backoff, source=self._source)
        except Answered as error:
            raise self._refused(error, what) from error
        except (requests.RequestException, SmartsheetException, ValueError) as error:
            reason = " ".join(str(error.__cause__ or error).split()) or type(error).__name__
            raise Unreachable(
                f"The source {self._source} can't read {what}: {reason}; check `endpoint_url` and the network."
            ) from error

    def _refused(self, error: Answered, what: str) -> SourceError:
        fact = f"The source {self._source} can't read {what}"
        if error.status_code == 401:
            return CredentialError(f"{fact}: it isn't let in; renew `token`, or check `endpoint_url`.", "invalid")
        if error.status_code == 403:
            return CredentialError(f"{fact}: its account may not; let an administrator grant it.", "insufficient")
        if error.status_code == 404:
            return Missing(f"{fact}: there is no such thing, or its account may not see it.")
        if error.status_code == 429:
            return Throttled(f"{fact}: over 300 requests a minute after all retries; sync it later or less often.")
        if error.status_code in TRANSIENT_STATUS:
            return Unreachable(f"{fact}: it answers {error.status_code} after all retries; sync it later.")
        return SourceError(f"{fact}: it answers {error}.")

    def _unreliable(self, path: str, reason: str) -> SourceError:
        return SourceError(
            f"The source {self._source} can't list {path}: {reason}, so what was deleted can't be told; sync it again."
        )


def _timed(send: Callable[..., Any], limits: tuple[float, float]) -> Callable[..., Any]:
    """`send` with time limits, which raises for every answer that is no success."""

    def timed(request: Any, **keys: Any) -> Any:
        response = send(request, **{**keys, "timeout": limits})
        if response.status_code >= 300:
            raise Answered(response.status_code, _message(response), response.headers)
        return response

    return timed


def _message(response: Any) -> str:
    try:
        return str(response.json().get("message") or "")
    except (ValueError, AttributeError):
        return ""


def _classify(error: Exception) -> Retry | None:
    import requests
    from smartsheet.exceptions import UnexpectedRequestError

    if isinstance(error, Answered):
        return Retry(retry_after_s(error.headers)) if error.status_code in TRANSIENT_STATUS else None
    if isinstance(error.__cause__, requests.exceptions.InvalidURL | requests.exceptions.MissingSchema):
        return None
    return Retry() if isinstance(error, requests.RequestException | UnexpectedRequestError | ValueError) else None
