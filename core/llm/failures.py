"""A provider's error → what kind it is, what to do, and one sentence that a person may read.

The provider's own words stay in `detail`: they may repeat the key, the account or what was sent, so only an
administrator sees them, in the trace.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from core.logs import status_of
from core.masking import masked

Kind = Literal[
    "rate_limited", "quota", "overloaded", "silent", "unreachable", "key", "unknown_model", "filtered", "too_long",
    "thinking", "empty", "cut", "dropped", "refused", "paused", "budget", "malformed", "toolless",
    "other",
]  # fmt: skip

# What is said of each kind, and what helps.
_SAID: Mapping[Kind, tuple[str, str]] = {
    "rate_limited": ("asks us to slow down", "try again in a minute"),
    "quota": ("says that its account is used up", "raise its quota at the provider"),
    "overloaded": ("is overloaded", "try again in a minute"),
    "silent": ("sent no word in time", "try again, or raise llm.first_token_s and llm.timeout_s"),
    "unreachable": ("can't be reached", "check llm.base_url and the network"),
    "key": ("refuses the key", "check llm.api_key"),
    "unknown_model": ("isn't known at that address", "check llm.model and llm.base_url"),
    "filtered": (
        "was stopped by its content filter", "ask in other words, or add a model of another provider to llm.fallbacks"
    ),
    "too_long": (
        "was given more text than its context holds", "lower answer.passages, or choose a model with a larger context"
    ),
    "thinking": ("used all of its tokens for thinking", "raise llm.thinking_tokens"),
    "empty": ("gave an empty reply", "try again, or choose another model"),
    "cut": ("ran into llm.max_tokens", "raise llm.max_tokens for this task"),
    "dropped": ("broke off in the middle", "ask again"),
    "refused": ("refuses the request", "an administrator finds its reason in the trace"),
    "paused": ("has failed several times in a row and rests", "try again in a minute"),
    "budget": ("has used up llm.budget", "try again in a minute, or raise llm.budget"),
    "malformed": ("gave no value of the form that was asked for", "choose a stronger model for this task"),
    "toolless": ("can't call tools", "choose one that can for llm.tasks.plan"),
    "other": ("failed", "an administrator finds the reason in the trace"),
}  # fmt: skip
_AGAIN: frozenset[Kind] = frozenset({"rate_limited", "overloaded", "silent", "unreachable"})
_BY_STATUS: Mapping[int, Kind] = {
    401: "key", 403: "key", 404: "unknown_model", 408: "silent", 409: "overloaded", 413: "too_long",
    425: "overloaded", 429: "rate_limited", 500: "overloaded", 502: "overloaded", 503: "overloaded",
    504: "silent", 529: "overloaded",
}  # fmt: skip
# Words of providers' messages and codes that say more than the status does.
_BY_WORDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("quota", re.compile(r"insufficient_quota|credit balance is too low|billing_hard_limit|exceeded your current")),
    ("filtered", re.compile(r"content_filter|content filter|responsibleai|content management|prohibited_content")),
    (
        "too_long",
        re.compile(
            r"context_length|context length|prompt is too long|input is too long|too many (?:input )?tokens|"
            r"available context size|exceed_context|context window"
        ),
    ),
)  # fmt: skip
_BY_NAME: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    ("silent", ("timeout",)),
    ("unreachable", ("connect", "endpoint", "remoteprotocol", "readerror")),
    ("rate_limited", ("ratelimit", "throttl", "resourceexhausted")),
    ("overloaded", ("overloaded", "serviceunavailable", "internalserver")),
    ("key", ("credential", "authentication", "permission")),
)
_SECRET = re.compile(r"\b(?:sk|pk|rk|org|proj)-[\w*.-]{3,}|\bBearer [\w.~+/-]{3,}|\bAIza[\w-]{10,}|\bAKIA\w{12,}")
_DETAIL_CHARS = 500


@dataclass(frozen=True, slots=True)
class Failure:
    """Why one attempt came to nothing.

    Attributes:
        what: What is added to the kind's sentence: "529", "violence, medium".
        detail: The provider's own words without keys, for administrators.
        retry_after_s: How long the provider asks us to wait.
    """

    model: str
    kind: Kind
    what: str = ""
    detail: str = ""
    retry_after_s: float | None = None
    error: BaseException | None = field(default=None, compare=False, repr=False)

    @property
    def again(self) -> bool:
        """Whether the same call may succeed a moment later."""
        return self.kind in _AGAIN

    @property
    def said(self) -> str:
        """For everybody: "openai:gpt-5-mini refuses the key (401)"."""
        return f"{self.model} {_SAID[self.kind][0]}" + (f" ({self.what})" if self.what else "")

    @property
    def remedy(self) -> str:
        """What helps."""
        return _SAID[self.kind][1]


def failure_of(model: str, error: BaseException) -> Failure:
    """What an exception of any provider's package means."""
    errors = list(_causes(error))
    status = next((s for s in map(_status, errors) if s is not None), None)
    words = " ".join(f"{e} {getattr(e, 'body', '') or ''}" for e in errors).lower()
    kind = _kind(errors, status, words)
    what = _filter_categories(errors) if kind == "filtered" else str(status or type(error).__name__)
    return Failure(model, kind, what, _detail(error), _retry_after(errors), error)


