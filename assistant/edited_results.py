"""Edited results: a change that is asked for in words begins with the edited text, not with the answered one.

"Shorter", "more formal", "add the due dates", "in Spanish" after an edited result give a result of their own, whose
first version is what the person had made of it. A model changes the text, with the checks that apps have: what it lost
or added beside the text and its passages is mended or left as it was, and said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from apps.kept import stored_result
from apps.run import Context, Tools
from apps.steps.translate import Translate, translate
from apps.steps.write import Write, write
from assistant.events import Event, Stage
from assistant.question import SEARCH, Question
from assistant.records.conversations import StoredTurn
from assistant.records.still_readable import Readable
from assistant.records.versions import Version, Versions
from assistant.understanding.replies import is_shape
from core.database import Engine
from core.errors import AppError, QuestionError
from core.text.detect import detect_language
from core.text.languages import language_codes
from core.types import Answer, User

NO_MODEL = (
    "Changes in words need a language model, and none is set up here. Edit the text where it stands; or ask below for "
    "what the app's form has, such as “shorter” or “in Spanish”."
)
ANEW = (
    "You have edited this result. A change of your own text in words needs a language model, and none is set up here: "
    "edit it where it stands. Or have it made anew from its sources, without your changes, which stay above:"
)
_LANGUAGE = re.compile(rf"\b(?:in|into|to|auf|ins?|en|al|em|à)\s+({'|'.join(language_codes())})\b", re.IGNORECASE)
_MOST_CHARS = 500


class EditedResults:
    """What changes edited results of one installation in words."""

    def __init__(
        self,
        engine: Engine,
        tools: Callable[[str], Tools],
        changes: Callable[[str], bool],
        *,
        company: str = "Debrief",
        readable: Readable | None = None,
    ) -> None:
        """Puts the parts together.

        Args:
            tools: A person's address → what apps may use, with the model's calls counted for them.
            changes: Whether a message changes a result that is there.
        """
        self._engine, self._tools, self._changes = engine, tools, changes
        self._company, self._readable = company, readable
        self._versions = Versions(engine)

    def change(self, question: Question, history: Sequence[StoredTurn]) -> Change | None:
        """The change that the message orders of the conversation's last result; None where that isn't an edited one."""
        if question.conversation_id is None or question.route is not None or question.attachments or not history:
            return None
        last = history[-1]
        if not last.answer.found or not (self._changes(question.text) or is_shape(question.text)):
            return None
        made = self._versions.of(question.conversation_id)
        edited = {output: of[-1] for (turn, output), of in made.items() if turn == len(history) - 1}
        if not edited:
            return None
        try:
            quotes = self._quotes(last.answer, question.user)
        except AppError:
            return None  # deleted, or closed to the person now: there is nothing to change
        return Change(question, last, edited, quotes, self)

    def as_edited(self, conversation_id: str | None, history: Sequence[StoredTurn]) -> Sequence[StoredTurn]:
        """The conversation with its last result as the person has edited it."""
        if conversation_id is None or not history:
            return history
        made = self._versions.of(conversation_id)
        texts = [of[-1].text for (turn, _), of in made.items() if turn == len(history) - 1]
        if not texts:
            return history
        last = history[-1]
        return [*history[:-1], replace(last, answer=replace(last.answer, text="\n\n".join(texts)))]

    def _quotes(self, answer: Answer, user: User) -> list[str]:
        """The words that the result rests on."""
        if not answer.run:
            return [citation.quote for citation in answer.citations]
        run = stored_result(self._engine, answer.run, user, self._readable)
        return [place.quote for place in run.evidence if place.quote]

    def keep(self, conversation_id: str, ordinal: int, output: str, texts: Sequence[str]) -> None:
        """Keeps versions of an output of a turn, the last of which is shown."""
        for text in texts:
            self._versions.add(conversation_id, ordinal, output, text)

    def writes(self, user: User) -> bool:
        """Whether a model is there."""
        return self._tools(user.email).model is not None

    def changed(self, text: str, wish: str, quotes: Sequence[str], user: User) -> tuple[str, list[str]]:
        """(The text as it was wished, remarks); the text as it was where nothing could be changed.

        Args:
            quotes: The words of the passages that the text rests on.

        Raises:
            QuestionError: nothing is wished, or too much.
            AppError: the model can't be asked.
        """
        wish = " ".join(wish.split())
        if not wish or len(wish) > _MOST_CHARS:
            raise QuestionError(
                f"The wish has {len(wish)} characters; say in 1 to {_MOST_CHARS} what is to be changed."
            )
        context = Context(user, self._tools(user.email), company=self._company)
        if context.tools.model is None:
            raise AppError(NO_MODEL)
        context.values = {"text": text}
        language = _LANGUAGE.search(wish)
        if language is not None and len(wish.split()) <= 4:
            made = translate(Translate(text=text, to=language_codes()[language.group(1).lower()]), context)
        else:
            given = Write(
                prompt=f"Give the text @text again, changed as the person wishes: {wish}",
                draft="{{ text }}",
                sources=list(quotes) or None,
                language=detect_language(text),
                cite=False,
            )
            made = write(given, context)
        return str(made["text"]), list(context.notes)


@dataclass
class Change:
    """One change on its way.

    Attributes:
        edited: Output, or "" for an answer → its last version.
        made: What was made of the one that was edited last; empty before, and where nothing could be.
    """

    question: Question
    last: StoredTurn
    edited: Mapping[str, Version]
    quotes: Sequence[str]
    results: EditedResults
    made: str = ""
    output: str = field(init=False)

    def __post_init__(self) -> None:
        self.output = max(self.edited, key=lambda output: self.edited[output].made_at)

    def events(self) -> Iterator[Event]:
        """The events of the answer: the result again, whose text `keep` then brings to it."""
        yield Stage("route", "it changes the text that you have edited")
        if not self.results.writes(self.question.user):
            yield Answer(ANEW, outcome="needs_input", route=SEARCH, choices=(self._anew(),))
            return
        text = self.edited[self.output].text
        self.made, remarks = self.results.changed(text, self.question.text, self.quotes, self.question.user)
        notes = ("Changed from the text that you have edited.", *remarks)
        yield replace(self.last.answer, notes=notes, trace_id="", choices=(), offers=(), understood="")

    def _anew(self) -> str:
        """The way to have the result without the person's own changes: its app, or the question that it answers."""
        route = self.last.answer.route
        return route if route.startswith("app:") else self.last.standalone or self.last.question

    def keep(self, ordinal: int) -> None:
        """Gives the turn that was stored what the person had edited, and what was made of it."""
        if not self.made:
            return
        for output, version in self.edited.items():
            texts = [version.text, self.made] if output == self.output else [version.text]
            self.results.keep(self.question.conversation_id or "", ordinal, output, texts)
