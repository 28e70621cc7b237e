"""Questions with known answers: BEIR folders whose queries carry `answers`, sets with qa.jsonl, and TAT-QA's tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import DatasetError
from core.tables import markdown_table
from core.types import Rows, Section
from evals.data import load_retrieval_set, read_jsonl
from evals.measures.corpus import CorpusDocument, as_corpus


@dataclass(frozen=True, slots=True)
class JudgedQuestion:
    """A question and what a good answer has.

    Attributes:
        answers: Strings of which one must stand in the answer, word for word.
        gold: A written answer, for sets that have no such strings.
        relevant: The documents that hold the answer.
        scope: The one document that the question is about; empty asks the whole index.
        source: Where the answer stands: "table" (a cell), "header" (of a table's column only) or "text" (TAT-QA).
    """

    id: str
    text: str
    answers: tuple[str, ...] = ()
    gold: str = ""
    relevant: frozenset[str] = frozenset()
    scope: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class AnswerSet:
    """Documents of one language and the questions to them."""

    name: str
    language: str
    documents: tuple[CorpusDocument, ...]
    questions: tuple[JudgedQuestion, ...]


def load_answer_sets(
    folder: Path, queries: Path | None = None, qrels: Path | None = None, languages: Iterable[str] = ()
) -> list[AnswerSet]:
    """The set in `folder`, one for each language that its documents' metadata name (`lang`).

    Raises:
        DatasetError: a file is missing or wrong, or there is no question of the languages asked for.
    """
    tables = sorted(folder.glob("tatqa*.json"))
    sets = [_tatqa(tables[0])] if tables and not queries else _beir(folder, queries, qrels)
    wanted = set(languages)
    chosen = [s for s in sets if s.questions and (not wanted or s.language in wanted)]
    if not chosen:
        have = ", ".join(sorted({s.language or "none" for s in sets}))
        raise DatasetError(f"{folder} has no question in {', '.join(sorted(wanted))}; its languages are {have}.")
    return chosen


def _beir(folder: Path, queries: Path | None, qrels: Path | None) -> list[AnswerSet]:
    judged = load_retrieval_set(folder, queries, qrels)
    queries_file = queries if queries and queries.is_file() else folder / (queries or "queries.jsonl")
    strings = {str(row.get("id", row.get("_id"))): row.get("answers") or () for _, row in read_jsonl(queries_file)}
    written: dict[str, str] = {}
    if (folder / "qa.jsonl").is_file():
        written = {str(row["id"]): str(row.get("answer", "")) for _, row in read_jsonl(folder / "qa.jsonl")}
    language_of = {d.id: str(d.metadata.get("lang", "")) for d in judged.documents}
    documents = as_corpus(judged.documents)
    sets = []
    for language in dict.fromkeys(language_of.values()):
        questions = tuple(
            JudgedQuestion(
                query, judged.questions[query], tuple(map(str, strings.get(query, ()))), written.get(query, ""), found
            )
            for query, relevant in judged.relevant.items()
            if (found := frozenset(d for d in relevant if language_of.get(d) == language))
        )
        mine = tuple(d for d in documents if language_of[d.id] == language)
        sets.append(AnswerSet(f"{judged.name}{f' {language}' if language else ''}", language, mine, questions))
    return sets


def _tatqa(file: Path) -> AnswerSet:
    """Each table with its paragraphs is a document; a question is asked within the document that it was written for."""
    try:
        entries = json.loads(file.read_text(encoding="utf-8"))
        documents = tuple(_report(entry) for entry in entries)
        questions = tuple(q for entry in entries for q in _table_questions(entry))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(f"{file} isn't in TAT-QA's layout ({error!r}); take it from its publisher again.") from error
    return AnswerSet(file.stem, "en", documents, questions)


def _report(entry: Mapping[str, Any]) -> CorpusDocument:
    identifier = str(entry["table"]["uid"])
    rows = _headed([[" ".join(str(cell).split()) for cell in row] for row in entry["table"]["table"]])
    sections = [Section(str(p["text"])) for p in sorted(entry["paragraphs"], key=lambda p: p["order"])]
    table = Section(markdown_table(rows[0], rows[1:]), kind="table", rows=rows)
    return CorpusDocument(identifier, "", (*sections, table), "en")


def _headed(rows: list[list[str]]) -> Rows:
    """The rows below a header that joins those above the first one with a label."""
    first = _first_labelled(rows)
    header = [" ".join(dict.fromkeys(part for part in column if part)) for column in zip(*rows[:first], strict=False)]
    return tuple(map(tuple, [header, *rows[first:]]))


def _table_questions(entry: Mapping[str, Any]) -> Iterable[JudgedQuestion]:
    """Questions whose answer stands somewhere as it is; computed ones have no cell to be found."""
    identifier = str(entry["table"]["uid"])
    rows = [[str(cell).strip() for cell in row] for row in entry["table"]["table"]]
    first = _first_labelled(rows)
    for question in entry["questions"]:
        if question["answer_type"] not in {"span", "multi-span"}:
            continue
        answers = tuple(str(a) for a in question["answer"])
        stands = {
            name: any(a.strip() in row for a in answers for row in part)
            for name, part in (("table", rows[first:]), ("header", rows[:first]))
        }
        source = next((name for name in ("table", "header") if stands[name]), "text")
        source = "text" if question["answer_from"] == "text" else source
        yield JudgedQuestion(
            str(question["uid"]), str(question["question"]), answers, "", frozenset({identifier}), identifier, source
        )


def _first_labelled(rows: list[list[str]]) -> int:
    """The number of the first row below the header: the first one with a label."""
    return next((n for n, row in enumerate(rows) if n and row and row[0]), 1)
