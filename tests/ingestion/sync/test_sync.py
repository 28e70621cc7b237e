import threading
from dataclasses import replace

import pytest

from core.errors import Unreachable
from core.identity import load_directory
from core.types import Failure, User
from ingestion.enrich.rules import RulesFile
from retrieval.query.index import Query
from retrieval.query.weights import BUILT_IN, parse_weights
from tests.ingestion.sync_world import READER, FakeSource, World

OTHER = User("bo@x.example", ())


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    world.source.put("leave.txt", "Employees have thirty days of leave.\n\nThe year ends in December.")
    world.source.put("logs.txt", "Customer logs are kept for ninety days.")
    world.source.put("secret.txt", "The merger closes in May.", allow=("group:board",))
    return world


def test_a_first_sync_indexes_everything_and_a_second_one_embeds_nothing(world):
    first = world.sync()
    assert (first.state, first.counts.added, first.counts.chunks) == ("SUCCEEDED", 3, first.counts.embedded)
    assert "files:logs.txt" in world.found("customer logs")
    generation = world.generations.current
    second = world.sync()
    assert (second.counts.added, second.counts.modified, second.counts.embedded) == (0, 0, 0)
    assert (second.counts.seen, second.counts.unchanged) == (3, 3)
    assert world.generations.current == generation, "nothing changed, so nothing was published"


def test_a_run_says_what_it_left_alone_and_a_full_one_how_much_there_is(world):
    world.sync()
    world.source.put("logs.txt", "Customer logs are kept for one year.")
    counts = world.sync().counts
    assert (counts.seen, counts.modified, counts.unchanged) == (3, 1, 2)
    assert world.sync(full=True).counts.total == 3


def test_only_what_changed_is_written_again(world):
    world.sync()
    world.source.put("logs.txt", "Customer logs are kept for one year.")
    run = world.sync()
    assert (run.counts.modified, run.counts.added) == (1, 0)
    assert not any("ninety" in chunk[2] for chunk in world.contents().values())


def test_a_deleted_document_no_longer_answers(world):
    world.sync()
    del world.source.documents["files:logs.txt"]
    run = world.sync()
    assert run.counts.deleted == 1
    assert "files:logs.txt" not in world.found("customer logs")
    record = world.state.record("files:logs.txt")
    assert record.outcome == "deleted" and "gone at the source" in record.reason


def test_a_document_that_comes_back_is_indexed_again(world):
    world.sync()
    document = world.source.documents.pop("files:logs.txt")
    world.sync()
    world.source.documents[document.id] = document
    assert world.sync().counts.added == 1
    assert "files:logs.txt" in world.found("customer logs")


def test_a_permission_change_embeds_nothing_and_holds_at_once(world):
    world.sync()
    world.source.put("logs.txt", "Customer logs are kept for ninety days.", allow=("user:BO@x.example",))
    embedded = world.embedder.computed
    run = world.sync()
    assert (run.counts.access_only, run.counts.modified) == (1, 0)
    assert world.embedder.computed == embedded
    assert world.found("customer logs", OTHER) == ["files:logs.txt"]
    assert "files:logs.txt" not in world.found("customer logs", READER)


def test_a_damaged_file_costs_only_itself_and_says_why(world):
    world.source.put("broken.txt", "corrupt bytes")
    run = world.sync()
    assert (run.state, run.counts.failed, run.counts.added) == ("INCOMPLETE", 1, 3)
    assert world.state.record("files:broken.txt").reason == "broken.txt is damaged; export it again."


def test_the_last_readable_version_stays_under_todays_access_list(world):
    world.sync()
    world.source.put("logs.txt", "corrupt now", allow=("user:bo@x.example",))
    run = world.sync()
    assert run.counts.failed == 1
    assert world.found("customer logs", OTHER) == ["files:logs.txt"]
    assert "files:logs.txt" not in world.found("customer logs", READER)
    assert "still answers" in world.state.record("files:logs.txt").reason


