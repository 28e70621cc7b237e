"""People's own sign-ins: from the settings to a record in their name, over real HTTP, and all that can go wrong."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

import cli
from actions.accounts import Accounts, Place
from actions.accounts.kept import accounts_of
from actions.connections import open_actions
from actions.kinds import KINDS
from actions.review import Reviews
from core.audit import recorded
from core.database import open_sqlite, utc_now
from core.errors import ActionError, Busy, DebriefError, NotConnected, Refused, SettingsError
from core.person import delete_person, person_records
from core.settings import ActionSettings, Settings
from core.types import User
from samples.stand_ins import sign_in, tickets
from tests.actions.systems import SYSTEMS, System

pytestmark = pytest.mark.integration
ANA, BEN = User("ana@example.com", ("ops",), name="Ana Ruiz"), User("ben@example.com", ("ops",))
KEY = "k" * 40
BACK = "https://debrief.example.com/connected"
_BASIC = "Basic " + base64.b64encode(f"{tickets.USER}:{tickets.TOKEN}".encode()).decode()
# How each stand-in knows the account that its own tests use.
OWN = {
    "jira": _BASIC, "confluence": _BASIC, "servicenow": _BASIC, "pagerduty": f"Token token={tickets.TOKEN}",
    "smartsheet": f"Bearer {tickets.TOKEN}", "salesforce": "Bearer issued", "microsoft": "Bearer issued",
}  # fmt: skip
CLOUD = {"cloud_id": "c-1"}


def test_every_kind_with_a_sign_in_is_held_to_it() -> None:
    # `openapi` and `mcp` name their own addresses; test_mcp.py has a server's.
    assert set(OWN) == {name for name, kind in KINDS.items() if kind.sign_in} - {"openapi", "mcp"}


@pytest.fixture
def login() -> Iterator[sign_in.SignInStandIn]:
    with sign_in.start() as server:
        yield server


def signed_by(login: sign_in.SignInStandIn, system: System, kind: str) -> None:
    """Lets the system take the server's tokens alone, at the addresses that they are for."""
    inner = system.server.faults.app

    def app(environ: dict[str, Any], start: Any) -> Any:
        if not login.service.accepts(environ.get("HTTP_AUTHORIZATION", "")):
            start("401 Unauthorized", [("Content-Type", "application/json")])
            return [b"{}"]
        environ["HTTP_AUTHORIZATION"] = OWN[kind]
        path = environ["PATH_INFO"]
        if kind in ("jira", "confluence"):
            assert path.startswith(f"/ex/{kind}/c-1/"), path
            path = path.removeprefix(f"/ex/{kind}/c-1")
        environ["PATH_INFO"] = path.replace("/v1.0/me/", "/v1.0/users/ana@example.com/")
        return inner(environ, start)

    system.server.faults.app = app


def oauth_of(login: sign_in.SignInStandIn, **more: Any) -> dict[str, Any]:
    places = {f"{name}_url": f"{login.url}/{name}" for name in ("authorize", "token", "revoke")}
    return {"client_id": sign_in.CLIENT, "client_secret": sign_in.SECRET, **places, **more}


def jira_entry(login: sign_in.SignInStandIn, url: str, **more: Any) -> dict[str, Any]:
    common = {"name": "tickets", "kind": "jira", "url": url, "api_url": url, **CLOUD, "timeout_s": 2, "settle_s": 0}
    return {**common, "groups": ["ops"], "oauth": oauth_of(login, **more)}


def opened(entry: dict[str, Any], folder: Path) -> Reviews:
    settings = Settings(root=folder, secrets_key=KEY, actions=(ActionSettings(**entry),))
    engine = open_sqlite(folder / "state.sqlite")
    return Reviews(engine, open_actions(settings, engine))


def accounts(reviews: Reviews) -> tuple[Accounts, dict[str, Place]]:
    connection = next(iter(reviews.actions.systems.values()))
    assert connection.accounts is not None
    return connection.accounts, reviews.actions.places_of(ANA)


def permitted(address: str) -> str:
    """The address to which the browser of somebody who permits it is sent back."""
    return httpx.get(address).headers["location"]


def connect(reviews: Reviews, user: User = ANA) -> None:
    known, places = accounts(reviews)
    place = next(iter(places.values()))
    known.finish(places, permitted(known.begin(place, user, BACK)), user)


@pytest.fixture
def jira(login: sign_in.SignInStandIn) -> Iterator[System]:
    system = SYSTEMS["jira"]()
    signed_by(login, system, "jira")
    yield system
    system.server.stop()


