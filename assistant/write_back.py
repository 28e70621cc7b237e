"""A message that orders something written into another system → a form for it, filled from the conversation.

Which system, and that there is a form at all, is read from the person's own message alone: what documents or a model
say can fill in fields and nothing else. The form is then the person's to review; nothing is written here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from actions.connections import Action
from actions.kinds.kind import Field
from actions.proposals import Evidence
from actions.review import Reviews
from assistant.events import Event, Stage
from assistant.orders import order_words
from assistant.question import Question
from assistant.records import StoredTurn
from core.errors import ActionError
from core.types import Answer, Citation

# The route of such an answer; its `query` is the form's id.
ACTION = "action"
_MOST_CHARS = 400
_WORD = re.compile(r"\w+")
_ABOUT = re.compile(r"^[^:]{3,80}:\s*(?P<what>\S.{5,})$", re.DOTALL)


@dataclass(frozen=True)
class WriteBackRequests:
    """Takes messages that ask for a form."""

    reviews: Reviews

    def events(self, question: Question, history: Sequence[StoredTurn]) -> Iterator[Event] | None:
        """The events of the answer that shows the form; None leaves the message to apps and the search."""
        if question.attachments or question.route is not None:
            return None
        fitting = self.wanted(question)
        return self._answered(question, fitting, history) if fitting else None

    def wanted(self, question: Question) -> list[Action]:
        """The person's actions that the message orders, only the best; several where it says no more."""
        if not is_order(question.text):
            return [a for a in self.reviews.actions.of(question.user).values() if _is_called(a, question.text)]
        words = order_words()
        ordered = words.order.match(question.text)
        object_ = words.skip.sub("", question.text[ordered.end() :].casefold()) if ordered else ""
        if words.made.match(object_):
            return []
        scored = [(_named(a, question.text, object_), a) for a in self.reviews.actions.of(question.user).values()]
        best = max((score for score, _ in scored), default=0)
        return [action for score, action in scored if score == best and best > 0]

    def _answered(
        self, question: Question, fitting: Sequence[Action], history: Sequence[StoredTurn]
    ) -> Iterator[Event]:
        yield Stage("action", "Filling in a form")
        if len(fitting) > 1:
            choices = tuple(f"{action.title}: {_topic(question, history)[0]}" for action in fitting)
            yield Answer("Into which system?", outcome="needs_input", route=ACTION, choices=choices)
            return
        action = fitting[0]
        try:
            values, evidence = _filled(action, question, history)
            origin = {"conversation": question.conversation_id or ""}
            form = self.reviews.propose(action.id, values, question.user, evidence, origin)
        except ActionError as error:
            yield Answer(str(error), outcome="refused", route=ACTION)
            return
        text = (
            f"**{action.title}**: this form is filled in for you. Look at it, and confirm it; nothing is written yet."
        )
        yield Answer(text, outcome="needs_input", route=ACTION, query=form.id)


def is_order(text: str) -> bool:
    """Whether a message orders something made in another system, by its form alone."""
    if len(text) > _MOST_CHARS and not _ABOUT.match(text):
        return False
    words = order_words()
    if words.need.match(text):
        return _ABOUT.match(text) is not None
    return words.order.match(text) is not None or (words.last.match(text) is not None and "?" in text)


def _named(action: Action, text: str, object_: str) -> int:
    """How much of the message names the action: its words, its kind, what its system is called here.

    Without the system's name the first thing that is ordered must be the record: "open a ticket", and not "write a
    summary of the ticket".
    """
    settings, kind = action.connection.settings, action.connection.kind
    # The name in the settings, such as "success", may be a word of any message.
    systems = {_plain(kind.title), _plain(settings.title), *order_words().names.get(kind.name, ())} - {""}
    said = f" {_plain(text)} "
    named = any(f" {name} " in said for name in systems)
    if not named and not _identified(action, text):
        return 0
    words = (*map(_plain, action.operation.words), *order_words().records.get(action.kind_id, ()))
    after = order_words().after
    found = [w for w in words if (named and f" {w} " in said) or re.match(re.escape(w) + after, object_)]
    # Named alone, a system means what it is mostly for. A plugin's operations stand in a document, none before others.
    usual = action.operation is next(iter(kind.operations), None) and any(
        re.match(rf"(?:with\s+)?{re.escape(name)}\s*(?:[:.!?]|$)", object_) for name in systems
    )
    return max((len(word.split()) + 1 for word in found), default=int(usual)) + 10 * (named and bool(found or usual))


def _is_called(action: Action, text: str) -> bool:
    """Whether the message begins with the action's own title, whose verb may be any: "Plan a visit: the roof leaks"."""
    title = action.operation.title.casefold()
    return (
        len(title.split()) > 1 and re.match(rf"\W*{re.escape(title)}{order_words().after}", text.casefold()) is not None
    )


def _plain(text: str) -> str:
    """The words alone, in lower case: "Jira-Ticket" is two."""
    return " ".join(_WORD.findall(text.casefold()))


def _identified(action: Action, text: str) -> bool:
    """Whether the message names the record that the action adds to; True where it makes a new one."""
    names = [f for f in action.operation.fields if f.about and f.pattern]
    return all(re.search(rf"(?<![\w-])(?:{f.pattern})(?![\w-])", text) for f in names)


def _topic(question: Question, history: Sequence[StoredTurn]) -> tuple[str, str, tuple[Evidence, ...]]:
    """(Title, text, what the text rests on): what the message says after a colon, else the last answer."""
    about = _ABOUT.match(question.text)
    if about is not None:
        text = about["what"].strip()
        return text.split("\n")[0][:200], text, ()
    if not history:
        return "", "", ()
    turn = history[-1]
    quotes = tuple(Evidence(c.quote, c.title, c.locator, c.document_id, c.url) for c in turn.answer.citations)
    sources = "\n".join(dict.fromkeys(map(_source, turn.answer.citations)))
    text = turn.answer.text + (f"\n\n{sources}" if sources else "")
    return turn.question.strip()[:200], text, quotes


def _source(cited: Citation) -> str:
    """A line of the sources; where a file lies on this machine is nobody else's business."""
    url = cited.url if cited.url.startswith(("https://", "http://")) else ""
    return f"[{cited.marker}] {cited.title} {url}".rstrip()


def _filled(
    action: Action, question: Question, history: Sequence[StoredTurn]
) -> tuple[dict[str, str], Mapping[str, tuple[Evidence, ...]]]:
    title, text, quotes = _topic(question, history)
    operation = action.operation
    values = {operation.title_field: title, operation.text_field: text}
    for field in action.fields(question.user):
        if field.name not in values and (said := _said(field, question.text)):
            values[field.name] = said
    evidence = {operation.text_field: quotes} if quotes else {}
    return {name: value for name, value in values.items() if name}, evidence


def _said(field: Field, text: str) -> str:
    """The field's value that the person's own message names; empty when it names none, or more than one."""
    if field.pattern:
        found = re.findall(rf"(?<![\w-])(?:{field.pattern})(?![\w-])", text)
    else:
        words = " ".join(re.findall(r"[\w-]+", text.casefold()))
        folded = f" {words} "
        found = [c.value for c in field.choices if any(f" {n.casefold()} " in folded for n in (c.value, c.label) if n)]
    return found[0] if len(set(found)) == 1 else ""