def test_an_empty_file_is_reported(world):
    world.source.put("empty.txt", "")
    assert world.sync().counts.failed == 1
    assert "no text" in world.state.record("files:empty.txt").reason


def test_a_source_that_breaks_keeps_what_it_gave_and_loses_nothing_later(world):
    for n in range(10):
        world.source.put(f"more{n}.txt", f"More text number {n}.")
    world.source.break_after = 6
    run = world.sync()
    assert run.state == "FAILED" and "went away" in run.message
    world.source.break_after = None
    world.sync()
    assert {r.id for r in world.state.records(outcome="indexed")} == set(world.source.documents)


def test_one_broken_source_does_not_stop_the_others(world):
    broken = FakeSource("aaa")
    broken.put("x.txt", "never seen")
    broken.break_after = 0
    runs = world.sync(broken, world.source)
    assert [run.state for run in runs] == ["FAILED", "SUCCEEDED"]
    assert "files:logs.txt" in world.found("customer logs")


def test_documents_of_a_source_that_left_the_settings_are_removed(world):
    other = FakeSource("old")
    other.put("x.txt", "An old policy about customer logs.")
    context = world.context()
    world.sync(other, world.source, context=replace(context, configured=frozenset({"files", "old"})))
    assert "old:x.txt" in world.found("customer logs")
    world.sync()
    assert "old:x.txt" not in world.found("customer logs")
    record = world.state.record("old:x.txt")
    assert record.outcome == "deleted" and "no longer in the settings" in record.reason


def test_many_failures_fail_the_run_and_delete_nothing(world):
    world.sync()
    world.source.failures = {
        str(n): Failure(f"files:{n}.txt", f"{n}.txt", "It timed out.", retry=True) for n in range(4)
    }
    del world.source.documents["files:logs.txt"]
    run = world.sync()
    assert run.state == "FAILED"
    assert "files:logs.txt" in world.found("customer logs")
    world.source.failures = {}
    assert world.sync().counts.deleted == 1, "the cursor had not moved, so the deletion comes again"


def test_a_full_sync_keeps_documents_that_failed_to_fetch(world):
    world.sync()
    document = world.source.documents.pop("files:logs.txt")
    world.source.failures = {"x": Failure(document.id, "logs.txt", "It timed out.", retry=True)}
    world.sync(full=True)
    assert "files:logs.txt" in world.found("customer logs")


def test_too_many_deletions_wait_for_a_confirmation(world):
    for n in range(10):
        world.source.put(f"more{n}.txt", f"More text number {n}.")
    world.sync()
    kept = dict(list(world.source.documents.items())[:6])
    world.source.documents = kept
    run = world.sync()
    assert (run.state, run.counts.deleted, run.counts.delete_pending) == ("INCOMPLETE", 0, 7)
    assert "--confirm-deletes" in run.message
    assert len(world.state.records(outcome="indexed")) == 13
    assert world.sync().counts.delete_pending == 7, "it goes on waiting, though the source reports nothing new"
    assert world.sync(confirm_deletes=True).counts.deleted == 7
    assert {chunk[0] for chunk in world.contents().values()} == set(kept)


def test_a_dry_run_counts_and_writes_nothing(world):
    run = world.sync(dry_run=True)
    assert run.counts.added == 3
    assert world.generations.current is None
    assert world.state.records() == []
    assert world.sync().counts.added == 3


def test_stopping_keeps_what_was_done_and_goes_on_later(world):
    for n in range(20):
        world.source.put(f"more{n:02}.txt", f"More text number {n}.")
    context = world.context()
    context.on_progress = lambda _source, counts: context.stop.set() if counts.seen >= 6 else None
    run = world.sync(context=context)
    assert run.state == "STOPPED"
    assert 6 <= len(world.state.records(outcome="indexed")) < 23
    embedded = world.embedder.computed
    done = len(world.state.records(outcome="indexed"))
    world.sync()
    assert len(world.state.records(outcome="indexed")) == 23
    again = world.embedder.computed - embedded
    assert again == sum(record.chunks for record in world.state.records()) - embedded, f"{done} were not embedded again"


