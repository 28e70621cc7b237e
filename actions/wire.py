"""One system's HTTP: reads are asked again, a write is sent once and never by itself a second time.

What comes of a write is one of four: its answer; `Refused` and `Busy`, where nothing was written; `Unsure`, where
nobody can say. Own client libraries differ in this: PagerDuty's sends any request again after a cut connection.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from connectors.common import TRANSIENT_STATUS, Backoff, Retry, retried, retry_after_s
from core.errors import Busy, Refused, Unsure

_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_MOST_BYTES = 5_000_000


class Wire:
    """A system's address with its credentials.

    Args:
        name: What its settings call it, for messages.
        reason: A refusal's body → what it says, in the system's own form.
    """

    def __init__(
        self,
        name: str,
        url: str,
        timeout_s: float,
        *,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | httpx.Auth | None = None,
        reason: Callable[[Any], str] = str,
    ) -> None:
        self.name, self.url = name, url
        self._reason = reason
        # Two tries: what looks up runs again anyway, and a person waits for the form.
        self._backoff = Backoff(attempts=2, first_s=min(0.5, timeout_s), patience_s=2.0)
        self._http = httpx.Client(base_url=url, headers=headers, auth=auth, timeout=timeout_s, follow_redirects=False)

    def read(self, method: str, path: str, **parts: Any) -> Any:
        """The answer to a question that changes nothing. Raises Refused, or Busy when none comes."""

        try:
            return self._answer(self._asked(method, path, parts), path)
        except httpx.HTTPStatusError as error:
            raise Busy(f"{self.name} answers {error.response.status_code}; it is tried again later.") from error
        except (httpx.HTTPError, ValueError) as error:
            raise Busy(f"{self.name} doesn't answer properly ({_said(error)}); it is tried again later.") from error

    def text(self, path: str) -> str:
        """What stands at an address that isn't JSON, also where it sends elsewhere for it. Raises as `read`."""
        try:
            response = self._asked("GET", path, {"follow_redirects": True})
        except httpx.HTTPError as error:
            raise Busy(f"{self.name} doesn't answer properly ({_said(error)}); it is tried again later.") from error
        self._answer(response, path, told=False)
        return response.text

    def _asked(self, method: str, path: str, parts: Mapping[str, Any]) -> httpx.Response:
        def ask() -> httpx.Response:
            response = self._http.request(method, path, **parts)
            if response.status_code in TRANSIENT_STATUS:
                response.raise_for_status()
            return response

        return retried(ask, _again, self._backoff, source=self.name)

    def write(self, method: str, path: str, *, told: bool = True, **parts: Any) -> Any:
        """The answer to a write, which is sent once; nothing where it isn't `told` as JSON.

        Raises:
            Refused, Busy, Unsure: see above.
        """
        try:
            response = self._http.request(method, path, **parts)
        except _UNSENT as error:
            raise Busy(f"{self.name} can't be reached ({_said(error)}); check its url and the network.") from error
        except httpx.HTTPError as error:
            raise Unsure(
                f"{self.name} gave no answer ({_said(error)}); it is looked up before it is sent again."
            ) from error
        if response.status_code == 429:
            raise Busy(f"{self.name} asks to slow down; it is sent again later.", retry_after_s(response.headers) or 0)
        if response.status_code in TRANSIENT_STATUS or response.status_code >= 500:
            raise Unsure(f"{self.name} answers {response.status_code}; it is looked up before it is sent again.")
        try:
            return self._answer(response, path, told)
        except ValueError as error:
            raise Unsure(f"{self.name} answers with no JSON; it is looked up before it is sent again.") from error

    def _answer(self, response: httpx.Response, path: str, told: bool = True) -> Any:
        status = response.status_code
        if status == 401:
            raise Refused(f"{self.name} doesn't accept our credentials; have its token renewed in the settings.")
        if status == 403:
            raise Refused(f"{self.name} doesn't let our account do this ({self._why(response)}); have it permitted.")
        if 300 <= status < 400:
            raise Refused(f"{self.name} sends elsewhere ({status}), which isn't followed; correct its url.")
        if status >= 400:
            raise Refused(
                f"{self.name} refuses it ({status}): {self._why(response)}; change the form and confirm again."
            )
        if len(response.content) > _MOST_BYTES:
            raise Refused(f"{self.name} answers {path} with over {_MOST_BYTES:,} bytes; narrow what is asked.")
        return response.json() if told and response.content else {}

    def _why(self, response: httpx.Response) -> str:
        try:
            said = self._reason(response.json())
        except (ValueError, KeyError, TypeError, AttributeError, IndexError):
            said = response.text
        return " ".join(said.split())[:300].rstrip(".;") or "it gives no reason"


def _again(error: Exception) -> Retry | None:
    if isinstance(error, httpx.HTTPStatusError):
        return Retry(retry_after_s(error.response.headers))
    return Retry() if isinstance(error, httpx.TransportError | json.JSONDecodeError) else None


def _said(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
