from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from chat_ui.parts import session
from core.audit import recorded
from core.database import open_database
from core.identity import load_directory
from core.settings import Settings, SourceSettings, load_settings
from core.types import User
from ingestion.documents import find_documents, late_by, readable_counts, readers, schedule_words, why_readable
from ingestion.state import Counts, DocumentRecord, SyncState
from ingestion.sync.status import SourceStatus, statuses

ANA = User("ana@northgate.example", ("emea",))
BEN = User("ben@northgate.example")
ADMIN = User("root@northgate.example", ("admins",))


def record(name: str, title: str, allow: tuple[str, ...], outcome: str = "indexed", **more: object) -> DocumentRecord:
    return DocumentRecord(f"files:{name}", "files", title, allow=allow, outcome=outcome, chunks=2, **more)


@pytest.fixture
def synced(workspace: Path) -> Settings:
    """A workspace whose one source has been synced."""
    file = workspace / "debrief.yaml"
    file.write_text(file.read_text() + "sources:\n  - {name: files, kind: files, path: docs}\n")
    settings = load_settings()
    state = SyncState(open_database(settings))
    run = state.start("files")
    state.commit(
        "files",
        [
            record("plan.md", "Premium plan", ("everyone",), attributes={"customer": "Acme"}),
            record(
                "emea.md",
                "Emea ![x](https://x.example/x.png) forecast",
                ("group:emea",),
                deny=("user:ben@northgate.example",),
            ),
            record("locked.pdf", "Locked <b>report</b>", (), "failed", reason="The file needs a password; remove it."),
        ],
        "c1",
    )
    state.finish(run, "SUCCEEDED", Counts(seen=3, added=2, failed=1), "")
    return settings