@pytest.fixture
def reviews(login: sign_in.SignInStandIn, jira: System, tmp_path: Path) -> Reviews:
    return opened(jira_entry(login, jira.server.url), tmp_path)


@pytest.mark.parametrize("kind", sorted(OWN))
def test_each_kind_writes_as_the_person_who_has_signed_in(kind: str, login: Any, tmp_path: Path) -> None:
    with ExitStack() as stack:
        system = SYSTEMS[kind]()
        stack.callback(system.server.stop)
        signed_by(login, system, kind)
        account = {*KINDS[kind].account, "login_url"}
        own = {name: value for name, value in system.settings.items() if name not in account}
        more = {"api_url": system.server.url, **CLOUD} if kind in ("jira", "confluence") else {}
        entry = {"name": "it", "kind": kind, "timeout_s": 2, "settle_s": 0, "groups": ["ops"], **own, **more}
        reviews = opened({**entry, "oauth": oauth_of(login)}, tmp_path)
        operation = next(iter(system.values))
        values = system.values[operation]
        form = reviews.propose(f"it.{operation}", values, ANA)
        assert [p.message.split(";")[0] for p in reviews.problems(form.id, ANA) if not p.field] == [
            f"You aren't signed in to {KINDS[kind].title} (it) yet"
        ]
        with pytest.raises(ActionError, match="can't be sent yet: You aren't signed in"):
            reviews.confirm(form.id, ANA, form.fingerprint)
        assert system.written() == []
        connect(reviews)
        assert login.service.asked[-1]["scope"] and login.service.asked[-1]["code_challenge_method"] == "S256"
        # With the values that the system allows, a label becomes its value.
        form = reviews.edit(form.id, {}, ANA)
        assert reviews.problems(form.id, ANA) == ()
        done = reviews.confirm(form.id, ANA, form.fingerprint)
        assert (done.state, done.problem) == ("written", "")
        assert len(system.written()) == 1
        with pytest.raises(ActionError, match="You aren't signed in"):
            other = reviews.propose(f"it.{operation}", values, BEN)
            reviews.confirm(other.id, BEN, other.fingerprint)


def test_a_return_counts_once_in_time_for_its_person_and_from_its_server(login: Any, jira: Any, reviews: Any) -> None:
    known, places = accounts(reviews)
    place = places["tickets"]

    def begun() -> str:
        return permitted(known.begin(place, ANA, BACK))

    later = Accounts(known.settings, known.engine, now=lambda: utc_now() + timedelta(minutes=11))
    refused = [
        (known, ANA, f"{BACK}?code=code-1&state=forged", "unknown, over, or was used already"),
        (known, ANA, f"{BACK}?code=code-1", "unknown, over, or was used already"),
        (known, ANA, "not an address", "unknown, over, or was used already"),
        (known, BEN, begun(), "begun by somebody else"),
        (later, ANA, begun(), "unknown, over, or was used already"),
        (known, ANA, begun() + "&iss=https%3A%2F%2Fevil.example", "isn't from the system"),
        (known, ANA, begun().replace("code=code", "code=guessed"), "doesn't accept your sign-in"),
        (known, ANA, begun().replace("code=", "nothing="), "didn't let you sign in"),
    ]
    for by, user, address, said in refused:
        with pytest.raises(ActionError, match=said) as problem:
            by.finish(places, address, user)
        assert str(problem.value).endswith("begin again on the page Connected accounts.")
    login.service.denies = "access_denied"
    with pytest.raises(Refused, match=r"didn't let you sign in \(access_denied The person said no"):
        known.finish(places, begun(), ANA)
    login.service.denies = ""
    assert accounts_of(known.engine) == []
    address = begun()
    assert known.finish(places, address, ANA).system == "tickets"
    with pytest.raises(ActionError, match="used already"):
        known.finish(places, address, ANA)
    told = recorded(known.engine)
    assert [e.action for e in told if e.action != "account refused"] == ["connected account"]
    assert not [e for e in told if "access-" in str(e) or "refresh-" in str(e) or "code-" in str(e)]


