"""Forms for other systems: what a person may have written, forms under review, and what became of them.

Nothing is written but by `confirm`, which needs a scope of its own and the mark of the form that the person has read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated

from fastapi import Query

from actions.proposals import Evidence, Proposal, State, of_user
from core.errors import ActionError, Busy
from core.types import User
from service import form_models as m
from service import forms, shapes
from service.models import Page
from service.parts import Parts
from service.problems import Conflict, NotFound, responses
from service.routes.apps import own_result
from service.routes.common import Confirming, Cursor, Filling, IdempotencyKey, Limit, With, router

routes = router("actions")
_MOST = 10_000
_NOT_MINE = responses(404)
_ONCE = responses(404, 409)


@routes.get("/actions")
def actions(caller: Filling, parts: With, cursor: Cursor = "", limit: Limit = 50) -> Page[m.ActionOut]:
    """What the person may have written into other systems."""
    found = list(parts.reviews.actions.of(caller.user).values())
    part, more = shapes.page_of(found, lambda a: a.id, cursor, limit)
    return Page(items=[forms.action(a) for a in part], next=more)


@routes.get("/actions/{action}", responses=_NOT_MINE)
def action(action: str, caller: Filling, parts: With) -> m.ActionOut:
    """An action with the values that its system allows now."""
    found = parts.reviews.actions.of(caller.user).get(action)
    if found is None:
        raise NotFound(f"There is no action {action[:60]!r} for you; /api/v1/actions lists yours.")
    return forms.action(found, found.fields(caller.user))


@routes.get("/forms")
def listed(
    caller: Filling,
    parts: With,
    state: Annotated[State | None, Query(description="Only forms in this state.")] = None,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Page[m.FormListed]:
    """The person's forms, the newest first."""
    found = of_user(parts.engine, caller.user, (state,) if state else (), _MOST)
    part, more = shapes.page_of(found, lambda p: p.id, cursor, limit)
    return Page(items=[forms.listed(p, parts) for p in part], next=more)


@routes.post("/forms", status_code=201, responses=_ONCE)
def propose(body: m.FormIn, caller: Filling, parts: With, idempotency_key: IdempotencyKey = "") -> m.FormOut:
    """Fills in a form, for its person to review; nothing is written."""
    return forms.form(proposed(body, caller.user, parts), caller.user, parts)


@routes.get("/forms/{form}", responses=_NOT_MINE)
def form(form: str, caller: Filling, parts: With) -> m.FormOut:
    """A form, and what became of it, with the record's address."""
    return forms.form(forms.own_form(form, caller.user, parts), caller.user, parts)


@routes.patch("/forms/{form}", responses=_ONCE)
def edit(
    form: str, body: m.FormChange, caller: Filling, parts: With, idempotency_key: IdempotencyKey = ""
) -> m.FormOut:
    """Changes fields of a form that isn't confirmed yet."""
    under_review = forms.own_form(form, caller.user, parts).state == "proposed"
    changed = parts.reviews.edit(form, body.fields, caller.user) if under_review else None
    if changed is None:
        raise Conflict("This form isn't under review any more; fill in a new one.")
    return forms.form(changed, caller.user, parts)


@routes.post("/forms/{form}/confirm", responses=_ONCE)
def confirm(
    form: str, body: m.Seen, caller: Confirming, parts: With, idempotency_key: IdempotencyKey = ""
) -> m.FormOut:
    """Sends the form as it was read; one that was changed since, or lacks something, isn't sent."""
    return _became(form, caller.user, parts, lambda: parts.reviews.confirm(form, caller.user, body.mark))


@routes.post("/forms/{form}/cancel", responses=_ONCE)
def cancel(form: str, caller: Filling, parts: With, idempotency_key: IdempotencyKey = "") -> m.FormOut:
    """Puts the form away without sending it."""
    return _became(form, caller.user, parts, lambda: parts.reviews.cancel(form, caller.user))


@routes.post("/forms/{form}/retry", responses=_ONCE)
def retry(form: str, body: m.Again, caller: Confirming, parts: With, idempotency_key: IdempotencyKey = "") -> m.FormOut:
    """Tries a confirmed form again that is stuck or waits."""
    return _became(form, caller.user, parts, lambda: parts.reviews.retry(form, caller.user, body.not_there))


@routes.post("/forms/{form}/settle", responses=_ONCE)
def settle(
    form: str, body: m.There, caller: Confirming, parts: With, idempotency_key: IdempotencyKey = ""
) -> m.FormOut:
    """Says that the person has found a stuck form's record in the other system."""
    return _became(form, caller.user, parts, lambda: parts.reviews.settle(form, body.record, caller.user))


@routes.post("/forms/{form}/undo", responses=_ONCE)
def undo(form: str, caller: Confirming, parts: With, idempotency_key: IdempotencyKey = "") -> m.FormOut:
    """Takes back what the form has written, where its system can."""
    return _became(form, caller.user, parts, lambda: parts.reviews.undo(form, caller.user))


def proposed(body: m.FormIn, user: User, parts: Parts) -> Proposal:
    """The form that is asked for, filled in. Raises ActionError: there is no such action or field for the person."""
    if body.run:
        return offered(body, user, parts)
    filled: dict[str, str] = {}
    if body.text:
        operation = parts.reviews.actions.named(body.action, user).operation
        told = {operation.title_field: body.text.strip().split("\n")[0][:200], operation.text_field: body.text.strip()}
        filled = {name: value for name, value in told.items() if name}
    return parts.reviews.propose(body.action, {**filled, **body.fields}, user, origin={"interface": "api"})


def offered(body: m.OfferIn, user: User, parts: Parts) -> Proposal:
    """The form that an app's run offers, with what it rests on.

    Raises:
        NotFound, ActionError: the person has no such run, or it offers no such form.
    """
    offers = own_result(body.run, user, parts).offers
    if body.offer >= len(offers):
        raise ActionError(f"The run offers {len(offers)} forms, and none is number {body.offer}; see its `offers`.")
    offer = offers[body.offer]
    fitting = {a.id: a for a in parts.reviews.actions.fitting(offer.to, user)}
    wanted = body.action or next(iter(fitting), "")
    if wanted not in fitting or (not body.action and len(fitting) > 1):
        known = ", ".join(fitting) or "none that is open to you"
        raise ActionError(f"The run's form is for {offer.to}: name the action in `action`; there is {known}.")
    evidence = {
        name: tuple(Evidence(q.quote, q.title, q.locator, q.document_id, q.url) for q in quotes)
        for name, quotes in offer.evidence.items()
    }
    # As the page names it, so that it isn't offered there once more.
    origin = {"run": body.run, "offer": f"{body.offer} {wanted}"}
    fields: Mapping[str, str] = {**offer.fields, **body.fields}
    return parts.reviews.propose(wanted, fields, user, evidence, origin)


def _became(form: str, user: User, parts: Parts, step: Callable[[], Proposal]) -> m.FormOut:
    """The form after the step. Raises Conflict: it can't be done with the form as it is."""
    forms.own_form(form, user, parts)
    try:
        return forms.form(step(), user, parts)
    except Busy:
        raise
    except ActionError as error:
        raise Conflict(str(error)) from error
