"""What an app can read and do, in words, for whoever approves it: it follows from its steps alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from apps.language import App, Step
from apps.run.inputs import shown
from apps.steps import KINDS

_FILES = ("file", "files")


@dataclass(frozen=True)
class Powers:
    """What an app reads, what it makes, and what it does beyond the person who runs it."""

    reads: tuple[str, ...]
    makes: tuple[str, ...]
    acts: tuple[str, ...]


def powers(app: App) -> Powers:
    """All that the app's steps can do, whichever of them run."""
    reads = [f"Files that the person attaches as “{shown(i)}”." for i in app.inputs if i.type in _FILES]
    reads += [
        f"Documents that the person chooses as “{shown(i)}”." for i in app.inputs if i.type in ("document", "documents")
    ]
    makes: list[str] = []
    acts: list[str] = []
    for step in app.steps:
        if step.use in _READS:
            reads.append(_READS[step.use](step.values))
        elif step.use in _MAKES:
            makes.append(f"{_MAKES[step.use](step)}{_leaves(step)}")
        elif step.use not in _HARMLESS:
            # A kind of step that came later: whatever it does is told, rather than nothing.
            acts.append(f"{step.title or step.id}: {KINDS[step.use].does}")
    acts += [f"Fills in forms for {a.to}, which a person confirms, or has approved beforehand." for a in app.actions]
    acts += [f"Runs by itself for whoever switches on “{t.title or t.name}” ({t.kind})." for t in app.triggers]
    if not acts:
        acts.append("Nothing: it sends nothing and changes nothing; whoever runs it takes the result away.")
    return Powers(_unique(reads), _unique(makes), _unique(acts))


def _where(values: Mapping[str, Any]) -> str:
    parts = [f"of {', '.join(map(str, values['sources']))}" if values.get("sources") else ""]
    parts += [f"of the kind {values['kind']}" if values.get("kind") else ""]
    parts += [f"with {values['filter']}" if values.get("filter") else ""]
    said = " ".join(filter(None, parts))
    return f" {said}" if said else ""


_READS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "retrieve": lambda v: f"Passages of the documents{_where(v)} that the person may read.",
    "find_documents": lambda v: f"The documents{_where(v)} that the person may read.",
    "answer": lambda v: f"Passages of the documents{_where(v)} that the person may read.",
    "list_customers": lambda v: "The names of the customers that the person may know of.",
    "account_facts": lambda v: "What the documents that the person may read say of a customer.",
    "query": lambda v: f"THE DATA WAREHOUSE, with the service's account and not the person's rights: {v.get('sql')}",
    "run_app": lambda v: f"What the app {v.get('app')} reads.",
    "extract_meeting": lambda v: "A meeting's notes or transcript that it is given.",
    "compare_documents": lambda v: "Reports that it is given.",
}
_MAKES: Mapping[str, Callable[[Step], str]] = {
    "write": lambda step: (
        f"A text, “{step.title or step.id}”"
        + (
            ", written by a language model if there is one"
            if step.values.get("prompt") or step.values.get("edit")
            else ""
        )
    ),
    "render": lambda step: f"A {step.values.get('format')} file",
    "table": lambda step: f"A table, “{step.title or step.id}”",
    "translate": lambda step: "A translation by a language model",
}
_HARMLESS = frozenset({"choose", "ask", "stop"})


def _leaves(step: Step) -> str:
    return (
        "; it is meant for the customer, and what isn't for customers is left out."
        if step.values.get("for_customer")
        else "."
    )


def _unique(lines: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(lines))