def test_settings_that_changed_or_are_wrong(login: Any, jira: Any, reviews: Any, tmp_path: Path) -> None:
    known, places = accounts(reviews)
    begun = permitted(known.begin(places["tickets"], ANA, BACK))
    connect(reviews)
    # The same name, another system: a token that was given for one is never shown to the other.
    moved = opened({**jira_entry(login, jira.server.url), "url": "https://other.example"}, tmp_path)
    with pytest.raises(ActionError, match="settings of tickets have changed"):
        accounts(moved)[0].finish(accounts(moved)[1], begun, ANA)
    before = len(jira.server.faults.requests)
    form = moved.propose("tickets.issue", {"summary": "VPN"}, ANA)
    assert "have changed since you signed in" in moved.problems(form.id, ANA)[0].message
    assert len(jira.server.faults.requests) == before
    wrong = opened(jira_entry(login, jira.server.url, client_secret="old"), tmp_path)
    with pytest.raises(Refused, match=r"gives no token \(invalid_client.*client_secret"):
        connect(wrong)
    named = opened(jira_entry(login, jira.server.url, issuer="https://login.example"), tmp_path)
    with pytest.raises(ActionError, match="isn't from the system"):
        connect(named)
    login.service.issuer = "https://login.example"
    connect(named)
    entry = jira_entry(login, jira.server.url)
    for change, said in (
        ({"cloud_id": ""}, "the key 'cloud_id' is needed"),
        ({"oauth": None}, "the key 'user' is missing; add it, or `oauth`"),
        ({"oauth": {**oauth_of(login), "token_url": "http://login.example/token"}}, "begins with https"),
        ({"oauth": {**oauth_of(login), "scope": "x"}}, "unknown key 'oauth.scope'.*scopes"),
        ({"kind": "webhook"}, "no sign-in of a person's own"),
        ({"kind": "openapi", "oauth": {"client_id": "x"}, "document": "x.json"}, "'oauth.authorize_url' is missing"),
    ):
        changed = {**entry, **change}
        if changed["kind"] != "jira":
            changed = {k: v for k, v in changed.items() if k not in ("cloud_id", "api_url")}
        with pytest.raises(SettingsError, match=said):
            opened(changed, tmp_path)
    with pytest.raises(SettingsError, match="secrets_key has 0 characters"):
        open_actions(Settings(root=tmp_path, actions=(ActionSettings(**entry),)))


def test_tokens_are_renewed_in_time_and_after_a_401_and_once_for_all(login: Any, jira: Any, reviews: Any) -> None:
    login.service.lasts_s = 60  # ends within what counts as soon
    connect(reviews)
    form = reviews.propose("tickets.issue", jira.values["issue"], ANA)
    asked = [r for r in login.faults.requests if r == "POST /token"]
    assert len(asked) > 1
    login.service.lasts_s = 3_600
    reviews.problems(form.id, ANA)
    asked = login.faults.requests.count("POST /token")
    # Ended at the system before its time: nothing was written by a 401, so it is sent again.
    login.service.access.clear()
    done = reviews.confirm(form.id, ANA, form.fingerprint)
    assert (done.state, login.faults.requests.count("POST /token")) == ("written", asked + 1)
    # Many at once: one asks, the others wait for what it gets; a rotated token would be taken for stolen otherwise.
    login.service.access.clear()
    known, places = accounts(reviews)
    old = known.bearer(places["tickets"], ANA)
    login.faults.add("timeout", path="/token", seconds=0.3)
    with ThreadPoolExecutor(6) as pool:
        found = set(pool.map(lambda _: known.bearer(places["tickets"], ANA, refused=old), range(6)))
    assert len(found) == 1 and old not in found
    assert login.faults.requests.count("POST /token") == asked + 2
    # The server is down: what still counts goes on, what doesn't is for later and loses nothing.
    for fault in ("error", "throttle", "malformed", "cut"):
        login.faults.add(fault, path="/token")
        with pytest.raises((Busy, Refused), match=r"gives no token now|answers with no"):
            known.bearer(places["tickets"], ANA, refused=next(iter(found)))
    assert known.why_not(places["tickets"], ANA) == ""


def test_a_sign_in_that_has_ended_keeps_the_form_until_they_connect_again(login: Any, jira: Any, reviews: Any) -> None:
    connect(reviews)
    form = reviews.propose("tickets.issue", jira.values["issue"], ANA)
    login.service.access.clear()
    login.service.refresh.clear()
    for _ in range(2):
        with pytest.raises(ActionError, match=r"connect on the page Connected accounts"):
            reviews.confirm(form.id, ANA, form.fingerprint)
    kept = reviews.proposal(form.id, ANA)
    assert (kept.state, kept.form.values) == ("proposed", form.form.values)
    account = accounts_of(reviews.engine, ANA.email)[0]
    assert account.problem.startswith("Jira (tickets) doesn't accept your sign-in (invalid_grant")
    connect(reviews)
    assert reviews.confirm(form.id, ANA, form.fingerprint).state == "written"
    # On its way when the person disconnects: it comes back to them as a form.
    form = reviews.propose("tickets.issue", jira.values["issue"], ANA)
    jira.server.faults.add("throttle", path="POST .*/issue", seconds=0)
    assert reviews.confirm(form.id, ANA, form.fingerprint).state == "queued"
    known, places = accounts(reviews)
    assert known.disconnect(places["tickets"], "tickets", ANA.email, ANA).endswith("ended at Jira (tickets).")
    assert login.service.access == login.service.refresh == {}
    back = Reviews(reviews.engine, reviews.actions, now=lambda: utc_now() + timedelta(hours=1)).outbox.deliver(form.id)
    assert (back.state, len(jira.written())) == ("proposed", 1)
    assert back.problem.startswith("You aren't signed in to Jira (tickets) yet")


