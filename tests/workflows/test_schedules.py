"""Scheduled workflows: as whom they run, what is missed, what fails, and who is told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.publish.load import parse_app
from core.audit import recorded
from core.errors import AppError, WorkflowError
from tests.workflows.house import ANA, APP, BEN, OLGA, USERS, House
from workflows.collect import collect
from workflows.kept import all_workflows, for_review, history, of_person
from workflows.overview import next_run, offered_triggers, run_by_hand
from workflows.switching import Switch, pause, resume, switch_off, switch_on
from workflows.work import result_of, run_now

MONDAY = """
triggers:
  - name: monday
    schedule: "0 7 * * 1"
    time_zone: Europe/Zurich
    inputs: {subject: "{{ event.due[:10] }} after {{ event.since or 'nothing' }}"}
"""


def states(house: House, workflow: str) -> list[str]:
    return [r.state for r in history(house.parts.engine, [workflow])]


def test_it_runs_on_time_as_its_person_and_stands_in_the_queue(house: House) -> None:
    house.app(MONDAY)
    assert "note.monday" in {t["name"] for t in offered_triggers(house.parts, ANA)}
    made, _ = switch_on(house.parts, "note", "monday", ANA)
    assert next_run(house.parts, made) == "2026-10-19 07:00 Europe/Zurich"
    assert house.tick(minutes=30) == 0
    assert house.tick(minutes=35) == 1
    assert house.tick(minutes=1) == 0
    # Winter time: 7:00 is an hour later in UTC.
    assert house.tick(days=7) == 0
    assert house.tick(minutes=60) == 1
    first, second = for_review(house.parts.engine, ANA)
    assert result_of(house.parts, first, ANA).outputs[0].text == "About 2026-10-19 after nothing."
    assert second.changed == (
        "− About 2026-10-19 after nothing.",
        "About 2026-10-26 after 2026-10-19.",
    )
    assert for_review(house.parts.engine, BEN) == [] and of_person(house.parts.engine, BEN) == []
    with pytest.raises(AppError, match="no result of a run"):
        result_of(house.parts, first, BEN)
    acts = [e.action for e in recorded(house.parts.engine)]
    assert {"switched on workflow", "ran app", "ran workflow"} <= set(acts)


@pytest.mark.parametrize(("rule", "ran", "skipped"), [("once", 1, 3), ("each", 4, 0), ("skip", 0, 4)])
def test_what_was_missed_while_the_service_was_down(house: House, rule: str, ran: int, skipped: int) -> None:
    house.app(MONDAY + f"    missed: {rule}\n")
    made, _ = switch_on(house.parts, "note", "monday", ANA)
    assert house.tick(days=27) == ran
    assert sorted(states(house, made.id)) == ["done"] * ran + ["skipped"] * skipped
    assert house.tick(seconds=30) == 0


def test_a_run_that_hasn_t_ended_skips_the_next_time_or_lets_it_wait(house: House) -> None:
    house.app(MONDAY + '  - {name: wait, schedule: "0 7 * * 1", overlap: wait, inputs: {subject: x}}\n')
    skips, _ = switch_on(house.parts, "note", "monday", ANA)
    waits, _ = switch_on(house.parts, "note", "wait", ANA)
    for _ in range(2):
        house.now += timedelta(days=7)
        collect(house.parts)
    assert sorted(states(house, skips.id)).count("queued") == 1
    assert states(house, waits.id).count("queued") == 2


def test_a_person_who_is_gone_or_no_longer_may_is_refused_and_told(house: House) -> None:
    house.app(MONDAY)
    gone, _ = switch_on(house.parts, "note", "monday", BEN)
    moved, _ = switch_on(house.parts, "note", "monday", ANA)
    left = "\n".join(line for line in USERS.splitlines() if "Ben" not in line).replace('"user:ana@example.com", ', "")
    (house.folder / "users.yaml").write_text(left, encoding="utf-8")
    assert house.tick(days=1) == 0
    found = {w.id: w.paused for w in all_workflows(house.parts.engine)}
    assert found[gone.id].startswith("There is no user 'ben@example.com'")
    assert found[moved.id].startswith("The app note is for staff, and ana@example.com isn't among them.")
    # The app's owner sees both, and nothing of what they gave.
    assert len(of_person(house.parts.engine, OLGA)) == 2 and for_review(house.parts.engine, OLGA) == []


def test_rights_are_those_of_the_moment_it_runs(house: House) -> None:
    house.app(MONDAY)
    made, _ = switch_on(house.parts, "note", "monday", ANA)
    house.now = house.now.replace(hour=8)
    collect(house.parts)
    (house.folder / "users.yaml").write_text(USERS.replace('"user:ana@example.com", ', ""), encoding="utf-8")
    run = run_now(house.parts, history(house.parts.engine, [made.id])[0].id)
    assert run is not None and run.state == "refused" and "isn't among them" in run.problem and not run.app_run


def test_what_fails_is_tried_again_then_pauses_itself(house: House) -> None:
    failing = APP.replace("About {{ subject }}.", "{{ 1 / (subject | length - 1) }}")
    house.app(MONDAY.replace("\"{{ event.due[:10] }} after {{ event.since or 'nothing' }}\"", "x"), failing)
    house.configure(workflows={"pause_after": 1})
    made, _ = switch_on(house.parts, "note", "monday", ANA)
    assert house.tick(hours=2) == 1
    run = history(house.parts.engine, [made.id])[0]
    assert (run.state, run.attempts) == ("queued", 1) and "zero" in run.problem
    assert house.tick(seconds=30) == 0
    assert house.tick(minutes=2) == 1
    assert house.tick(minutes=6) == 1
    assert states(house, made.id) == ["failed"]
    paused = all_workflows(house.parts.engine)[0].paused
    assert paused.startswith("1 runs in a row failed, the last one with: Step 'text'")
    assert house.tick(days=7) == 0
    house.app(MONDAY.replace("\"{{ event.due[:10] }} after {{ event.since or 'nothing' }}\"", "x"))
    resume(house.parts, made, ANA)
    assert house.tick(days=7) == 1
    assert states(house, made.id).count("done") == 1


def test_quota_puts_off_and_loses_nothing(house: House) -> None:
    house.app(MONDAY.replace('"0 7 * * 1"', '"0 * * * *"') + "    runs_per_day: 2\n")
    made, _ = switch_on(house.parts, "note", "monday", ANA)
    for _ in range(3):
        house.tick(hours=1)
    assert sorted(states(house, made.id)) == ["done", "done", "queued"]
    assert (
        next(r for r in history(house.parts.engine, [made.id]) if r.state == "queued").problem
        == "Over the day's quota."
    )
    house.tick(hours=23)
    assert states(house, made.id).count("done") == 3


def test_by_hand_pause_and_off(house: House) -> None:
    house.app(MONDAY)
    made, _ = switch_on(house.parts, "note", "monday", ANA)
    run = run_by_hand(house.parts, made)
    assert run is not None and run.state == "done"
    pause(house.parts, made, ANA)
    assert house.tick(days=1) == 0
    with pytest.raises(WorkflowError, match=r"paused \(Paused by ana@example\.com\.\); resume it first"):
        run_by_hand(house.parts, all_workflows(house.parts.engine)[0])
    with pytest.raises(WorkflowError, match=r"is ana@example\.com's; ask them"):
        switch_off(house.parts, made, BEN)
    switch_off(house.parts, made, ANA)
    assert all_workflows(house.parts.engine) == [] and history(house.parts.engine, [made.id]) == []


def test_a_group_s_order_follows_its_members(house: House) -> None:
    house.app(MONDAY)
    with pytest.raises(WorkflowError, match="Only an administrator"):
        switch_on(house.parts, "note", "monday", ANA, Switch(group="staff"))
    order, _ = switch_on(house.parts, "note", "monday", OLGA, Switch(group="staff"))
    assert house.tick(minutes=1) == 0
    assert house.tick(hours=2) == 2
    assert [r.user for r in for_review(house.parts.engine, ANA)] == ["ana@example.com"]
    assert len(for_review(house.parts.engine, BEN)) == 1
    (house.folder / "users.yaml").write_text(USERS.replace(', "user:ben@example.com"', ""), encoding="utf-8")
    house.tick(minutes=1)
    assert {w.user for w in all_workflows(house.parts.engine) if w.parent == order.id} == {"ana@example.com"}
    pause(house.parts, order, OLGA)
    assert house.tick(days=7) == 0


def test_an_event_that_doesn_t_fit_the_form_stops_no_other(house: House) -> None:
    house.app(
        MONDAY.replace(
            "{{ event.due[:10] }} after", "{{ '' if '2026-10-19' in event.due else event.due[:10] }}"
        ).replace(" {{ event.since or 'nothing' }}", "")
    )
    made, _ = switch_on(house.parts, "note", "monday", ANA)
    assert house.tick(hours=2) == 1 and house.tick(days=7) == 1
    runs = history(house.parts.engine, [made.id])
    assert [r.state for r in runs] == ["done", "refused"] and "'Subject' is missing" in runs[1].problem
    assert all_workflows(house.parts.engine)[0].failures == 0


@pytest.mark.parametrize(
    ("rest", "says"),
    [
        ("triggers: [{name: a}]", "exactly one of schedule, document, account, form, webhook, and this has none"),
        ('triggers: [{name: a, schedule: "0 7 * * 1", webhook: true}]', "this has schedule, webhook"),
        ('triggers: [{name: a, schedule: "whenever"}]', "write five fields"),
        ('triggers: [{name: a, schedule: "0 7 * * 1", time_zone: Mars}]', "no time zone 'Mars'"),
        ("triggers: [{name: a, webhook: true, time_zone: UTC}]", "a time zone is for a schedule"),
        ("triggers: [{name: a, webhook: true, inputs: {subjct: x}}]", "did you mean 'subject'"),
        ('triggers: [{name: a, webhook: true, inputs: {subject: "{{ event.boody }}"}}]', "gives no 'boody'; did you mean 'body'"),
        ('triggers: [{name: a, webhook: true, inputs: {subject: "{{ evnt.body }}"}}]', "the name 'evnt' is unknown"),
        ('triggers: [{name: a, document: {filter: "a ="}}]', "document.filter"),
        ("triggers: [{name: a, webhook: true}, {name: a, form: x}]", "stands twice"),
        ("triggers: [{name: a, account: {field: health, days_before: 3}}]", "days_before is for the field renewal"),
    ],
)  # fmt: skip
def test_wrong_triggers_are_refused_with_their_line(rest: str, says: str) -> None:
    with pytest.raises(AppError) as refused:
        parse_app(APP + rest, "note.yaml")
    assert says in str(refused.value) and "note.yaml line" in str(refused.value)


@pytest.mark.parametrize(
    ("chosen", "says"),
    [
        (Switch(inputs={"subjct": "x"}), "did you mean 'subject'"),
        (Switch(results=("mail",)), "no mail server; set workflows.mail"),
        (Switch(results=("team",)), "no place 'team'"),
        (Switch(schedule="x"), "write five fields"),
        (Switch(time_zone="Mars"), "no time zone"),
    ],
)
def test_what_can_t_be_switched_on(house: House, chosen: Switch, says: str) -> None:
    house.app(MONDAY)
    with pytest.raises(Exception, match=says):
        switch_on(house.parts, "note", "monday", ANA, chosen)
    switch_on(house.parts, "note", "monday", ANA)
    with pytest.raises(WorkflowError, match="is on already"):
        switch_on(house.parts, "note", "monday", ANA)
    with pytest.raises(WorkflowError, match="has no trigger 'tuesday'"):
        switch_on(house.parts, "note", "tuesday", ANA)
    with pytest.raises(WorkflowError, match="The app note is for staff"):
        switch_on(house.parts, "note", "monday", OLGA)


def test_without_an_input_it_isn_t_switched_on(house: House) -> None:
    house.app("triggers: [{name: daily, schedule: '0 7 * * *'}]")
    with pytest.raises(WorkflowError, match=r"'Subject' is missing, and nobody is asked.*--input subject="):
        switch_on(house.parts, "note", "daily", ANA)
    switch_on(house.parts, "note", "daily", ANA, Switch(inputs={"subject": "the day"}))
