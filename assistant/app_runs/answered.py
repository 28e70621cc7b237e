"""A run's result as the answer of a conversation: its text, what it stands on, and which files were chosen for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from apps.run import SourceQuote
from apps.run.inputs import shown
from apps.runner import RunResult
from assistant.accounts.wording import say
from assistant.app_runs.indexed_inputs import IndexedFiles
from assistant.question import Question
from assistant.routing.glossary import likely_language
from core.types import Answer, Citation

# Said where only the answer's text is shown; the page has the files themselves.
DOWNLOADED = " can be downloaded on the Apps page."


def answer_of(result: RunResult, target: str, confidence: float) -> Answer:
    """The run's first output as an answer, or why there is none."""
    if result.status == "waiting":
        fields = ", ".join(map(shown, result.asks))
        text = f"{result.error}\n\nThis waits for you: {fields}. Answer below, or any time under Apps."
        return Answer(text, outcome="needs_input", route=target, confidence=confidence, notes=result.notes)
    if result.status != "completed" or not result.outputs:
        return Answer(
            result.error or "The app made no output.", outcome="no_evidence", route=target, notes=result.notes
        )
    text = result.outputs[0].text
    return Answer(
        text,
        _citations(result.evidence, text),
        route=target,
        confidence=confidence,
        notes=(*result.notes, *(f"{o.title}{DOWNLOADED}" for o in result.outputs if o.content)),
    )


def _citations(evidence: Sequence[SourceQuote], text: str) -> tuple[Citation, ...]:
    """The sources whose number stands in the text; all of them, as a whole, when it has none."""
    named = [n for n in range(1, len(evidence) + 1) if f"[{n}]" in text]
    return tuple(
        Citation(
            marker=n,
            document_id=evidence[n - 1].document_id,
            title=evidence[n - 1].title,
            url=evidence[n - 1].url,
            quote=evidence[n - 1].quote,
            begin=max(0, text.rfind("\n", 0, text.find(f"[{n}]")) + 1) if n in named else 0,
            end=text.find(f"[{n}]") if n in named else len(text),
            locator=evidence[n - 1].locator,
        )
        for n in (named or range(1, min(len(evidence), 8) + 1))
    )


def on_files(answer: Answer, files: IndexedFiles, question: Question) -> Answer:
    """The answer with what it stands on: which documents were chosen, and their addresses."""
    if not files.documents:
        return answer
    by_title = {chunk.title: chunk for chunk in files.documents}
    by_title |= {file.name: chunk for file, chunk in zip(files.values.values(), files.documents, strict=True)}
    cited = tuple(
        replace(c, document_id=chunk.document_id, url=chunk.url) if (chunk := by_title.get(c.title)) else c
        for c in answer.citations
    )
    choice = ", ".join(f"“{chunk.title}”" for chunk in files.documents)
    note = say("chose", question.language or likely_language(question.text), choice=choice)
    return replace(answer, citations=cited, notes=(note, *answer.notes))