def test_what_is_kept_is_encrypted_handed_out_without_tokens_and_erased(
    login: Any, reviews: Any, tmp_path: Path
) -> None:
    connect(reviews)
    for file in tmp_path.iterdir():
        assert b"access-" not in file.read_bytes() and b"refresh-" not in file.read_bytes()
    known, places = accounts(reviews)
    known.begin(places["tickets"], ANA, BACK)
    told = person_records(reviews.engine, "Ana@example.com")
    assert told["connected_accounts"][0]["system"] == "tickets"
    for table in ("connected_accounts", "sign_in_requests"):
        assert told[table][0]["sealed"] == "(kept encrypted, not given out)"
    other = Accounts(Settings(root=tmp_path, secrets_key="o" * 40), reviews.engine)
    with pytest.raises(SettingsError, match="can't be read with today's secrets_key"):
        other.bearer(places["tickets"], ANA)
    assert delete_person(reviews.engine, ANA.email).left == ()
    assert accounts_of(reviews.engine) == []


def test_the_command_line_comes_back_on_loopback_and_a_deletion_ends_it_there(
    login: Any, jira: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = (
        "users:\n  - {email: ana@example.com, name: Ana Ruiz}\ngroups:\n  ops: {members: ['user:ana@example.com']}\n"
    )
    (tmp_path / "users.yaml").write_text(users, encoding="utf-8")
    auth = {"development_user": "ana@example.com", "users_file": "users.yaml"}
    whole = {"auth": auth, "secrets_key": KEY, "actions": [jira_entry(login, jira.server.url)]}
    (tmp_path / "debrief.yaml").write_text(json.dumps(whole), encoding="utf-8")
    monkeypatch.setenv("DEBRIEF_SETTINGS", str(tmp_path / "debrief.yaml"))

    def visited(address: str) -> None:
        back = permitted(address)
        httpx.get(back.split("?")[0].replace("/callback", "/favicon.ico"))
        assert "close this window" in httpx.get(back).text

    assert "connected to Jira (tickets)" in run_beside(["connect", "tickets"], visited)
    assert "access-" not in run("connected", "--json") and "tickets" in run("connected")
    with pytest.raises(ActionError, match=r"did you mean 'tickets'"):
        run("connect", "ticket")
    assert "ended at Jira (tickets)" in run("disconnect", "tickets", "--person", "ana@example.com")
    with pytest.raises(ActionError, match="isn't connected to tickets"):
        run("disconnect", "tickets")
    run_beside(["connect", "tickets"], visited)
    deleted = CliRunner().invoke(cli.app, ["person", "delete", "ana@example.com", "--yes"])
    assert "Sign-in to tickets: Forgotten here, and ended at Jira (tickets)." in deleted.output.replace("\n", " ")
    assert login.service.refresh == {}


def run(*arguments: str) -> str:
    result = CliRunner().invoke(cli.app, ["actions", *arguments])
    if isinstance(result.exception, DebriefError):
        raise result.exception
    return result.output


def run_beside(arguments: list[str], visit: Callable[[str], None]) -> str:
    """The output of a command that prints an address and waits, while somebody visits it."""
    shown: list[str] = []
    begin = Accounts.begin

    def told(self: Accounts, *given: Any) -> str:
        shown.append(begin(self, *given))
        return shown[-1]

    def person() -> None:
        while not shown:
            time.sleep(0.02)
        visit(shown[0])

    visitor = threading.Thread(target=person)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Accounts, "begin", told)
        visitor.start()
        said = run(*arguments)
    visitor.join()
    return said


def test_nobody_is_signed_in_without_a_database(login: Any, tmp_path: Path) -> None:
    entry = jira_entry(login, "http://127.0.0.1:9")
    known = open_actions(Settings(root=tmp_path, secrets_key=KEY, actions=(ActionSettings(**entry),)))
    connection = known.systems["tickets"]
    assert "aren't kept here" in connection.why_not(ANA)
    with pytest.raises(NotConnected, match="aren't kept here"):
        connection.client_of(ANA).search("x")
