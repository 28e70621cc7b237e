"""A question in a conversation → questions that stand on their own, by rules; or what to ask back.

Three things, in this order: a reply to something that was asked back is put into its question, references to what was
said before are replaced or spelled out, several questions in one are taken apart. `Rewriter` does the first two with a
language model when one is configured.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.answers.expectation import names_in
from assistant.records import StoredTurn
from core.llm import ChatModels, Spending
from core.text.words import FUNCTION_WORDS, content_words
from core.types import Attributes, Passage
from prompts import load_prompt

_MAX_PARTS = 3
_REMEMBERED_TURNS = 3
_REFERENCE = re.compile(
    r"\b(?:it|its|they|them|their|theirs|he|him|his|she|her|hers|this|that|these|those|there|one|ones|the same|"
    r"er|sie|ihn|ihm|ihr|ihre|dieser|diese|dieses|jener|davon|dafür|damit|dort|"
    r"él|ella|ellos|ellas|esto|eso|aquello|este|esta|ese|esa|allí|su|sus|"
    r"il|elle|ils|elles|celui|celle|ceux|cela|ça|y|en|leur|leurs)\b",
    re.IGNORECASE,
)
# Pronouns that a name can stand in for without any other change to the sentence.
_SUBJECT = re.compile(r"\b(?:it|they|them|he|him|she|this one|that one|the same)\b", re.IGNORECASE)
_OWNER = re.compile(r"\b(?:its|their|his|her)\b(?=\s+[a-z])", re.IGNORECASE)
_CONTINUES = re.compile(
    r"^(?:and|or|but|so|also|what about|how about|what else|why|why not|since when|until when|then|ok|okay|yes|no|"
    r"und|oder|aber|was ist mit|wie ist es mit|warum|y|o|pero|qué hay de|por qué|et|ou|mais|pourquoi|qu'en est-il de)"
    r"\b",
    re.IGNORECASE,
)
_WHAT_ABOUT = re.compile(
    r"^(?:and |but |or |und |y |et )?"
    r"(?:what about|how about|was ist mit|wie ist es mit|qué hay de|qu'en est-il de|and|und|y|et|for|für)\s+"
    r"(?:in |for |at |für |en |de |the )?(.+?)\s*\?*$",
    re.IGNORECASE,
)
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
    """What is searched for. `how` says for the trace what was done; empty when nothing was."""

    questions: tuple[str, ...]
    how: str = ""

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


def rewrite(question: str, history: Sequence[StoredTurn]) -> Rewritten:
    """The stand-alone questions that `question` asks after `history`, by rules."""
    answered = _answered_back(question, history)
    standalone = answered or _with_context(question, history)
    parts = split_questions(standalone)
    how = []
    if answered:
        how.append("put the choice into the question that was asked before")
    elif standalone != question:
        how.append("spelled out what it refers to")
    if len(parts) > 1:
        how.append(f"split into {len(parts)} questions")
    return Rewritten(parts, "; ".join(how))


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


def _with_context(question: str, history: Sequence[StoredTurn]) -> str:
    if not history:
        return question
    before = history[-1].standalone or history[-1].question
    swapped = _swapped(question, before)
    if swapped:
        return swapped
    refers = _REFERENCE.search(question) is not None
    fragment = _CONTINUES.match(question) is not None or len(content_words(question)) <= 1
    if not refers and not fragment:
        return question
    subject = topic(before)
    filled = _filled_in(question, subject) if subject else question
    known = set(content_words(filled))
    missing = [w for w in _content(before) if not set(content_words(w)) <= known][:6]
    # The words of the last question follow in brackets: enough for the search, and plain about where they come from.
    return f"{filled.rstrip()} ({' '.join(missing)})" if missing else filled


def _swapped(question: str, before: str) -> str:
    """ "What about Meridian?" after "When does Aurora's contract end?" asks when Meridian's does."""
    about = _WHAT_ABOUT.match(question)
    old = names_in(before)
    if about is None or not old or len(about.group(1).split()) > 5:
        return ""
    new = about.group(1)
    # A quarter stands in for a quarter, a year for a year; a name for what the question was about.
    alike = [word for word in re.findall(r"[\w’'-]+", before) if _shape(word) == _shape(new.split()[0])]
    target = alike[-1] if alike and any(c.isdigit() for c in new) else topic(before)
    return before.replace(target, new) if target and target in before else ""


def _shape(word: str) -> str:
    return re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "9", word))


def _filled_in(question: str, subject: str) -> str:
    filled = _OWNER.sub(f"{subject}'s", question, count=1)
    return filled if filled != question else _SUBJECT.sub(subject, question, count=1)


def _answered_back(question: str, history: Sequence[StoredTurn]) -> str:
    """The last question with the choice put in, if something was asked back and this is the reply."""
    if not history or history[-1].answer.outcome != "needs_input":
        return ""
    chosen = next((c for c in history[-1].answer.choices if c.casefold() == question.strip(" .?!").casefold()), "")
    if not chosen:
        return ""
    asked = history[-1].question
    for _, _, pattern in _UNSPECIFIED:
        match = pattern.search(asked)
        if match:
            owner = "'s" if match.group().endswith(("'s", "’s")) else ""
            return asked[: match.start()] + chosen + owner + asked[match.end() :]
    return f"{asked} ({chosen})"


def _content(text: str) -> list[str]:
    return [w.strip("?.,;:!()\"'“”") for w in text.split() if w.strip("?.,;:!()\"'“”").casefold() not in FUNCTION_WORDS]
