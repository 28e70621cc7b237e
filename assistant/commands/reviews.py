"""`debrief apps review|reviews|approve|request-changes`: an app for many is read by a second person first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from apps.authoring.differences import changes_in_words
from apps.authoring.powers import powers
from apps.publish import AppVersion, TestResult
from apps.publish.approval import (
    Review,
    approve,
    ask_for_review,
    find_review,
    open_reviews,
    request_changes,
)
from apps.publish.load import AppText
from apps.publish.versions import list_versions
from assistant.commands import running
from core.console import out, print_json
from core.database import Engine, open_database
from core.errors import AppError
from core.settings import Settings, load_settings
from core.types import User

AsUser = Annotated[str, typer.Option("--user", help="Who acts; default: auth.development_user.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Which = Annotated[str, typer.Argument(help="The app's name, or the review's id.")]
# (Settings, database, address) → the author of that address. Raises AppError: they may not publish apps.
Author = Callable[[Settings, Engine, str], User]


def add_commands(apps_app: typer.Typer, author: Author) -> None:
    """Adds the commands on open reviews to `debrief apps`."""

    @apps_app.command("reviews")
    def reviews(as_json: AsJson = False) -> None:
        """Lists the versions that wait for a second person, with what is new in each."""
        engine = open_database(load_settings())
        waiting = open_reviews(engine)
        if as_json:
            print_json({"reviews": [_facts(engine, review) for review in waiting]})
            return
        for review in waiting:
            _show(engine, review)
        if not waiting:
            out.print("Nothing waits for a review.")

    @apps_app.command("approve")
    def approve_app(
        which: Which,
        unverified: Annotated[
            bool, typer.Option("--unverified", help="Also when tests fail; it isn't verified then.")
        ] = False,
        user: AsUser = "",
    ) -> None:
        """Publishes a version that somebody else asked a review of."""
        settings = load_settings()
        engine = open_database(settings)
        person = author(settings, engine, user)
        review = _open_one(engine, which)
        running.check_released(review.load(), person, settings)
        made = approve(engine, review.id, person, unverified=unverified)
        out.print(f"Published {made.app} {made.version}, {_state(made)}.")

    @apps_app.command("request-changes")
    def changes(
        which: Which,
        note: Annotated[str, typer.Option("--note", help="What should change, for the author.")],
        user: AsUser = "",
    ) -> None:
        """Gives a version back to its author, with what should change."""
        settings = load_settings()
        engine = open_database(settings)
        person = author(settings, engine, user)
        found = request_changes(engine, _open_one(engine, which).id, person, note)
        out.print(f"{found.author} is asked for changes in {found.app} {found.version}.")


def send_for_review(
    engine: Engine, text: AppText, tests: list[TestResult], user: User, said: str, *, unverified: bool
) -> Review:
    """Opens a review. Raises AppError: tests fail, and `unverified` isn't set."""
    failed = [test.name for test in tests if not test.passed]
    if (failed or not tests) and not unverified:
        reason = f"the tests {', '.join(failed)} fail" if failed else "it has no tests"
        raise AppError(f"Nobody is asked: {reason}; mend that, or ask with --unverified.")
    return ask_for_review(engine, text, tests, user, said)


def _open_one(engine: Engine, which: str) -> Review:
    """The open review of that app, or of that id. Raises AppError when there is none."""
    found = next((review for review in open_reviews(engine) if review.app == which), None)
    return found or find_review(engine, which)


def _facts(engine: Engine, review: Review) -> dict[str, object]:
    can = powers(review.load())
    return {
        "id": review.id,
        "app": review.app,
        "version": review.version,
        "author": review.author,
        "asked_at": review.asked_at,
        "said": review.said,
        "changes": _changes(engine, review),
        "tests": [{"name": t.name, "passed": t.passed, "problems": t.problems} for t in review.tests],
        "reads": can.reads,
        "makes": can.makes,
        "does": can.acts,
    }


def _changes(engine: Engine, review: Review) -> list[str]:
    current = next((v for v in list_versions(engine, review.app) if v.current), None)
    return changes_in_words(current.written if current is not None else None, review.written)


def _show(engine: Engine, review: Review) -> None:
    out.print(f"{review.app} {review.version}, by {review.author}, {review.asked_at:%Y-%m-%d %H:%M}", markup=False)
    can = powers(review.load())
    lines = [f"“{review.said}”"] * bool(review.said) + _changes(engine, review)
    lines += [f"reads: {line}" for line in can.reads] + [f"makes: {line}" for line in can.makes]
    lines += [f"does: {line}" for line in can.acts]
    lines += [f"test {'passed' if t.passed else 'FAILED'}: {t.name}" for t in review.tests] or ["no tests"]
    for line in lines:
        out.print(f"  {line}", markup=False)


def _state(version: AppVersion) -> str:
    return "verified" if version.verified else "not verified"