def is_transient(error: BaseException) -> bool:
    """Whether the same call may succeed a moment later: a time-out, a lost connection, 429 or 5xx."""
    return failure_of("", error).again


def _kind(errors: list[BaseException], status: int | None, words: str) -> Kind:
    for kind, pattern in _BY_WORDS:
        if pattern.search(words) and status in {None, 400, 403, 413, 422, 429, 500}:
            return kind
    if status is not None:
        return _BY_STATUS.get(status, "overloaded" if status >= 500 else "refused")
    if any(isinstance(e, TimeoutError) for e in errors):
        return "silent"
    if any(isinstance(e, ConnectionError) for e in errors):
        return "unreachable"
    names = " ".join(type(e).__name__.lower() for e in errors)
    return next((kind for kind, parts in _BY_NAME if any(part in names for part in parts)), "other")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it was raised from: LangChain wraps some vendors' errors in its own."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


def _status(error: BaseException) -> int | None:
    status = status_of(error)
    if status is None:
        code = getattr(error, "code", None)  # google-genai
        status = code if isinstance(code, int) and 400 <= code < 600 else None
    return status if status is None or status >= 400 else None


def _retry_after(errors: list[BaseException]) -> float | None:
    for error in errors:
        response = getattr(error, "response", None)
        headers: Any = getattr(response, "headers", None)
        if isinstance(response, Mapping):  # botocore
            headers = response.get("ResponseMetadata", {}).get("HTTPHeaders")
        if headers is None or not hasattr(headers, "get"):
            continue
        if (milliseconds := _number(headers.get("retry-after-ms"))) is not None:
            return milliseconds / 1000
        if (value := headers.get("retry-after")) is not None:
            return _seconds(str(value))
    return None


def _seconds(value: str) -> float | None:
    """A Retry-After in seconds; the header may hold a date. Source: RFC 9110, 10.2.3."""
    number = _number(value)
    if number is not None:
        return max(0.0, number)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None


def _number(value: object) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return None


def _filter_categories(errors: list[BaseException]) -> str:
    """What a content filter found, as Azure writes it: "violence, medium"; empty when the provider doesn't say."""
    for error in errors:
        found = _find(getattr(error, "body", None), "content_filter_result")
        if isinstance(found, Mapping):
            hit = [(name, each) for name, each in found.items() if isinstance(each, Mapping) and each.get("filtered")]
            return "; ".join(", ".join(filter(None, (name, str(each.get("severity", ""))))) for name, each in hit)
    return ""


def _find(value: object, key: str) -> object:
    if not isinstance(value, Mapping):
        return None
    if key in value:
        return value[key]
    return next((found for inner in value.values() if (found := _find(inner, key)) is not None), None)


def _detail(error: BaseException) -> str:
    text = _SECRET.sub("[key]", masked(" ".join(str(error).split())))[:_DETAIL_CHARS]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