@pytest.fixture(autouse=True)
def drawn_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page is drawn for any person, without the sign-in that app.py asks."""
    monkeypatch.setattr(session, "still_there", lambda user: user)


def html(page: AppTest) -> str:
    assert not page.exception
    return "\n".join(element.body for element in page.get("html") if "<style>" not in element.body)


def script(email: str, groups: tuple[str, ...]) -> None:
    from chat_ui.sources import page as sources
    from core.types import User

    sources.page(User(email, groups))


def show(user: User, tab: str = "Sources") -> AppTest:
    """The page as this person sees it."""
    page = AppTest.from_function(script, kwargs={"email": user.email, "groups": user.groups}, default_timeout=20)
    page.session_state["sources-tab"] = tab
    return page.run()


def test_a_source_shows_its_last_sync_and_counts(synced: Settings) -> None:
    (status,) = statuses(open_database(synced), synced.sources)
    assert status.outcomes == {"indexed": 2, "failed": 1}
    assert status.last is not None
    assert status.last.counts.seen == 3
    shown = html(show(ANA))
    assert "gaps" in shown
    assert "1 document couldn't be read, last good copy just now".replace("'", "&#x27;") in shown


def test_people_see_the_documents_that_they_may_read(synced: Settings) -> None:
    engine = open_database(synced)
    assert {r.title for r in find_documents(engine, ANA)} == {
        "Premium plan",
        "Emea ![x](https://x.example/x.png) forecast",
    }
    assert {r.title for r in find_documents(engine, BEN)} == {"Premium plan"}
    assert len(find_documents(engine, None)) == 3


def test_all_words_must_be_there_and_signs_mean_themselves(synced: Settings) -> None:
    engine = open_database(synced)
    assert [r.title for r in find_documents(engine, None, text="plan PREMIUM")] == ["Premium plan"]
    assert find_documents(engine, None, text="premium forecast") == []
    assert find_documents(engine, None, text="%") == []
    assert [r.title for r in find_documents(engine, None, outcomes=["failed"])] == ["Locked <b>report</b>"]


def test_an_administrator_finds_why_a_document_is_not_found(synced: Settings) -> None:
    page = show(ADMIN, "Documents")
    page.text_input(key="document-text").set_value("locked").run()
    shown = html(page)
    assert "The file needs a password; remove it." in shown
    assert "nobody: it has no access list" in shown
    assert "<b>report</b>" not in shown
    assert [(e.action, e.subject) for e in recorded(open_database(synced), actions=["looked at document"])] == [
        ("looked at document", "files:locked.pdf")
    ]


def test_a_name_that_no_source_showed_gets_the_nearest_ids(synced: Settings) -> None:
    page = show(ADMIN, "Documents")
    page.text_input(key="document-text").set_value("plans.md").run()
    assert "The nearest ids are files:plan.md" in html(page)
    page = show(ANA, "Documents")
    page.text_input(key="document-text").set_value("lockd.pdf").run()
    assert "locked" not in html(page)


@pytest.mark.parametrize(("hours", "late"), [(30, 6), (3, None), (24.5, None)])
def test_a_sync_that_is_overdue_is_late(hours: float, late: float | None) -> None:
    # Daily at 5: the next is due 24 hours after one that ended at 5.
    ended = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
    source = SourceSettings(name="files", kind="files", schedule="0 5 * * *")
    found = late_by(
        SourceStatus(source, succeeded_at=ended),
        Path("debrief.yaml"),
        ended.replace(tzinfo=UTC) + timedelta(hours=hours),
    )
    assert found == (None if late is None else timedelta(hours=late))
    by_hand = SourceStatus(source.model_copy(update={"schedule": ""}), succeeded_at=ended)
    assert late_by(by_hand, Path("debrief.yaml"), datetime(2027, 1, 1, tzinfo=UTC)) is None


def test_messages_of_runs_are_for_administrators(synced: Settings) -> None:
    engine = open_database(synced)
    state = SyncState(engine)
    state.finish(state.start("files"), "FAILED", Counts(), "The folder /srv/secret-share can't be read.")
    assert "/srv/secret-share" in html(show(ADMIN))
    assert "/srv/secret-share" in html(show(ADMIN, "Runs"))
    assert "/srv/secret-share" not in html(show(ANA)) + html(show(ANA, "Runs"))


def test_others_learn_nothing_of_it(synced: Settings) -> None:
    page = show(ANA, "Documents")
    page.text_input(key="document-text").set_value("locked").run()
    shown = html(page)
    assert "None of the documents that you may read fits" in shown
    assert "password" not in shown
    assert [tab.label for tab in page.tabs] == ["Sources", "Documents", "Runs"]
    assert not [button for button in page.button if button.label == "Sync now"]


def test_who_can_read_it_and_why(synced: Settings) -> None:
    engine = open_database(synced)
    directory = load_directory(synced, engine)
    forecast = find_documents(engine, None, text="forecast")[0]
    assert [p.email for p in readers(forecast, directory)] == ["ana@northgate.example"]
    assert why_readable(ANA, forecast) == "Yes, through the group emea."
    assert "deny beats allow" in why_readable(BEN, forecast)
    assert why_readable(User("x@y.z"), forecast) == "No: the document is for the group emea."
    assert readable_counts(engine, BEN) == {"files": (1, 2)}


def test_the_access_check_answers_for_an_administrator(synced: Settings) -> None:
    page = show(ADMIN, "Access")
    page.text_input(key="access-text").set_value("forecast")
    page.selectbox(key="access-person").set_value("ben@northgate.example").run()
    assert '<span title="group:emea">the group emea</span>' in html(page)
    assert "deny beats allow. Take them off the document" in html(page)


def test_an_administrator_sees_what_a_person_can_read(synced: Settings) -> None:
    page = show(ADMIN, "Access")
    page = page.selectbox(key="access-person").set_value("ben@northgate.example").run()
    assert list(page.dataframe[0].value["Title"]) == ["Premium plan"]
    page = page.selectbox(key="access-person").set_value("ana@northgate.example").run()
    assert set(page.dataframe[0].value["Through"]) == {"Yes, through everyone.", "Yes, through the group emea."}
    page = page.text_input(key="readable-text").set_value("locked").run()
    assert "None of the documents that this person may read fits" in html(page)


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("", "by hand"),
        ("0 5 * * *", "daily, 05:00 UTC"),
        ("30 22 * * 0", "Sundays, 22:30 UTC"),
        ("0 6 * * 1", "Mondays, 06:00 UTC"),
        ("*/15 * * * *", "*/15 * * * * UTC"),
        ("0 5 1 * *", "0 5 1 * * UTC"),
        ("0 5 * * 1-5", "0 5 * * 1-5 UTC"),
    ],
)
def test_schedules_are_said_in_words(cron: str, words: str) -> None:
    assert schedule_words(cron, "UTC") == words


def test_an_administrator_starts_a_sync(synced: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []

    class Started:
        def __init__(self, command: list[str], **_: object) -> None:
            started.append(command)

        def poll(self) -> int:
            return 0

    monkeypatch.setattr("ingestion.sync.process.subprocess.Popen", Started)
    page = show(ADMIN)
    next(b for b in page.button if b.label == "Sync now").click().run()
    page.selectbox[0].set_value("files")
    next(b for b in page.button if b.label == "Sync now").click().run()
    assert [command[-1] for command in started] == ["sync", "files"]
    assert [e.subject for e in recorded(open_database(synced), actions=["started sync"])] == ["files", "All sources"]


def test_without_sources_the_page_says_what_to_do(workspace: Path) -> None:
    assert "No sources yet" in html(show(ADMIN))
