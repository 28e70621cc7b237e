"""Microsoft Graph and SharePoint REST through the Office365 client: signing in, paging, retries, downloads.

The client library is used for its sign-in, transport and errors; pages are driven by their own links, because its
collections forget the delta link, ignore Retry-After and hold all pages in memory (tests pin each of these, and
docs/decisions/sharepoint-client.md says what else was seen).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msal
import requests
from office365.graph_client import GraphClient
from office365.runtime.auth.certificate import build_client_credential
from office365.runtime.client_request_exception import ClientRequestException
from office365.runtime.http.request_options import RequestOptions
from office365.sharepoint.client_context import ClientContext
from pydantic import Field, SecretStr
from requests.adapters import HTTPAdapter

from connectors.common import TRANSIENT_STATUS, Backoff, KindSettings, Retry, retried, retry_after_s
from core.errors import CredentialError, SourceError, Throttled, Unreachable

T = TypeVar("T")

GRAPH = "https://graph.microsoft.com/v1.0"
_LOGIN = "https://login.microsoftonline.com"
# Microsoft Entra's codes: https://learn.microsoft.com/entra/identity-platform/reference-error-codes
_EXPIRED_CODES = frozenset({7000222, 700024, 700082, 50173})
_PORTION_BYTES = 1 << 20
_GRANT = "Sites.Selected for the site (or Sites.FullControl.All) and GroupMember.Read.All"


class TenantSettings(KindSettings):
    """How to sign in to a Microsoft 365 tenant as an application.

    Attributes:
        client_secret: Write it as ${NAME}. With a secret alone, SharePoint's own groups can't be read.
        certificate_file: PEM with private key and certificate; Graph and SharePoint REST both take it.
        thumbprint: Of the certificate, in hex; only needed if the file holds just the key.
        graph_endpoint: A stand-in that all of Microsoft's hosts are replaced by.
    """

    tenant: str
    client_id: str
    client_secret: SecretStr | None = None
    certificate_file: Path | None = None
    thumbprint: str = ""
    graph_endpoint: str = ""
    connect_timeout_s: float = Field(default=10.0, gt=0)
    read_timeout_s: float = Field(default=60.0, gt=0)
    attempts: int = Field(default=6, ge=1)


class Gone(SourceError):
    """The delta link is too old (HTTP 410): everything must be enumerated again."""


class Missing(SourceError):
    """There is no such thing (HTTP 404)."""


class StandInAdapter(HTTPAdapter):
    """Sends every request to a local stand-in, which learns the real host from a header."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(pool_maxsize=32)
        self._endpoint = endpoint.rstrip("/")

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Sends the request elsewhere; the response still says where it was meant to go."""
        assert request.url is not None
        parts = urlsplit(request.url)
        original = request.url
        request.headers["X-Forwarded-Host"] = parts.netloc
        request.url = f"{self._endpoint}{parts.path}{'?' if parts.query else ''}{parts.query}"
        response = super().send(request, *args, **kwargs)
        request.url = response.url = original
        return response


class GraphTenant:
    """A signed-in application. Safe to use from several threads."""

    def __init__(self, settings: TenantSettings, root: Path, grant: str = _GRANT) -> None:
        self._settings = settings
        self._grant = grant
        self._source = settings.name
        self._backoff = Backoff(attempts=settings.attempts)
        self._session = requests.Session()
        endpoint = settings.graph_endpoint
        self._session.mount("https://", StandInAdapter(endpoint) if endpoint else HTTPAdapter(pool_maxsize=32))
        self._timeout = (settings.connect_timeout_s, settings.read_timeout_s)
        self._credential = _credential(settings, root)
        self._lock = threading.Lock()
        self._app: Any = None
        self._graph = GraphClient(lambda: self._token(f"{GRAPH.rsplit('/', 1)[0]}/.default"), settings.tenant)
        self._graph.with_transport(session=self._session, timeout=self._timeout)
        self._sites: dict[str, ClientContext] = {}
        self._refused: set[str] = set()

    @property
    def reads_site_groups(self) -> bool:
        """Whether SharePoint REST lets us in: it takes no client secret, only a certificate."""
        return self._settings.certificate_file is not None

    def get(self, path: str, prefer: str = "") -> dict[str, Any]:
        """The JSON at a Graph path ("/sites/root") or address.

        Raises:
            CredentialError, Throttled, Unreachable, Gone, Missing, SourceError.
        """
        headers = {"Prefer": prefer} if prefer else {}
        return self._json(lambda: self._graph, path if path.startswith("https://") else GRAPH + path, headers)

    def pages(self, path: str, prefer: str = "") -> Iterator[dict[str, Any]]:
        """The pages of a Graph collection, each as it comes ("value", "@odata.nextLink", "@odata.deltaLink")."""
        link, seen = path, set[str]()
        while link:
            self._check_new(link, seen)
            page = self.get(link, prefer)
            yield page
            link = page.get("@odata.nextLink", "")

    def values(self, path: str, prefer: str = "") -> Iterator[dict[str, Any]]:
        """The items of a Graph collection, over all pages."""
        for page in self.pages(path, prefer):
            yield from page.get("value", ())

    def download(self, path: str, limit: int) -> bytes | None:
        """The bytes at a Graph path; None if there are more than `limit`."""

        def ask() -> bytes | None:
            request = RequestOptions(GRAPH + path, stream=True)
            with self._graph.pending_request().execute_request_direct(request) as response:
                body = bytearray()
                for portion in response.iter_content(_PORTION_BYTES):
                    body += portion
                    if len(body) > limit:
                        return None
                return bytes(body)

        return self._asked(ask, path)

    def rest(self, site_url: str, path: str) -> Iterator[dict[str, Any]]:
        """The results of a SharePoint REST collection ("web/sitegroups"), over all pages."""
        link, seen = f"{site_url}/_api/{path}", set[str]()
        while link:
            self._check_new(link, seen)
            answer = self._json(lambda: self._site(site_url), link, {"Accept": "application/json;odata=verbose"})
            found = answer.get("d", {})
            yield from found.get("results", ())
            link = found.get("__next", "")

    def _check_new(self, link: str, seen: set[str]) -> None:
        """Raises SourceError for a page that was read already: the collection would never end."""
        if link in seen:
            raise SourceError(
                f"The source {self._source} is sent back to a page that it has read ({urlsplit(link).path}), so "
                "nothing is known to be whole; sync it later."
            )
        seen.add(link)

    def _site(self, site_url: str) -> ClientContext:
        """The client of one site; it keeps its token for good, so it is made anew when a token was refused."""
        with self._lock:
            if site_url not in self._sites:
                scope = f"https://{urlsplit(site_url).netloc}/.default"
                context = ClientContext(site_url).with_access_token(lambda: self._token(scope))
                self._sites[site_url] = context.with_transport(session=self._session, timeout=self._timeout)
            return self._sites[site_url]

    def _json(self, client: Callable[[], Any], url: str, headers: Mapping[str, str]) -> dict[str, Any]:
        def ask() -> dict[str, Any]:
            request = RequestOptions(url, headers=dict(headers))
            answer = client().pending_request().execute_request_direct(request).json()
            if not isinstance(answer, dict):
                raise requests.exceptions.JSONDecodeError("not an object", "", 0)
            return answer

        return self._asked(ask, url)

    def _asked(self, ask: Callable[[], T], url: str) -> T:
        try:
            return retried(ask, self._classify, self._backoff, source=self._source)
        except requests.RequestException as error:
            raise self._wrapped(error, url) from error
        except ValueError as error:
            # msal names an unknown tenant this way.
            raise CredentialError(f"The source {self._source} can't sign in: {error}", "invalid") from error

    def _classify(self, error: Exception) -> Retry | None:
        response = getattr(error, "response", None)
        if response is not None and response.status_code == 401:
            # The token was revoked or ran out on the way.
            self._renew(response.request.headers.get("Authorization", ""))
            return Retry(0.0)
        if response is not None and response.status_code >= 400:
            return Retry(retry_after_s(response.headers)) if response.status_code in TRANSIENT_STATUS else None
        is_broken = isinstance(
            error,
            requests.ConnectionError
            | requests.Timeout
            | requests.exceptions.ChunkedEncodingError
            | requests.exceptions.JSONDecodeError,
        )
        return Retry() if is_broken and not isinstance(error, requests.exceptions.SSLError) else None

    def _renew(self, refused: str) -> None:
        """Forgets the tokens, unless another thread has done so since `refused` was sent."""
        with self._lock:
            if refused not in self._refused and self._app is not None:
                self._refused.add(refused)
                self._sites.clear()
                self._app.remove_tokens_for_client()

    def _token(self, scope: str) -> dict[str, str]:
        """A token for the scope; msal keeps it until shortly before it runs out."""
        with self._lock:
            if self._app is None:
                self._app = msal.ConfidentialClientApplication(
                    self._settings.client_id,
                    authority=f"{_LOGIN}/{self._settings.tenant}",
                    client_credential=self._credential,
                    http_client=_WithTimeout(self._session, self._timeout),
                )
            answer: dict[str, Any] = self._app.acquire_token_for_client(scopes=[scope])
        if "access_token" in answer:
            return {"access_token": answer["access_token"], "token_type": "Bearer"}
        codes = set(answer.get("error_codes", ()))
        reason = str(answer.get("error_description") or answer.get("error") or "no reason given").split("\r\n")[0]
        remedy = "put a new one in place" if codes & _EXPIRED_CODES else "check tenant, client_id and the secret"
        raise CredentialError(
            f"The source {self._source} can't sign in to {self._settings.tenant}: {reason}; {remedy}.",
            "expired" if codes & _EXPIRED_CODES else "invalid",
        )

    def _wrapped(self, error: requests.RequestException, url: str) -> SourceError:
        response = error.response
        fact = f"The source {self._source} can't read {urlsplit(url).path or url}"
        code = error.code if isinstance(error, ClientRequestException) else ""
        if response is None or response.status_code < 400:
            return Unreachable(f"{fact}: {_plain(error)}; check the network, the proxy and graph_endpoint.")
        status = response.status_code
        if status == 410 or code == "resyncRequired":
            return Gone(f"{fact}: the remembered position is too old.")
        if status == 404:
            return Missing(f"{fact}: there is no such thing; it may have been moved or deleted.")
        if status == 401:
            return CredentialError(f"{fact}: the sign-in is refused; check the application's credential.", "expired")
        if status == 403:
            return CredentialError(
                f"{fact}: access is denied; grant the application {self._grant} in Microsoft Entra, with admin "
                "consent.",
                "insufficient",
            )
        if status in (429, 503):
            wait = retry_after_s(response.headers)
            hint = f" (for {wait:.0f} s)" if wait else ""
            return Throttled(f"{fact}: it still asks to slow down{hint}; sync it later or less often.")
        if status in TRANSIENT_STATUS:
            return Unreachable(f"{fact}: it answers {status} after all retries; sync it later.")
        return SourceError(f"{fact}: it answers {status} {code}: {_plain(error)}.")


class _WithTimeout:
    """The session as msal calls it, which passes no timeout."""

    def __init__(self, session: requests.Session, timeout: tuple[float, float]) -> None:
        self._session = session
        self._timeout = timeout

    def get(self, url: str, **kwargs: Any) -> requests.Response:
        return self._session.get(url, timeout=self._timeout, **kwargs)

    def post(self, url: str, **kwargs: Any) -> requests.Response:
        return self._session.post(url, timeout=self._timeout, **kwargs)

    def close(self) -> None:
        self._session.close()


def _credential(settings: TenantSettings, root: Path) -> Any:
    """What msal signs in with: the certificate if there is one, else the secret."""
    if settings.certificate_file is not None:
        path = (
            settings.certificate_file if settings.certificate_file.is_absolute() else root / settings.certificate_file
        )
        try:
            pem = path.read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise CredentialError(
                f"The certificate {path} of the source {settings.name} can't be read ({error}); correct "
                "certificate_file: a PEM file with private key and certificate.",
                "invalid",
            ) from error
        begin = pem.find("-----BEGIN CERTIFICATE-----")
        if begin < 0 and not settings.thumbprint:
            raise CredentialError(
                f"{path} holds no certificate; add it to the file, or give its thumbprint.", "invalid"
            )
        return build_client_credential(
            thumbprint=settings.thumbprint, private_key=pem, public_certificate=pem[begin:], use_sni=True
        )
    if settings.client_secret is None:
        raise CredentialError(
            f"The source {settings.name} has neither certificate_file nor client_secret; give one of them.", "invalid"
        )
    return settings.client_secret.get_secret_value()


def _plain(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")[:300]
