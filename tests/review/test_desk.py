"""Reviewers at work: blind, each item by so many, nothing lost, nothing shown that they may not read."""

from __future__ import annotations

import random
import subprocess
import sys
import textwrap
from collections.abc import Callable

import pytest

from core.audit import recorded
from core.database import utc_now
from core.errors import ReviewError
from core.types import User
from review.desk import Desk
from review.exports import FORMATS, exported
from review.items import Item
from review.results import results_of
from review.store import HELD, Store
from review.tables import labels
from tests.review.conftest import CLOSED, LEAD, REVIEWERS, readable

ONE, TWO, THREE = REVIEWERS[:3]


def label_all(desk: Desk, user: User, choose: Callable[[Item], str]) -> int:
    """Labels whatever the person is given; how many."""
    count = 0
    while (task := desk.next("answers-48", user)) is not None:
        desk.save(task, user, choose(task.item))
        count += 1
    return count


def test_each_item_is_labelled_by_so_many_and_by_nobody_twice(opened: Callable[..., Desk]) -> None:
    desk = opened(6, each=2)
    counts = [label_all(desk, reviewer, lambda _: "right") for reviewer in (ONE, TWO, THREE)]
    assert counts == [6, 6, 0]
    results = results_of(desk.store, "answers-48")
    assert results.complete() == 6 and {len(labels) for labels in results.table().values()} == {2}


def test_an_item_that_is_open_is_given_again_with_what_was_chosen(opened: Callable[..., Desk]) -> None:
    desk = opened()
    task = desk.next("answers-48", ONE)
    assert task is not None and (task.done, task.left) == (0, 4)
    desk.draft(task, ONE, "partly", "hm")
    again = desk.next("answers-48", ONE)
    assert again is not None and again.held.number == task.held.number
    assert (again.held.value, again.held.note) == ("partly", "hm")
    other = desk.next("answers-48", TWO)
    assert other is not None and other.held.value is None, "nobody sees another's label"


def test_the_second_of_two_windows_is_told(opened: Callable[..., Desk]) -> None:
    desk = opened()
    first, second = desk.next("answers-48", ONE), desk.next("answers-48", ONE)
    assert first is not None and second is not None
    desk.save(first, ONE, "right")
    with pytest.raises(ReviewError, match="in another window"):
        desk.save(second, ONE, "wrong")
    assert [label.value for label in desk.store.labels("answers-48")] == ["right"]


def test_what_may_not_be_read_is_never_given_nor_kept(opened: Callable[..., Desk]) -> None:
    items = [
        Item("Open answer."),
        Item("Closed answer.", documents=(CLOSED,)),
        Item("Gone.", documents=("files:gone.md",)),
    ]
    desk = opened(items=items)
    gone = Desk(desk.store, lambda ids, user: {i for i in readable(ids, user) if i != "files:gone.md"})
    seen: dict[str, list[str]] = {}
    for reviewer in (ONE, TWO):
        label_all(gone, reviewer, lambda item, r=reviewer: seen.setdefault(r.email, []).append(item.text) or "right")
    assert seen == {ONE.email: ["Open answer.", "Closed answer."], TWO.email: ["Open answer."]}
    task = desk.next("answers-48", THREE)
    assert task is not None
    shut = Desk(desk.store, lambda ids, user: set())
    with pytest.raises(ReviewError, match="may not read this item's documents any more"):
        shut.save(task, THREE, "right")


def test_a_lead_takes_along_only_what_they_may_read_and_all_labels_count(opened: Callable[..., Desk]) -> None:
    desk = opened(items=[Item("Open answer."), Item("Closed answer.", documents=(CLOSED,))], each=1)
    label_all(desk, ONE, lambda _: "right")
    results = results_of(desk.store, "answers-48")
    seen = results.seen_by(desk.shown(desk.store.job("answers-48"), LEAD))
    for form in FORMATS:
        assert "Closed answer." not in exported(seen, form, "majority") and "Open answer." in exported(
            seen, form, "majority"
        )
    assert seen.table() == results.table() and set(seen.closed) == {2} and list(seen.outcomes("dawid_skene")) == [1]


def test_a_reviewer_is_taken_out_in_the_middle(opened: Callable[..., Desk]) -> None:
    desk = opened()
    done = desk.next("answers-48", ONE)
    assert done is not None
    desk.save(done, ONE, "right")
    held = desk.next("answers-48", ONE)
    assert held is not None
    desk.store.remove("answers-48", ONE.email, LEAD)
    with pytest.raises(ReviewError, match="no tasks for you"):
        desk.save(held, ONE, "right")
    assert [label.reviewer for label in desk.store.labels("answers-48")] == [ONE.email]
    assert label_all(desk, TWO, lambda _: "wrong") == 4


def test_skipped_goes_to_somebody_else_and_handed_on_to_a_lead(opened: Callable[..., Desk]) -> None:
    desk = opened(1, each=1)
    task = desk.next("answers-48", ONE)
    assert task is not None
    with pytest.raises(ReviewError, match="Say in the note why"):
        desk.pass_on(task, ONE, " ", to_lead=True)
    desk.pass_on(task, ONE, "two readings", to_lead=True)
    assert desk.next("answers-48", ONE) is None
    assert list(results_of(desk.store, "answers-48").to_decide("majority")) == [1]
    other = desk.next("answers-48", TWO)
    assert other is not None
    desk.pass_on(other, TWO, "", to_lead=False)
    with pytest.raises(ReviewError, match="don't lead"):
        desk.store.decide("answers-48", 1, "right", TWO)
    desk.store.decide("answers-48", 1, "right", LEAD)
    results = results_of(desk.store, "answers-48")
    assert not results.to_decide("majority") and results.outcomes("majority")[1].way == "lead"
    actions = {entry.action for entry in recorded(desk.store.engine)}
    assert {"made review job", "review label escalated", "review label skipped", "decided review item"} <= actions


