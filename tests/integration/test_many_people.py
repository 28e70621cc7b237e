"""Twenty people at once on one server, over Streamlit's own wire: each has their own documents, conversations and name."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from threading import Barrier

import pytest

pytest.importorskip("playwright.sync_api", reason="the package playwright isn't installed")

from tests.integration.browser import Served, serving
from tests.integration.oidc_stand_in import oidc_stand_in
from tests.integration.signed_in import serving_signed_in
from tests.integration.streamlit_client import Person

pytestmark = pytest.mark.integration

# One name a person, team, document and question: seen with anybody else, something has leaked.
NAMES = (
    (
        "Adler Biber Dachs Emu Falke Gecko Hyäne Ibis Jaguar Kranich Luchs Marder Natter Otter Puma Qualle Rabe Storch "
        "Tapir Uhu"
    )
    .replace("ä", "ae")
    .split()
)
# Twenty sign-ins share two cores with the rest of the suite.
_PATIENCE_S = 300
QUESTION = "How high is the yearly budget of the team?"


def figure(name: str) -> str:
    return f"{41_000 + 1_037 * NAMES.index(name)} euros"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    people = {
        name: {"email": f"{name.lower()}@northgate.example", "name": f"Kim {name}", "roles": [f"team-{name.lower()}"]}
        for name in NAMES
    }
    documents = {
        f"{name}/budget.md": f"# Budget of {name}\n\nThe yearly budget of the team {name} is {figure(name)}.\n"
        for name in NAMES
    }
    access = [
        {"keyPrefix": f"{n}/", "aclEntries": [{"Name": f"team-{n.lower()}", "Type": "GROUP", "Access": "ALLOW"}]}
        for n in NAMES
    ]
    with (
        oidc_stand_in(people) as provider,
        serving_signed_in(
            tmp_path_factory.mktemp("many"), provider, "groups: {}\n", {**documents, "acl.json": json.dumps(access)}
        ) as running,
    ):
        yield running


@pytest.fixture(scope="module")
def twenty(served: Served) -> Iterator[dict[str, Person]]:
    """All have signed in, and asked at the same moment: first the same question, then each of their own team."""
    people = {name: Person(served.url) for name in NAMES}
    start = Barrier(len(NAMES))

    def visit(name: str) -> None:
        person = people[name]
        person.sign_in(name)
        assert f"Kim {name}" in person.open()
        start.wait(timeout=_PATIENCE_S)
        assert figure(name) in person.ask(QUESTION)
        start.wait(timeout=_PATIENCE_S)
        assert figure(name) in person.ask(f"What does the team {name} spend in a year?")

    with ThreadPoolExecutor(len(NAMES)) as pool:
        done = [pool.submit(visit, name) for name in NAMES]
        # Whoever fails lets the others go at once, and is reported rather than their broken waiting.
        for future in as_completed(done):
            if future.exception() is not None:
                start.abort()
                future.result()
    yield people
    for person in people.values():
        person.close()


def leaks(name: str, stream: bytes) -> list[str]:
    """What of the others is in the stream of `name`."""
    text = stream.decode("utf-8", "replace")
    return [
        what
        for other in NAMES
        if other != name
        for what in (other, figure(other), f"{other.lower()}@northgate.example")
        if what in text
    ]


def test_nobody_gets_anything_of_the_nineteen_others(twenty: dict[str, Person]) -> None:
    assert {name: leaks(name, bytes(person.stream)) for name, person in twenty.items()} == {n: [] for n in NAMES}


def test_a_second_window_lists_one_s_own_conversations(served: Served, twenty: dict[str, Person]) -> None:
    with Person(served.url, cookies=twenty["Otter"].cookies) as again:
        assert QUESTION in again.open()
        assert leaks("Otter", bytes(again.stream)) == []


def test_nothing_in_the_address_makes_somebody_else_of_one(served: Served, twenty: dict[str, Person]) -> None:
    with Person(served.url, cookies=twenty["Otter"].cookies) as visitor:
        page = visitor.open("user=puma@northgate.example&email=puma@northgate.example&groups=team-puma&name=Kim+Puma")
        assert "Kim Otter" in page
        assert figure("Puma") not in visitor.ask("How much may the colleagues of team-puma spend?")
        assert leaks("Otter", bytes(visitor.stream)) == []
    with Person(served.url) as nobody:
        assert "Kim" not in nobody.open("user=puma@northgate.example&email=puma@northgate.example")


def test_one_model_and_one_index_are_opened_for_all_of_them(served: Served, twenty: dict[str, Person]) -> None:
    opened = served.watched()
    # None is opened again for another person, question or rerun. (Opening the model reads its settings twice.)
    assert opened.count("model") == 2
    assert opened.count("index") == 1


def test_the_server_calls_nobody(served: Served, twenty: dict[str, Person]) -> None:
    assert [line for line in served.watched() if line.startswith("call")] == []


def test_conversations_and_citations_are_there_after_a_crash(served: Served, twenty: dict[str, Person]) -> None:
    os.kill(served.process, signal.SIGKILL)
    with serving(served.workspace, int(served.url.rsplit(":", 1)[1])) as restarted:
        assert restarted.process != served.process
        with Person(restarted.url, cookies=twenty["Otter"].cookies) as otter:
            assert QUESTION in otter.open()
            page = otter.press(QUESTION)
            assert figure("Otter") in page
            assert "Budget of Otter" in page
            assert 'class=\\"cite' in page or 'class="cite' in page
            assert leaks("Otter", bytes(otter.stream)) == []
