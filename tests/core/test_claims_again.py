"""When a provider is asked again for groups, how often, and what counts while it can't be reached."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from core.claims_again import ClaimsAgain
from core.identity import Directory
from core.settings import AuthSettings
from core.signin import SessionExpired, claims_user

AUTH = AuthSettings(mode="oidc", claims_minutes=15, groups_grace_minutes=60)
BEGUN = 1_000_000.0
CLAIMS: dict[str, Any] = {
    "sub": "ana", "email": "ana@x.example", "groups": ["board"], "iat": BEGUN, "exp": BEGUN + 100_000
}  # fmt: skip


class Provider:
    """What the userinfo endpoint answers; an error where it can't be reached."""

    def __init__(self) -> None:
        self.says: httpx.Response | httpx.HTTPError = httpx.Response(200, json={"sub": "ana", "groups": ["board"]})
        self.asked: list[str] = []
        self.userinfo = "https://login.example/userinfo"

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("openid-configuration"):
            return httpx.Response(200, json={"userinfo_endpoint": self.userinfo})
        self.asked.append(request.headers["authorization"])
        if isinstance(self.says, httpx.HTTPError):
            raise self.says
        return self.says


@pytest.fixture
def provider() -> Provider:
    return Provider()


def groups(provider: Provider, again: ClaimsAgain, minutes: float, auth: AuthSettings = AUTH) -> tuple[str, ...]:
    now = BEGUN + 60 * minutes
    recent = again.recent("key", CLAIMS, lambda: "access", auth=auth, directory=Directory(), now=now)
    return claims_user(recent, auth, Directory(), now).groups


def opened(provider: Provider) -> ClaimsAgain:
    client = httpx.Client(transport=httpx.MockTransport(provider.answer))
    return ClaimsAgain("https://login.example/.well-known/openid-configuration", client)


def test_it_is_asked_once_in_the_settings_minutes_and_what_it_says_counts(provider: Provider) -> None:
    again = opened(provider)
    assert groups(provider, again, 14) == ("board",) and not provider.asked
    assert groups(provider, again, 16) == ("board",) and provider.asked == ["Bearer access"]
    provider.says = httpx.Response(200, json={"sub": "ana", "groups": ["sales"]})
    assert groups(provider, again, 30) == ("board",) and len(provider.asked) == 1
    assert groups(provider, again, 32) == ("sales",) and len(provider.asked) == 2
    provider.says = httpx.Response(401)
    for minutes in (48, 48.1):
        with pytest.raises(SessionExpired, match="has ended at the identity provider"):
            groups(provider, again, minutes)
    assert len(provider.asked) == 3


@pytest.mark.parametrize(
    "said", [{"sub": "ana"}, {"sub": "eve", "groups": ["board"]}, {"groups": ["board"]}, ["groups"]]
)
def test_an_answer_that_says_nothing_of_the_person_ends_the_sign_in(provider: Provider, said: object) -> None:
    provider.says = httpx.Response(200, json=said)
    with pytest.raises(SessionExpired, match="told too long ago; sign in again"):
        groups(provider, opened(provider), 16)


def test_groups_count_for_the_grace_while_it_cant_be_reached(provider: Provider) -> None:
    again = opened(provider)
    provider.says = httpx.ConnectError("down")
    assert groups(provider, again, 16) == ("board",)
    assert groups(provider, again, 16.5) == ("board",) and len(provider.asked) == 1  # not at every click
    assert groups(provider, again, 59) == ("board",)
    with pytest.raises(SessionExpired, match="told too long ago"):
        groups(provider, again, 61)


def test_the_token_goes_by_https_alone(provider: Provider) -> None:
    provider.userinfo = "http://login.example/userinfo"
    groups(provider, opened(provider), 16)
    assert provider.asked == []


def test_where_a_token_names_no_groups_nobody_signs_in_again(provider: Provider) -> None:
    claims = {name: value for name, value in CLAIMS.items() if name != "groups"}
    assert opened(provider).recent("key", claims, str, auth=AUTH, directory=Directory(), now=BEGUN + 6_000) == claims
    auth = AUTH.model_copy(update={"claims_minutes": None})
    assert groups(provider, opened(provider), 1_000, auth) == ("board",) and not provider.asked
