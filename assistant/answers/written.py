"""Answers that a language model writes from numbered passages, each sentence checked before it is shown.

The model's text is cut into sentences as it comes. A sentence whose markers don't exist, whose facts aren't in the
passages it cites, or that isn't near them in meaning is sent back once for correction and left out if that fails too.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from assistant.answers.budget import fit
from assistant.answers.citations import Composer, cite, read_markers
from assistant.answers.confidence import abstention_model
from assistant.answers.extractive import Finding, no_evidence
from assistant.answers.groundedness import Check, check_sentence
from assistant.answers.style import instructions
from assistant.checks import load_guardrails, neutralised, without_foreign_links
from assistant.events import Event, Stage
from assistant.question import Question
from assistant.records.trace import Trace
from core.llm import ChatModels, Spending
from core.settings import Settings
from core.tables import split_row
from core.text.languages import language_name
from core.text.sentences import split_sentences
from core.text.words import content_words
from core.types import Answer, Citation, Passage, User
from prompts import load_prompt
from retrieval.models import TokenEncoder

_NO_EVIDENCE = "NO_EVIDENCE"
_SOURCE_TOKENS = 6_000
_SCOPE = {
    "documents_only": "Add nothing that you know from elsewhere.",
    "model_may_add": (
        "What you add from general knowledge goes into sentences of its own at the end, each beginning with "
        "“(Not from the documents)” and without a source number. They may also follow NO_EVIDENCE."
    ),
}
_ADDED = "(Not from the documents)"
_OPEN_BRACKET = re.compile(r"[.!?][\"”’)]*\s*[\[【][^\]】]*$")
_SECRET = secrets.token_bytes(16)


@dataclass(frozen=True)
class AnswerWriter:
    """Writes answers with the configured models."""

    models: ChatModels
    encoder: TokenEncoder
    settings: Settings

    def answer_from(
        self,
        question: Question,
        finding: Finding,
        passages: Sequence[Passage],
        trace: Trace,
    ) -> Iterator[Event]:
        """Checked sentences as they come, then the Answer.

        Raises:
            ModelError: no model answered, and nothing has been shown yet or the model broke off.
        """
        least = self.settings.answer.min_confidence
        threshold = abstention_model(self.settings.embedding.model).threshold if least is None else least
        # A model may combine passages that no single sentence answers, so it gets to see weaker evidence than a quote.
        # One that may add what it knows is asked in any case.
        adds = self.settings.answer.response_scope == "model_may_add"
        if not adds and (not passages or finding.confidence < threshold / 2):
            yield no_evidence(passages, finding.confidence, question.language)
            return
        sources = fit(passages[: self.settings.answer.passages], _SOURCE_TOKENS)
        fence = _fence(question.text, sources)
        prompt = load_prompt("answer")
        messages = prompt.render(
            company=self.settings.company,
            fence=fence,
            style=instructions(question.style, self.settings.answer.max_sentences),
            language=language_name(question.language),
            scope=_SCOPE[self.settings.answer.response_scope],
            sources=rendered_sources(sources, fence),
            question=question.text,
        )
        spent = Spending()
        composer = Composer()
        yield Stage("write", f"from {len(sources)} passages")
        cited: dict[int, Citation] = {}
        added: list[str] = []  # held back until something from the documents stands before it
        try:
            pieces = self.models.stream("answer", messages, spent, access=access_key(question.user, sources))
            for sentence in sentences_of(pieces):
                written = sentence.strip().removeprefix(_NO_EVIDENCE).lstrip(" .:\n")
                if sentence.strip().startswith(_NO_EVIDENCE) and not (adds and written):
                    if adds:
                        continue
                    break
                for text, numbers in self._checked(
                    written, sources, question.text, fence=fence, spent=spent, trace=trace
                ):
                    if not numbers and not composer.citations:
                        added.append(text)
                        continue
                    yield composer.add_cited(text, _citations(text, numbers, sources, cited))
        finally:
            trace.add_calls(spent, prompt.id)
        if not composer.citations:
            none = no_evidence(passages, finding.confidence, question.language)
            yield replace(none, text="\n\n".join([none.text, *added]))
            return
        for text in added:
            yield composer.add_cited(text, ())
        yield Answer(
            composer.text,
            tuple(composer.citations),
            "answered",
            confidence=finding.confidence,
            passages=tuple(sources),
            notes=_notes(trace),
        )

    def _checked(
        self, sentence: str, sources: Sequence[Passage], question: str, *, fence: str, spent: Spending, trace: Trace
    ) -> Iterator[tuple[str, tuple[int, ...]]]:
        """The sentence and its markers if it holds, its correction if that does, otherwise nothing."""
        text, numbers = self._read(sentence)
        if not text:
            return
        if text.startswith(_ADDED) and self.settings.answer.response_scope == "model_may_add":
            trace.checks.append({"sentence": text, "outcome": "added by the model"})
            yield text, ()
            return
        check = self._check(text, numbers, sources, question)
        if check.passed:
            trace.checks.append({"sentence": text, "outcome": "passed", "score": check.score})
            yield text, numbers
            return
        entry = {"sentence": text, "problems": list(check.problems), "score": check.score}
        repaired = self._repaired(sentence, check, sources, fence, spent)
        text, numbers = self._read(repaired)
        again = self._check(text, numbers, sources, question) if text else Check(False, ("dropped",), 0.0)
        if again.passed:
            trace.checks.append({**entry, "outcome": "repaired", "repaired": text})
            yield text, numbers
        else:
            trace.checks.append({**entry, "outcome": "left out", "repaired": text, "still": list(again.problems)})

    def _read(self, sentence: str) -> tuple[str, tuple[int, ...]]:
        text, numbers = read_markers(sentence)
        return without_foreign_links(" ".join(text.split()), load_guardrails(self.settings).links.allow), numbers

    def _check(self, text: str, numbers: Sequence[int], sources: Sequence[Passage], question: str) -> Check:
        unknown = [n for n in numbers if not 1 <= n <= len(sources)]
        if unknown:
            return Check(False, (f"the source number {unknown[0]}",), 0.0)
        return check_sentence(text, [sources[n - 1] for n in numbers], question, self.encoder)

    def _repaired(self, sentence: str, check: Check, sources: Sequence[Passage], fence: str, spent: Spending) -> str:
        messages = load_prompt("repair").render(
            fence=fence,
            sources=rendered_sources(sources, fence),
            sentence=sentence.strip(),
            problems="; ".join(check.problems),
        )
        reply = self.models.complete("answer", messages, spent).strip()
        return "" if reply.startswith("DROP") else reply


def _fence(question: str, sources: Sequence[Passage]) -> str:
    """What nobody who writes a document can guess, and is yet the same for the same prompt, which may be cached."""
    seen = "\n".join([question, *(p.chunk.id for p in sources)])
    return f"<<{hmac.new(_SECRET, seen.encode(), 'sha256').hexdigest()[:12]}>>"


def rendered_sources(sources: Sequence[Passage], fence: str) -> str:
    """The numbered sources between fences; what reads like an instruction to the model is taken apart first."""
    parts = []
    for number, passage in enumerate(sources, start=1):
        chunk = passage.chunk
        where = ", ".join(part for part in (chunk.title or chunk.document_id, chunk.locator) if part)
        dated = str(chunk.metadata.get("updated_at", ""))[:10]
        head = f"{fence} source {number}: {_one_line(where)}" + (f" ({dated})" if dated else "")
        parts.append(f"{head}\n{neutralised(chunk.text).replace(fence, '')}\n{fence} end of source {number}")
    return "\n\n".join(parts)


def sentences_of(pieces: Iterable[str]) -> Iterator[str]:
    """Whole sentences with the markers behind them, as soon as the next one has begun."""
    waiting = ""
    for piece in pieces:
        waiting += piece
        done, waiting = _complete(waiting)
        yield from done
    yield from (text for text in _joined(waiting) if text.strip())


def access_key(user: User, sources: Sequence[Passage]) -> str:
    """What separates cached replies: the person's principals and exactly which passages were seen."""
    return "|".join([*sorted(user.principals()), "§", *(p.chunk.id for p in sources)])


