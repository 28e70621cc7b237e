"""What signs requests: an application's own sign-in (OAuth 2.0 client credentials), or what a person has permitted."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from threading import Lock

import httpx

from core.errors import Busy, NotConnected, Refused

_EARLY_S = 60.0


class ClientCredentials(httpx.Auth):
    """Adds a bearer token to each request.

    A request that is refused because its token has ended is sent once more with a new one: nothing was written by it.
    """

    requires_response_body = True

    def __init__(self, name: str, token_url: str, client_id: str, secret: str, scope: str = "") -> None:
        self._name, self._url = name, token_url
        self._form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
        self._form |= {"scope": scope} if scope else {}
        self._token, self._ends = "", 0.0
        self._lock = Lock()

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """The request with a token, after the request for one where there is none."""
        used = self._token
        if not used or time.monotonic() > self._ends:
            used = self._taken((yield self._asked()))
        request.headers["Authorization"] = f"Bearer {used}"
        response = yield request
        if response.status_code == 401:
            request.headers["Authorization"] = f"Bearer {self._taken((yield self._asked()))}"
            yield request

    def _asked(self) -> httpx.Request:
        return httpx.Request("POST", self._url, data=self._form)

    def _taken(self, response: httpx.Response) -> str:
        if response.status_code == 429 or response.status_code >= 500:
            raise Busy(f"{self._name} gives no token now ({response.status_code}); it is tried again later.")
        try:
            told = response.json()
            token, lasts = str(told["access_token"]), float(told.get("expires_in", 1_800))
        except (ValueError, KeyError, TypeError) as error:
            raise Refused(
                f"{self._name} gives no token ({response.status_code}); check its client_id, client_secret and rights."
            ) from error
        with self._lock:
            self._token, self._ends = token, time.monotonic() + lasts - _EARLY_S
        return token


class PersonToken(httpx.Auth):
    """Adds what one person has permitted; a request refused for its token is sent once more with a new one.

    Args:
        bearer: A token that isn't the given one, renewed if need be. Raises NotConnected: there is none.
    """

    requires_response_body = True

    def __init__(self, name: str, bearer: Callable[[str], str]) -> None:
        self._name, self.bearer = name, bearer

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """The request with the person's token."""
        used = self.bearer("")
        request.headers["Authorization"] = f"Bearer {used}"
        response = yield request
        if response.status_code == 401:
            request.headers["Authorization"] = f"Bearer {self.bearer(used)}"
            response = yield request
            if response.status_code == 401:
                raise NotConnected(f"{self._name} doesn't accept your sign-in any more; disconnect, and connect again.")