def test_a_full_run_that_was_stopped_still_notices_deletions(world):
    for n in range(20):
        world.source.put(f"more{n:02}.txt", f"More text number {n}.")
    world.sync()
    del world.source.documents["files:more19.txt"]
    context = world.context(full=True)
    context.on_progress = lambda _source, counts: context.stop.set() if counts.seen >= 6 else None
    assert world.sync(context=context).state == "STOPPED"
    assert world.sync().counts.deleted == 1


def test_a_folder_that_could_not_be_listed_loses_nothing(world):
    world.sync()
    del world.source.documents["files:logs.txt"]
    world.source.failures = {"x": Failure("files:logs/", "logs/", "Permission denied.", retry=True)}
    assert world.sync(full=True).counts.deleted == 0
    assert "files:logs.txt" in world.found("customer logs")


def test_another_recipe_rebuilds_while_the_old_generation_serves(world, tmp_path):
    world.sync()
    old = world.generations.current
    again = World(tmp_path, fingerprint="2")
    again.source = world.source
    again.source.break_after = 0
    run = again.sync()
    assert run.state == "FAILED" and "not published" in run.message
    assert again.generations.current == old
    again.source.break_after = None
    assert again.sync().state == "SUCCEEDED"
    assert again.generations.current.recipe.fingerprint == "2"
    assert {chunk[0] for chunk in again.contents().values()} == set(world.source.documents)


def test_a_deleted_index_folder_is_rebuilt_though_the_state_survived(world, tmp_path):
    import shutil

    world.sync()
    shutil.rmtree(tmp_path / "index")
    again = World(tmp_path)
    again.source = world.source
    assert again.sync().counts.added == 3
    assert "files:logs.txt" in again.found("customer logs")


def test_a_held_source_keeps_drafts_out(tmp_path):
    world = World(tmp_path, RulesFile.model_validate({"vetting": {"required": ["owner"]}}))
    world.source.put("draft.txt", "Unowned text about logs.")
    world.source.put("owned.txt", "Owned text about logs.", owner="ana")
    run = world.sync(unvetted="hold")
    assert (run.counts.held, run.counts.added) == (1, 1)
    assert world.found("logs") == ["files:owned.txt"]
    assert "owner is missing" in world.state.record("files:draft.txt").reason


def test_down_weighted_drafts_carry_a_lower_weight_and_vetted_documents_do_not(tmp_path):
    world = World(tmp_path, RulesFile.model_validate({"vetting": {"required": ["owner"]}}))
    world.source.put("draft.txt", "Logs are kept for ninety days.")
    world.source.put("vetted.txt", "Logs are kept for ninety days.", owner="ana")
    world.sync(unvetted="weigh_down")
    query = Query("How long are logs kept?", world.embedder.encode_query("logs"), weights=parse_weights(BUILT_IN))
    found = {p.chunk.document_id: p.why.boosts for p in world.generations.read().search(query, READER, 2)}
    assert [boost.attribute for boost in found["files:draft.txt"]] == ["down_weighted"]
    assert found["files:draft.txt"][0].factor < 1
    assert found["files:vetted.txt"] == ()


def test_superseding_is_seen_across_runs_and_undone_when_the_newer_document_goes(world):
    world.sync()
    world.source.put("logs-2026.txt", "Logs are kept for two years now.", supersedes="logs.txt")
    world.sync()
    vetting = {c[0]: dict(c[5])["vetting"] for c in world.contents().values()}
    assert vetting["files:logs.txt"] == "superseded" and vetting["files:leave.txt"] == "vetted"
    del world.source.documents["files:logs-2026.txt"]
    world.sync()
    assert {dict(c[5])["vetting"] for c in world.contents().values()} == {"vetted"}