def _complete(text: str) -> tuple[list[str], str]:
    """(the sentences of `text` that nothing can be added to, the rest)."""
    parts = _joined(text)
    # What begins with a bracket may still turn out to be a marker of the sentence before.
    if len(parts) < 2 or parts[-1][:1] in {"", "[", "【"} or _OPEN_BRACKET.search(text):
        return [], text
    rest = parts[-1]
    return parts[:-1], text[text.rindex(rest) :] if rest in text else rest


def _joined(text: str) -> list[str]:
    """The sentences of `text`; markers that stand behind a full stop belong to the sentence before."""
    parts: list[str] = []
    for span in split_sentences(text):
        bare, numbers = read_markers(span.text)
        lead = re.match(r"^(?:\s*[\[【]\d[\d,;\s]*[\]】])+", span.text)
        if parts and numbers and not bare:
            parts[-1] += " " + span.text
        elif parts and lead:
            parts[-1] += " " + lead.group().strip()
            parts.append(span.text[lead.end() :].strip())
        else:
            parts.append(span.text)
    return parts


def _citations(
    text: str, numbers: Sequence[int], sources: Sequence[Passage], cited: dict[int, Citation]
) -> list[Citation]:
    """A citation a marker: the words of the passage that support the sentence best."""
    made = []
    for number in numbers:
        passage = sources[number - 1]
        begin, end = best_quote(text, passage)
        cited[number] = cite(number, passage, (begin, end), begin=0, end=0)
        made.append(cited[number])
    return made


def best_quote(text: str, passage: Passage) -> tuple[int, int]:
    """Offsets of the passage's sentence or table row that shares most with `text`."""
    wanted = set(content_words(text))
    spans = [s for s in split_sentences(passage.chunk.text) if s.kind not in {"header", "heading"}]
    if not spans:
        return 0, len(passage.chunk.text)

    def shared(number: int) -> float:
        there = set(content_words(" ".join(split_row(spans[number].text)) or spans[number].text))
        return len(wanted & there) / (len(there) + 5)

    best = spans[max(range(len(spans)), key=shared)]
    return best.begin, best.end


def _notes(trace: Trace) -> tuple[str, ...]:
    left_out = sum(1 for check in trace.checks if check["outcome"] == "left out")
    if not left_out:
        return ()
    sentences = "sentence was" if left_out == 1 else "sentences were"
    return (f"{left_out} {sentences} left out because the sources don't support what was written.",)


def _one_line(text: str) -> str:
    """A title or a file's name, which anybody may have written as well, on one line."""
    return neutralised(" ".join(text.split()))
