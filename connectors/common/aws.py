"""Sessions with AWS and S3-compatible stores, and what their errors mean to a person."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from pydantic import Field, SecretStr

from connectors.common.http_retry import TRANSIENT_STATUS
from connectors.common.kind import KindSettings
from core.errors import CredentialError, SourceError, Throttled, Unreachable
from core.logs import log_retry

log = logging.getLogger(__name__)

_INVALID = frozenset(
    "InvalidAccessKeyId SignatureDoesNotMatch InvalidClientTokenId UnrecognizedClientException InvalidToken "
    "AuthFailure IncompleteSignature AuthorizationHeaderMalformed InvalidSecurity".split()
)
_EXPIRED = frozenset("ExpiredToken ExpiredTokenException RequestExpired TokenRefreshRequired".split())
_INSUFFICIENT = frozenset(
    "AccessDenied AccessDeniedException 403 AllAccessDisabled UnauthorizedOperation UnauthorizedAccess "
    "AccountProblem NotSignedUp".split()
)
_THROTTLED = frozenset(
    "SlowDown Throttling ThrottlingException ThrottledException RequestLimitExceeded TooManyRequestsException "
    "503 429 RequestThrottled BandwidthLimitExceeded".split()
)
_UNREACHABLE = frozenset("InternalError InternalFailure ServiceUnavailable RequestTimeout 500 502 504".split())
_MISSING = frozenset("NoSuchKey NoSuchVersion 404 NotFound".split())


class AwsSettings(KindSettings):
    """Where the credentials come from: the usual chain (environment, profile, role of the machine), or as given.

    Attributes:
        role_arn: A role to assume with those credentials; renewed by itself before it expires.
        access_key_id, secret_access_key: For stores that aren't AWS; write the secret as ${NAME}.
        endpoint_url: Of an S3-compatible store or a private endpoint.
    """

    region: str = ""
    profile: str = ""
    role_arn: str = ""
    external_id: str = ""
    access_key_id: str = ""
    secret_access_key: SecretStr | None = None
    session_token: SecretStr | None = None
    endpoint_url: str = ""
    connect_timeout_s: float = Field(default=10.0, gt=0)
    read_timeout_s: float = Field(default=60.0, gt=0)
    attempts: int = Field(default=5, ge=1)


def open_client(service: str, settings: AwsSettings, workers: int = 1) -> Any:
    """A boto3 client with timeouts and retries (exponential, with jitter).

    Raises:
        CredentialError: the profile doesn't exist.
    """
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    secret, token = settings.secret_access_key, settings.session_token
    try:
        session = boto3.Session(
            profile_name=settings.profile or None,
            region_name=settings.region or None,
            aws_access_key_id=settings.access_key_id or None,
            aws_secret_access_key=secret.get_secret_value() if secret else None,
            aws_session_token=token.get_secret_value() if token else None,
        )
        if settings.role_arn:
            session = _assumed(session, settings)
        client = session.client(
            service,
            region_name=session.region_name or "us-east-1",
            endpoint_url=settings.endpoint_url or None,
            config=Config(
                connect_timeout=settings.connect_timeout_s,
                read_timeout=settings.read_timeout_s,
                retries={"mode": "standard", "max_attempts": settings.attempts},
                max_pool_connections=max(10, 2 * workers),
                user_agent_extra="debrief",
            ),
        )
        client.meta.events.register("needs-retry", partial(_log_retry, settings))
        return client
    except (BotoCoreError, ValueError) as error:
        raise aws_error(error, settings.name, "use its settings") from error


def _log_retry(
    settings: AwsSettings, attempts: int, response: Any = None, caught_exception: Exception | None = None, **_: object
) -> None:
    """boto tries again by itself and says nothing; called after each of its tries, the good ones included."""
    status = response[0].status_code if response else None
    allowed = settings.attempts + 1  # boto doesn't count the first one
    if attempts < allowed and (caught_exception is not None or status in TRANSIENT_STATUS):
        log_retry(log, f"source {settings.name}", caught_exception or status, f"{attempts + 1} of {allowed}")


def _assumed(session: Any, settings: AwsSettings) -> Any:
    """A session in the role `role_arn`, whose credentials are renewed before they expire."""
    import boto3
    from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
    from botocore.session import get_session

    extra = {"RoleSessionName": "debrief"} | ({"ExternalId": settings.external_id} if settings.external_id else {})
    source = session._session
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=source.create_client,
        source_credentials=session.get_credentials(),
        role_arn=settings.role_arn,
        extra_args=extra,
    )
    inner = get_session()
    inner._credentials = DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")
    return boto3.Session(botocore_session=inner, region_name=session.region_name)


def error_code(error: BaseException) -> str:
    """The service's code of a ClientError ("AccessDenied", "404"); empty for others."""
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


def is_missing(error: BaseException) -> bool:
    """Whether the object just isn't there."""
    return error_code(error) in _MISSING


def aws_error(error: BaseException, source: str, action: str, grant: str = "") -> SourceError:
    """The error as one of ours, with what to do about it.

    Args:
        action: What was tried, after "can't": "list s3://bucket".
        grant: The permission that the action needs ("s3:ListBucket on arn:aws:s3:::bucket").
    """
    from botocore import exceptions as boto

    code = error_code(error)
    fact = f"The source {source} can't {action}"
    if code in _EXPIRED or isinstance(
        error, boto.SSOTokenLoadError | boto.UnauthorizedSSOTokenError | boto.TokenRetrievalError
    ):
        return CredentialError(f"{fact}: its credentials have expired; sign in again or renew them.", "expired")
    if code in _INVALID:
        message = f"{fact}: its credentials are not valid ({code}); check the access key, its secret and the region."
        return CredentialError(message, "invalid")
    if isinstance(
        error,
        boto.NoCredentialsError | boto.PartialCredentialsError | boto.ProfileNotFound | boto.CredentialRetrievalError,
    ):
        message = f"{fact}: {_plain(error)}; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile or a role."
        return CredentialError(message, "invalid")
    if code in _INSUFFICIENT:
        remedy = f"grant {grant}" if grant else "grant it in the role's policy"
        return CredentialError(f"{fact}: access is denied; {remedy}.", "insufficient")
    if code == "RequestTimeTooSkewed":
        return SourceError(f"{fact}: this machine's clock is over 15 minutes off; set it by NTP.")
    if code == "NoSuchBucket":
        return SourceError(f"{fact}: there is no such bucket; correct `bucket` in debrief.yaml.")
    if code in ("PermanentRedirect", "IllegalLocationConstraintException"):
        return SourceError(f"{fact}: {_plain(error)}; check the bucket's name and the source's region.")
    if code in _THROTTLED:
        return Throttled(f"{fact}: it still asks to slow down after all retries; sync it later or less often.")
    if code in _UNREACHABLE or isinstance(error, boto.HTTPClientError | boto.ConnectionError):
        return Unreachable(f"{fact}: {_plain(error)}; check endpoint_url, the network and the proxy.")
    return SourceError(f"{fact}: {_plain(error)}.")


def _plain(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".")
