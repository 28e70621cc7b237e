"""A question in a conversation → questions that stand on their own, by rules; or what to ask back.

Three things, in this order: a reply to something that was asked back is put into its question, references to what was
said before are replaced or spelled out, several questions in one are taken apart. `Rewriter` does the first two with a
language model when one is configured.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.answers.asked.small_talk import ROUTE as TALK
from assistant.records import StoredTurn
from assistant.understanding.follow_up import Likeness, in_context
from assistant.understanding.replies import NO_REPLY, Reply, reply_of
from core.llm import ChatModels, Spending
from core.text.words import FUNCTION_WORDS, content_words
from core.types import Attributes, Passage
from prompts import load_prompt

_MAX_PARTS = 3
_REMEMBERED_TURNS = 3
# Pronouns that a name can stand in for without any other change to the sentence.
_SUBJECT = re.compile(r"\b(?:it|they|them|he|him|she|this one|that one|the same)\b", re.IGNORECASE)
_OWNER = re.compile(r"\b(?:its|their|his|her)\b(?=\s+[a-z])", re.IGNORECASE)
_ASKING = r"(?:what|who|whom|whose|when|where|why|which|how|is|are|was|were|does|do|did|can|could|should|will|has|have)"
_PARTS = re.compile(rf"(?<=\?)\s+(?=\S)|(?:,\s*|\s+)and\s+(?={_ASKING}\b)|;\s+(?={_ASKING}\b)", re.IGNORECASE)
_STARTS_ASKING = re.compile(rf"^\W*{_ASKING}\b", re.IGNORECASE)
# "the customer" without saying which: the attribute that the documents' metadata has choices for.
_UNSPECIFIED: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    ("customer", "customer", re.compile(r"\b(?:the|this|that|our|my) (?:customer|client|account)(?:'s|’s)?\b", re.I)),
    ("product", "product", re.compile(r"\b(?:the|this|that|our|my) (?:product|module)(?:'s|’s)?\b", re.I)),
    ("project", "project", re.compile(r"\b(?:the|this|that|our|my) (?:project|engagement)(?:'s|’s)?\b", re.I)),
)
_MAX_CHOICES = 8


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What is searched for.

    Attributes:
        how: What was done, for the trace; empty when nothing was.
        reply: What it takes up of the last answer.
    """

    questions: tuple[str, ...]
    how: str = ""
    reply: Reply = NO_REPLY

    @property
    def text(self) -> str:
        """All of them as one."""
        return " ".join(self.questions)


@dataclass(frozen=True, slots=True)
class AskBack:
    """What has to be known before there is an answer, and what there is to choose from."""

    question: str
    choices: tuple[str, ...]
    attribute: str


def rewrite(question: str, history: Sequence[StoredTurn], alike: Likeness | None = None) -> Rewritten:
    """The stand-alone questions that `question` asks after `history`, by rules.

    Args:
        alike: Compares a fragment with the words of the question before; None leaves that out.
    """
    history = [turn for turn in history if turn.answer.route != TALK or turn is history[-1]]
    reply = reply_of(question, history)
    if reply.kind == "choice":
        chosen = _answered_back(reply.question, history[-1]) or reply.question
        return Rewritten((chosen,), "put the choice into the question that was asked before", reply)
    if reply.kind:
        return Rewritten((reply.question,), f"took up the last answer: {reply.kind}", reply)
    standalone = in_context(question, before, alike) if (before := _before(history)) else question
    parts = split_questions(standalone)
    how = ["spelled out what it refers to"] if standalone != question else []
    if len(parts) > 1:
        how.append(f"split into {len(parts)} questions")
    return Rewritten(parts, "; ".join(how))


def _before(history: Sequence[StoredTurn]) -> str:
    """The last question that was about something, as it was understood."""
    return next((t.standalone or t.question for t in reversed(history) if t.answer.route != TALK), "")