def test_what_everybody_skips_goes_to_a_lead(opened: Callable[..., Desk]) -> None:
    desk = opened(1, each=2)
    for reviewer in (ONE, TWO):
        assert not results_of(desk.store, "answers-48").to_decide("majority")
        task = desk.next("answers-48", reviewer)
        assert task is not None
        desk.pass_on(task, reviewer, "", to_lead=False)
    assert list(results_of(desk.store, "answers-48").to_decide("majority")) == [1]


def test_a_label_that_comes_when_others_have_labelled_is_kept_and_doesnt_count(opened: Callable[..., Desk]) -> None:
    desk = opened(1, each=1)
    late = desk.next("answers-48", ONE)
    with desk.store.engine.begin() as connection:
        connection.execute(labels.update().values(at=utc_now() - HELD))
    other = desk.next("answers-48", TWO)
    assert late is not None and other is not None, "who holds it for too long holds it no more"
    assert desk.save(other, TWO, "right") and not desk.save(late, ONE, "wrong")
    assert [label.value for label in desk.store.labels("answers-48")] == ["right"]
    assert [label.value for label in desk.store.labels("answers-48", ("late",))] == ["wrong"]
    assert desk.next("answers-48", ONE) is None


@pytest.mark.parametrize(
    ("label", "value", "kept"),
    [
        ({"kind": "scale", "points": 5}, 3, 3),
        ({"kind": "scale", "points": 5}, 6, None),
        ({"kind": "scale", "points": 5}, True, None),
        ({"kind": "choices", "values": ["a", "b"]}, ["b", "a"], ["a", "b"]),
        ({"kind": "choices", "values": ["a", "b"]}, [], None),
        ({"kind": "ranking"}, "A", "A"),
        ({"kind": "text"}, "  words ", "words"),
        ({"kind": "text"}, " ", None),
        ({"kind": "spans", "values": ["name"]}, [[0, 6, "name"]], [[0, 6, "name"]]),
        ({"kind": "spans", "values": ["name"]}, [[0, 600, "name"]], None),
        ({"kind": "spans", "values": ["name"]}, [["0", 6, "name"]], None),
        ({"kind": "choice", "values": ["a", "b"]}, "c", None),
    ],
)
def test_a_label_is_what_the_job_asks_for(
    opened: Callable[..., Desk], label: dict[str, object], value: object, kept: object
) -> None:
    desk = opened(1, label=label)
    task = desk.next("answers-48", ONE)
    assert task is not None
    if kept is None:
        with pytest.raises(ReviewError):
            desk.save(task, ONE, value)
        assert not desk.store.labels("answers-48")
    else:
        desk.save(task, ONE, value)
        assert [given.value for given in desk.store.labels("answers-48")] == [kept]


def test_a_paused_and_an_ended_job_gives_nothing(opened: Callable[..., Desk]) -> None:
    desk = opened(until="2020-01-01")
    with pytest.raises(ReviewError, match="ended on 01 January 2020"):
        desk.next("answers-48", ONE)
    desk.store.set_state("answers-48", "paused", LEAD)
    with pytest.raises(ReviewError, match="is paused"):
        desk.next("answers-48", ONE)


def test_sixty_items_by_five_reviewers_beat_every_single_one(opened: Callable[..., Desk]) -> None:
    chance = random.Random(4)
    truth = {f"Answer number {n}.": chance.choice(["right", "partly", "wrong"]) for n in range(60)}
    items = [Item(text, gold=value if n < 8 else None) for n, (text, value) in enumerate(truth.items())]
    desk = opened(items=items, each=5)
    for reviewer, error in zip(REVIEWERS, (0.15, 0.2, 0.25, 0.3, 0.45), strict=True):

        def said(item: Item, error: float = error) -> str:
            wrong = [v for v in ("right", "partly", "wrong") if v != truth[item.text]]
            return chance.choice(wrong) if chance.random() < error else truth[item.text]

        assert label_all(desk, reviewer, said) == 60
    results = results_of(desk.store, "answers-48")
    table, text_of = results.table(), {n: item.text for n, item in results.items.items()}
    single = max(sum(table[n][r.email] == truth[text_of[n]] for n in table) for r in REVIEWERS)
    for way in ("gold", "dawid_skene"):
        outcomes = results.outcomes(way)  # type: ignore[arg-type]
        assert sum(outcomes[n].value == truth[text_of[n]] for n in outcomes) > single
    value, between = results.agreement()
    assert value is not None and between is not None and between[0] < value < between[1]
    worst = min(results.reviewers(), key=lambda reviewer: reviewer.agrees or 0.0)
    assert worst.email == REVIEWERS[4].email and all(r.gold[1] == 8 and r.done == 60 for r in results.reviewers())


def test_a_killed_process_loses_no_label(opened: Callable[..., Desk], store: Store) -> None:
    opened(40, each=1)
    code = """
        import os, signal
        from core.database import open_database
        from core.settings import load_settings
        from core.types import User
        from review.desk import Desk
        from review.store import Store
        desk, me, done = Desk(Store(open_database(load_settings())), lambda ids, user: set(ids)), User("r1@x.example"), 0
        while (task := desk.next("answers-48", me)) is not None:
            desk.save(task, me, "right")
            done += 1
            print(done, flush=True)
            if done == 17:
                desk.next("answers-48", me)
                os.kill(os.getpid(), signal.SIGKILL)
    """
    ended = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False)
    assert ended.returncode == -9 and ended.stdout.split()[-1] == "17"
    assert len(store.labels("answers-48")) == 17
    assert label_all(Desk(store, readable), ONE, lambda _: "right") == 23
