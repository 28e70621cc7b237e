"""Confluence's interfaces through atlassian-python-api: signing in, asking again, paging, and what its errors mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from pydantic import Field, SecretStr, model_validator

from connectors.common import TRANSIENT_STATUS, Backoff, KindSettings, Retry, retried, retry_after_s
from core.errors import CredentialError, SourceError, Throttled, Unreachable

Json = Mapping[str, Any]


class ConfluenceLogin(KindSettings):
    """How to reach a Confluence site.

    Attributes:
        url: Its address: "https://company.atlassian.net/wiki" in the cloud, "https://wiki.company.com" else.
        email: In the cloud, whose token it is. Without it the token is a personal access token of a Data Center.
        token: Write it as ${NAME}.
        deployment: "cloud" or "data_center"; left out, a site with `email` is in the cloud.
    """

    url: str = Field(pattern=r"^https?://[^\s]+$")
    email: str = ""
    token: SecretStr
    deployment: Literal["", "cloud", "data_center"] = ""
    connect_timeout_s: float = Field(default=10.0, gt=0)
    read_timeout_s: float = Field(default=60.0, gt=0)
    attempts: int = Field(default=5, ge=1)

    @property
    def is_cloud(self) -> bool:
        """Whether it speaks the cloud's interface."""
        return self.deployment == "cloud" or (not self.deployment and bool(self.email))

    @model_validator(mode="after")
    def _has_a_way_in(self) -> ConfluenceLogin:
        if self.is_cloud and not self.email:
            raise ValueError("a site in the cloud needs `email` beside `token`; add it")
        return self


class Missing(SourceError):
    """There is no such thing, or this account may not see that there is."""


class Confluence:
    """Asks one site."""

    def __init__(self, settings: ConfluenceLogin) -> None:
        from atlassian.rest_client import AtlassianRestAPI

        token = settings.token.get_secret_value()
        signed_in: dict[str, Any] = {"token": token}
        if settings.email:
            signed_in = {"username": settings.email, "password": token}
        self._source = settings.name
        self._backoff = Backoff(attempts=settings.attempts)
        self._api = AtlassianRestAPI(settings.url.rstrip("/"), cloud=settings.is_cloud, **signed_in)
        # Its own retries sleep without a word, and its timeout is whole seconds for connecting and reading together.
        self._api.retry_with_header = False
        self._api.timeout = (settings.connect_timeout_s, settings.read_timeout_s)  # type: ignore[assignment]

    def get(self, path: str, **params: Any) -> Any:
        """The JSON at `path`, which begins below the site's address.

        Raises:
            Missing: there is no such thing.
            SourceError: it can't be read; the sentence says why and what to do.
        """
        return self._asked(path, "GET", params=params or None).json()

    def post(self, path: str, body: Json) -> Any:
        """The JSON that answers `body`."""
        return self._asked(path, "POST", json=body).json()

    def download(self, path: str) -> bytes:
        """The bytes at `path`."""
        return bytes(self._asked(path, "GET").content)

    def values(self, path: str, **params: Any) -> Iterator[Json]:
        """The entries of all pages of a list; both interfaces name the next page in `_links.next`.

        Raises:
            SourceError: a page comes again, so the list has no end.
        """
        answer = self.get(path, **params)
        seen: set[str] = set()
        while True:
            yield from answer.get("results") or ()
            following = str((answer.get("_links") or {}).get("next") or "")
            if not following:
                return
            if following in seen:
                raise SourceError(
                    f"The source {self._source} is shown the same page of {path} again and again, so what was deleted "
                    "can't be told; sync it again."
                )
            seen.add(following)
            # The next page's path may or may not begin with the site's own; its parameters are what counts.
            answer = self.get(path, **{name: found[-1] for name, found in parse_qs(urlsplit(following).query).items()})

    def _asked(self, path: str, method: str, **content: Any) -> Any:
        import requests

        def ask() -> Any:
            response = self._api.request(method, path, advanced_mode=True, **content)
            response.raise_for_status()
            if path.startswith(("api/", "rest/")):
                response.json()  # half an answer is worth another try
            return response

        try:
            return retried(ask, _classify, self._backoff, source=self._source)
        except requests.HTTPError as error:
            raise self._refused(error.response, path) from error
        except (requests.RequestException, ValueError) as error:
            raise Unreachable(
                f"The source {self._source} can't read {path}: {_plain(error)}; check `url` and the network."
            ) from error

    def _refused(self, response: Any, path: str) -> SourceError:
        fact = f"The source {self._source} can't read {path}"
        status = int(response.status_code)
        if status == 401:
            return CredentialError(f"{fact}: it isn't let in; check `email` and `token`, or renew it.", "invalid")
        if status == 403:
            return CredentialError(f"{fact}: its account may not; let an administrator grant it.", "insufficient")
        if status == 404:
            return Missing(f"{fact}: there is no such thing there, or its account may not see it.")
        if status == 429:
            return Throttled(f"{fact}: it still asks to slow down after all retries; sync it later or less often.")
        if status in TRANSIENT_STATUS:
            return Unreachable(f"{fact}: it answers {status} after all retries; sync it later.")
        return SourceError(f"{fact}: it answers {status}: {' '.join(response.text[:200].split())}")


def _classify(error: Exception) -> Retry | None:
    import requests

    if isinstance(error, requests.HTTPError):
        response = error.response
        assert response is not None
        return Retry(retry_after_s(response.headers)) if response.status_code in TRANSIENT_STATUS else None
    # An address that can't be one won't become one.
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.MissingSchema):
        return None
    return Retry() if isinstance(error, requests.RequestException | ValueError) else None


def _plain(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