def rewrite_with_model(question: str, history: Sequence[StoredTurn], models: ChatModels, spent: Spending) -> Rewritten:
    """The same by the model for the task "rewrite". Without history there is nothing that needs a model.

    Raises:
        ModelError: no model answered; the rules do then.
    """
    if not history:
        return rewrite(question, history)
    said = "\n".join(f"Person: {t.question}\nAnswer: {t.answer.text[:600]}" for t in history[-_REMEMBERED_TURNS:])
    reply = models.complete("rewrite", load_prompt("rewrite").render(history=said, question=question), spent)
    lines = [line.strip(" -•\t") for line in reply.splitlines() if line.strip()]
    # A reply that grew far beyond the question, or has nothing of it, is no rewriting.
    kept = [line for line in lines if len(line) <= 4 * len(question) + 200][:_MAX_PARTS]
    return Rewritten(tuple(kept), "by the model") if kept else rewrite(question, history)


def split_questions(question: str) -> tuple[str, ...]:
    """The parts of a question that asks several things; at most three. A later part's pronoun gets the first's name."""
    parts = [part.strip(" ,") for part in _PARTS.split(question) if part.strip(" ,?")]
    if len(parts) < 2 or len(parts) > _MAX_PARTS or not all(_STARTS_ASKING.match(part) for part in parts):
        return (question,)
    if any(len(content_words(part)) < 1 or len(part.split()) < 3 for part in parts):
        return (question,)
    subject = topic(parts[0])
    later = [_filled_in(part, subject) if subject else part for part in parts[1:]]
    return tuple(p if p.endswith("?") else f"{p}?" for p in (parts[0], *later))


def ask_back(question: str, passages: Sequence[Passage], context: Attributes) -> AskBack | None:
    """What to ask when the question says "the customer" and the documents that fit are of several customers."""
    folded = question.casefold()
    for attribute, noun, pattern in _UNSPECIFIED:
        if not pattern.search(question) or context.get(attribute):
            continue
        values: dict[str, None] = {}
        for passage in passages:
            value = passage.chunk.metadata.get(attribute)
            for one in value if isinstance(value, tuple) else (value,):
                if isinstance(one, str) and one.strip():
                    values.setdefault(one.strip())
        named = any(value.casefold() in folded for value in values)
        if len(values) > 1 and not named:
            return AskBack(f"Which {noun} do you mean?", tuple(values)[:_MAX_CHOICES], attribute)
    return None


def topic(text: str) -> str:
    """What a text is about: its last name, or its last noun-like words when it has no name."""
    names = re.findall(
        r"\b(?!(?:What|Who|When|Where|Why|Which|How|Is|Are|Was|Were|Does|Do|Did|Can|Could|Should|Will|The|A|An)\b)"
        r"[A-Z][\w’'&-]*(?:\s+(?:of|de|für|[A-Z0-9][\w’'&-]*))*",
        text,
    )
    if names:
        return str(names[-1]).removesuffix("'s").removesuffix("’s")
    tail = re.split(r"[^\w\s’'-]", text.rstrip(" ?.!"))[-1].split()
    while tail and tail[0].casefold() in FUNCTION_WORDS:
        tail = tail[1:]
    phrase: list[str] = []
    for word in reversed(tail):
        if word.casefold() in FUNCTION_WORDS:
            break
        phrase.insert(0, word)
    return " ".join(phrase[-4:])


def _filled_in(question: str, subject: str) -> str:
    filled = _OWNER.sub(f"{subject}'s", question, count=1)
    return filled if filled != question else _SUBJECT.sub(subject, question, count=1)


def _answered_back(chosen: str, last: StoredTurn) -> str:
    """The last question with the choice put in, if it was asked back for it."""
    if last.answer.outcome != "needs_input":
        return ""
    asked = last.question
    for _, _, pattern in _UNSPECIFIED:
        match = pattern.search(asked)
        if match:
            owner = "'s" if match.group().endswith(("'s", "’s")) else ""
            return asked[: match.start()] + chosen + owner + asked[match.end() :]
    return f"{asked} ({chosen})"
