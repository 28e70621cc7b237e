"""Webhooks: a signed request from another system is an event of one workflow.

    X-Debrief-Signature: t=1764334800,v1=<hex of HMAC-SHA256(secret, "1764334800." + body)>
    X-Hub-Signature-256: sha256=<hex of HMAC-SHA256(secret, body)>      (as GitHub and others send it)

The first may be five minutes old at most, and counts once. The second has no time: the same body counts once, unless
its sender names each delivery (`X-GitHub-Delivery` or `Idempotency-Key`).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping

from core.errors import WorkflowError
from core.sealed import opened
from workflows.collect import enqueued
from workflows.events import Happened, holds
from workflows.kept import Event, Workflow, all_workflows
from workflows.parts import Workflows

MOST_BYTES = 64_000
_TIMED = re.compile(r"t=(\d{1,12}),\s*v1=([0-9a-f]{64})")
_MOST_AGE_S = 300


class NotSigned(WorkflowError):
    """There is no such hook, or the signature isn't its secret's: which of both isn't said."""


def received(parts: Workflows, hook: str, body: bytes, headers: Mapping[str, str]) -> bool:
    """Whether the request began a run: a repeated one, or one whose condition doesn't hold, doesn't.

    Raises:
        NotSigned: there is no such hook, or the signature is missing, wrong, or too old.
        WorkflowError: the body is too large, or no JSON.
    """
    if len(body) > MOST_BYTES:
        raise WorkflowError(f"The body has over {MOST_BYTES:,} bytes; send less.")
    known = next((w for w in all_workflows(parts.engine) if w.id == hook and w.secret), None)
    key = _signed_key(parts, known, body, headers) if known is not None else ""
    if known is None or not key:
        raise NotSigned("There is no such hook, or its signature is missing, wrong, or older than five minutes.")
    if known.paused:
        raise WorkflowError("The workflow is paused; nothing was kept. Send it again when it goes on.")
    try:
        told = json.loads(body or b"{}")
    except ValueError as error:
        raise WorkflowError(f"The body is no JSON ({error}); send an object.") from error
    trigger = parts.trigger(parts.app(known.app), known.trigger)
    facts = {"body": told}
    if not holds(trigger, facts):
        return False
    return bool(enqueued(parts, known, Happened([Event(key, facts)]), parts.now()))


def _signed_key(parts: Workflows, known: Workflow, body: bytes, headers: Mapping[str, str]) -> str:
    """The delivery's own name if its signature is right; else empty."""
    secret = opened(parts.settings, known.secret).encode()
    sent = {name.lower(): value for name, value in headers.items()}
    named = sent.get("idempotency-key") or sent.get("x-github-delivery") or hashlib.sha256(body).hexdigest()
    timed = _TIMED.fullmatch(sent.get("x-debrief-signature", ""))
    if timed is not None:
        is_recent = abs(parts.now().timestamp() - int(timed[1])) <= _MOST_AGE_S
        right = hmac.new(secret, f"{timed[1]}.".encode() + body, hashlib.sha256).hexdigest()
        return f"{timed[1]} {named[:200]}" if is_recent and hmac.compare_digest(right, timed[2]) else ""
    plain = sent.get("x-hub-signature-256", "")
    right = "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
    return named[:200] if hmac.compare_digest(right, plain) else ""
