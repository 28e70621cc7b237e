"""Standing approvals of workflows: for an app as it is now, by the person as whom it runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from actions.approvals import Scope, StandingApproval, Terms, approvals_of, approve, revoke
from actions.review import Reviews
from core.errors import WorkflowError
from core.types import User
from workflows.parts import Workflows, digest_of


def approve_app(parts: Workflows, person: User, app_name: str, action: str, terms: Terms) -> StandingApproval:
    """The approval for the app as it is now.

    Raises:
        WorkflowError: the app isn't there or not theirs, or fills in no such form.
        ActionError: as `actions.approvals.approve`.
    """
    reviews = _reviews(parts)
    app = parts.app(app_name, person)
    known = reviews.actions.named(action, person)
    if not any(wanted.to in (known.id, known.kind_id) for wanted in app.actions):
        offered = ", ".join(dict.fromkeys(a.to for a in app.actions)) or "none"
        raise WorkflowError(f"The app {app.name} fills in no form for {action}; its forms: {offered}.")
    return approve(reviews, person, Scope(app.name, app.version, digest_of(app), action), terms)


def revoke_approval(parts: Workflows, person: User, wanted: str) -> StandingApproval:
    """The approval, which counts no more. Raises ActionError: there is no such valid one of theirs."""
    return revoke(parts.engine, wanted, person, parts.now())


def listed(parts: Workflows, person: User) -> list[dict[str, Any]]:
    """The person's approvals in words; one whose app is another by now covers nothing."""
    return [_told(parts, one) for one in approvals_of(parts.engine, person)]


def _told(parts: Workflows, one: StandingApproval) -> dict[str, Any]:
    state = one.state(parts.now())
    if state == "valid" and not _is_for_now(parts, one.scope):
        state = "outdated"
    labels, title = _labels(parts, one.scope.action)
    return {
        "id": one.id, "state": state, "app": one.scope.app, "version": one.scope.version, "action": one.scope.action,
        "title": title, "words": _words(one, {}), "labelled": _words(one, labels), "until": one.until,
        "made_at": one.made_at,
    }  # fmt: skip


def _words(one: StandingApproval, labels: Mapping[str, str]) -> str:
    fixed = [f"{labels.get(name, name)} is {' or '.join(values)}" for name, values in one.fixed.items()]
    vary = [f"may vary: {', '.join(labels.get(name, name) for name in one.vary)}"] if one.vary else []
    return "; ".join([*fixed, *vary, f"until {one.until:%Y-%m-%d}"])


def _labels(parts: Workflows, action: str) -> tuple[dict[str, str], str]:
    """(Field → what the form calls it, the action's title); nothing and its id where it isn't set up any more."""
    known = parts.reviews.actions.known.get(action) if parts.reviews is not None else None
    if known is None:
        return {}, action
    return {field.name: field.label for field in known.operation.fields}, known.title


def _is_for_now(parts: Workflows, scope: Scope) -> bool:
    try:
        return digest_of(parts.app(scope.app)) == scope.digest
    except WorkflowError:
        return False


def _reviews(parts: Workflows) -> Reviews:
    reviews = parts.reviews
    if reviews is None:
        raise WorkflowError("There is no system to write into; `actions:` in debrief.yaml names them.")
    return reviews
