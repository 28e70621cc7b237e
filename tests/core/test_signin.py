from __future__ import annotations

import pytest

from core.errors import IdentityError
from core.identity import Directory
from core.settings import AuthSettings
from core.signin import (
    PROVIDER_SECRETS,
    Connection,
    SessionExpired,
    check_provider,
    claimed_since,
    claims_user,
    development_user,
)
from core.types import UNKNOWN_GROUPS, User

AUTH = AuthSettings(development_user="Ana@x.com")
DIRECTORY = Directory(
    {"ana@x.com": User("ana@x.com", (), {"region": "emea"}, "Ana Keller")},
    {"sales": frozenset({"user:ana@x.com"}), "all-staff": frozenset({"group:sales", "group:contractors"})},
)
HERE = Connection("127.0.0.1", {"Host": "localhost:8501"})
CLAIMS = {"email": "Ana@X.com", "iat": 1, "exp": 2_000, "name": "Ana K.", "groups": ["contractors"]}


def test_groups_that_a_token_alone_tells_have_an_age() -> None:
    told = {**CLAIMS, "iat": 900}
    assert claimed_since(told, AUTH, DIRECTORY) == 900
    assert claimed_since({**told, "groups": []}, AUTH, DIRECTORY) is None
    assert claimed_since(told, AUTH, Directory(told=frozenset({"contractors"}))) is None
    assert claimed_since(told, AUTH, Directory(whole=True)) is None


@pytest.mark.parametrize(
    "connection",
    [HERE, Connection("localhost", {"Host": "127.0.0.1:8501"}), Connection("::1", {"host": "[::1]:8501"}, "::1")],
)
def test_the_development_user_is_served_on_this_machine(connection: Connection) -> None:
    user = development_user(AUTH, DIRECTORY, connection)
    assert (user.email, user.groups) == ("ana@x.com", ("all-staff", "sales"))


@pytest.mark.parametrize(
    ("connection", "reason"),
    [
        (Connection("", {"Host": "localhost"}), "listens on every address"),
        (Connection("0.0.0.0", {"Host": "localhost"}), "listens on 0.0.0.0"),
        (Connection("10.0.0.4", {"Host": "localhost"}), "listens on 10.0.0.4"),
        (Connection("127.0.0.1", {"Host": "localhost"}, "10.0.0.9"), "you come from 10.0.0.9"),
        (Connection("127.0.0.1", {"host": "localhost", "x-forwarded-for": "1.2.3.4"}), "X-Forwarded-For"),
        (Connection("127.0.0.1", {"Host": "debrief.example.com"}), "opened as debrief.example.com"),
        (Connection("127.0.0.1", {"Host": "127.0.0.1.evil.example:8501"}), "opened as"),
    ],
)
def test_the_development_user_is_refused_where_others_could_ask(connection: Connection, reason: str) -> None:
    with pytest.raises(IdentityError, match=reason):
        development_user(AUTH, DIRECTORY, connection)


def test_the_development_user_must_be_named_and_known() -> None:
    with pytest.raises(IdentityError, match="development_user is empty"):
        development_user(AuthSettings(), DIRECTORY, HERE)
    with pytest.raises(IdentityError, match=r"did you mean 'ana@x\.com"):
        development_user(AuthSettings(development_user="anna@x.com"), DIRECTORY, HERE)


def test_groups_are_those_of_the_claim_and_those_that_they_are_in() -> None:
    user = claims_user({**CLAIMS, "iat": 900}, AUTH, DIRECTORY, now=1_000)
    assert (user.email, user.name) == ("ana@x.com", "Ana K.")
    assert user.groups == ("all-staff", "contractors", "sales")
    assert user.attributes == {"region": "emea"}


def test_a_person_whom_the_directory_doesnt_know_has_only_claimed_groups() -> None:
    user = claims_user(
        {"email": "new@x.com", "iat": 1, "exp": 2_000, "groups": "contractors, visitors"}, AUTH, DIRECTORY, now=1
    )
    assert user.groups == ("all-staff", "contractors", "visitors")


@pytest.mark.parametrize("expires", [999, 1_000, None, "2000", True, float("nan"), float("inf")])
def test_an_expired_or_endless_sign_in_ends(expires: object) -> None:
    with pytest.raises(SessionExpired):
        claims_user({**CLAIMS, "exp": expires}, AUTH, DIRECTORY, now=1_000)


def test_an_address_must_be_there_and_verified() -> None:
    with pytest.raises(IdentityError, match="no e-mail address"):
        claims_user({"iat": 1, "exp": 2_000, "name": "Ana"}, AUTH, DIRECTORY, now=1)
    with pytest.raises(IdentityError, match=r"hasn't verified ana@x\.com"):
        claims_user({**CLAIMS, "email_verified": False}, AUTH, DIRECTORY, now=1)


@pytest.mark.parametrize("verified", ["false", "no", "0", 0, "", None, [], {}])
def test_only_a_plain_yes_verifies_an_address(verified: object) -> None:
    with pytest.raises(IdentityError, match="hasn't verified"):
        claims_user({**CLAIMS, "email_verified": verified}, AUTH, DIRECTORY, now=1)
    for plain in (True, "true"):
        assert claims_user({**CLAIMS, "email_verified": plain}, AUTH, DIRECTORY, now=1).email == "ana@x.com"


def test_a_letter_that_only_looks_like_another_is_refused() -> None:
    with pytest.raises(IdentityError, match="only look like"):
        claims_user({**CLAIMS, "email": "ri\u212a@x.com"}, AUTH, DIRECTORY, now=1)


@pytest.mark.parametrize(
    ("more", "known"),
    [
        ({"groups": ["sales"]}, True),
        ({"groups": []}, True),
        ({}, False),
        ({"_claim_names": {"groups": "src1"}}, False),
        ({"groups": ["sales"], "hasgroups": True}, False),
    ],
)
def test_groups_that_the_token_leaves_out_are_unknown_and_not_none(more: dict[str, object], known: bool) -> None:
    user = claims_user({"email": "new@x.com", "iat": 1, "exp": 2_000, **more}, AUTH, DIRECTORY, now=1)
    assert (UNKNOWN_GROUPS not in user.groups) is known


def test_a_company_without_a_groups_claim_has_the_directorys_groups() -> None:
    auth = AuthSettings(groups_claim="")
    assert claims_user({"email": "ana@x.com", "iat": 1, "exp": 2_000}, auth, DIRECTORY, now=1).groups == (
        "all-staff",
        "sales",
    )


@pytest.mark.parametrize("claim", [None, {"a": 1}, 7, ""])
def test_a_strange_groups_claim_gives_no_group(claim: object) -> None:
    user = claims_user({"email": "new@x.com", "iat": 1, "exp": 2_000, "groups": claim}, AUTH, DIRECTORY, now=1)
    assert user.groups == ()


def test_a_provider_that_cant_be_asked_is_said_without_its_secrets() -> None:
    whole = dict.fromkeys(PROVIDER_SECRETS, "s3cret") | {"redirect_uri": "https://d.example/oauth2callback"}
    check_provider(whole, authlib=True)
    with pytest.raises(IdentityError, match="Authlib"):
        check_provider(whole, authlib=False)
    with pytest.raises(IdentityError, match="has no client_id, server_metadata_url") as raised:
        check_provider({**whole, "client_id": "", "server_metadata_url": None}, authlib=True)
    assert "s3cret" not in str(raised.value)
    with pytest.raises(IdentityError, match="must end with /oauth2callback"):
        check_provider({**whole, "redirect_uri": "https://d.example/"}, authlib=True)