def test_memberships_of_the_source_become_groups_of_its_people(world):
    world.source.groups = {"board": frozenset({"user:Bo@x.example"})}
    world.sync()
    directory = load_directory(world.settings, world.engine)
    groups = directory.groups_of("bo@x.example")
    assert groups == ("board",)
    assert world.found("merger", User("bo@x.example", groups)) == ["files:secret.txt"]


def test_members_that_cant_be_read_neither_take_nor_give_access(world, monkeypatch):
    world.source.groups = {"board": frozenset({"user:bo@x.example"})}
    world.sync()

    def failing():
        raise Unreachable("The source files can't read a page of the members of board; sync it later.")

    monkeypatch.setattr(world.source, "memberships", failing)
    world.source.put("new.txt", "A new text.")
    report = world.sync()
    directory = load_directory(world.settings, world.engine)
    assert directory.groups_of("bo@x.example") == ("board",) and directory.groups_of("cy@x.example") == ()
    assert report.state == "FAILED" and "members of board" in report.message
    assert "files:new.txt" in world.found("new", User("bo@x.example", ("all", "board")))


def test_what_a_run_reports_is_what_changed(world):
    world.sync()
    world.source.put("new.txt", "A new text.")
    world.source.put("leave.txt", "Employees have forty days of leave.")
    world.source.put("secret.txt", "The merger closes in May.", allow=("group:all",))
    del world.source.documents["files:logs.txt"]
    counts = world.sync().counts
    assert (counts.added, counts.modified, counts.access_only, counts.deleted, counts.failed) == (1, 1, 1, 1, 0)
    stored = world.state.runs("files", 1)[0]
    assert stored.counts == counts and stored.state == "SUCCEEDED"


def test_a_run_that_a_crash_left_open_is_closed_by_the_next(world):
    world.state.start("files")
    world.sync()
    assert [run.state for run in world.state.runs("files")] == ["SUCCEEDED", "ABORTED"]


class Crash(Exception):
    """Stands for the end of the process."""


@pytest.fixture
def ahead(world, monkeypatch):
    """A world whose index was published with a change that nobody remembers, and whose source has changed back."""
    world.sync()
    before = dict(world.source.documents)
    world.source.put("logs.txt", "Customer logs are kept for one year.")
    world.source.put(
        "leave.txt", "Employees have thirty days of leave.\n\nThe year ends in December.", allow=("group:x",)
    )
    world.source.put("stray.txt", "A text that was there for a moment.")
    del world.source.documents["files:secret.txt"]

    def crash(*_arguments, **_named):
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(world.state, "commit", crash)
        with pytest.raises(Crash):
            world.sync()
    assert "files:stray.txt" in {chunk[0] for chunk in world.contents().values()}
    world.source.documents = before
    return world


def undisturbed(world, folder):
    fresh = World(folder)
    fresh.source = world.source
    fresh.sync()
    return fresh.contents()


def test_a_crash_between_publishing_and_remembering_is_mended_though_the_source_changed_back(ahead, tmp_path):
    assert ahead.sync().state == "SUCCEEDED"
    assert ahead.contents() == undisturbed(ahead, tmp_path / "fresh")
    assert ahead.sync().counts.chunks == 0, "and then all is as usual"


def test_a_failed_attempt_to_mend_is_made_again(ahead, tmp_path):
    ahead.source.break_after = 0
    assert ahead.sync().state == "FAILED"
    ahead.source.break_after = None
    ahead.sync()
    assert ahead.contents() == undisturbed(ahead, tmp_path / "fresh")


def test_readers_never_wait_for_a_sync(world):
    world.sync()
    seen = []
    context = world.context()
    context.on_progress = lambda *_: seen.append(world.found("customer logs"))
    world.source.put("logs.txt", "Customer logs are kept for one year.")
    thread = threading.Thread(target=lambda: world.sync(context=context))
    thread.start()
    thread.join()
    assert seen and all("files:logs.txt" in found for found in seen)
