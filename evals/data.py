"""Retrieval sets in the BEIR layout: corpus.jsonl, queries.jsonl, qrels.tsv in one folder.

A line of corpus.jsonl has id (or _id), title, text and optionally metadata; a line of queries.jsonl id and text;
qrels.tsv has query id, document id and score a line, with or without a header, or the four columns of TREC.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import DatasetError


@dataclass(frozen=True, slots=True)
class JudgedDocument:
    """One document of a set."""

    id: str
    title: str
    text: str
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RetrievalSet:
    """Documents, questions, and which documents answer which question.

    Attributes:
        relevant: Question id → document id → score, scores above 0 only; just the questions that have any.
        unknown: How many judgements name a document that the corpus lacks; they count as never found.
    """

    name: str
    documents: tuple[JudgedDocument, ...]
    questions: Mapping[str, str]
    relevant: Mapping[str, Mapping[str, float]]
    unknown: int = 0


def load_retrieval_set(folder: Path, queries: Path | None = None, qrels: Path | None = None) -> RetrievalSet:
    """The set in `folder`; `queries` and `qrels` replace its files and may be named relative to it.

    Raises:
        DatasetError: a file is missing or a line of it is wrong; it names file, line and remedy.
    """
    if not folder.is_dir():
        raise DatasetError(
            f"There is no folder {folder}; give --data a folder with corpus.jsonl, queries.jsonl, qrels.tsv."
        )
    corpus_file = folder / "corpus.jsonl"
    queries_file = _beside(folder, queries) if queries else folder / "queries.jsonl"
    default_qrels = folder / "qrels.tsv"
    if not default_qrels.is_file() and (folder / "qrels" / "test.tsv").is_file():
        default_qrels = folder / "qrels" / "test.tsv"
    qrels_file = _beside(folder, qrels) if qrels else default_qrels
    for file in (corpus_file, queries_file, qrels_file):
        if not file.is_file():
            raise DatasetError(
                f"The data set lacks the file {file}; add it, or name another with --queries or --qrels."
            )

    documents = tuple(_documents(corpus_file))
    questions = dict(_questions(queries_file))
    known = {document.id for document in documents}
    relevant: dict[str, dict[str, float]] = {}
    unknown = 0
    for query, document, score in _judgements(qrels_file):
        if query in questions and score > 0:
            relevant.setdefault(query, {})[document] = score
            unknown += document not in known
    if not relevant:
        raise DatasetError(
            f"{qrels_file} judges none of the {len(questions)} questions in {queries_file}; "
            "name the queries and qrels files that belong together."
        )
    if unknown == sum(len(judged) for judged in relevant.values()):
        raise DatasetError(f"{qrels_file} names no document of {corpus_file}; name the qrels file of this corpus.")
    return RetrievalSet(folder.resolve().name, documents, questions, relevant, unknown)


def read_jsonl(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line number, object) of each line that isn't empty.

    Raises:
        DatasetError: a line isn't a JSON object.
    """
    try:
        with file.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.strip():
                    continue
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise DatasetError(f"{file}:{number}: a {type(row).__name__}; write one JSON object a line.")
                yield number, row
    except json.JSONDecodeError as error:
        raise DatasetError(f"{file}:{number}: not valid JSON ({error.msg}); mend that line.") from error
    except UnicodeDecodeError as error:
        raise DatasetError(f"{file}: not UTF-8 text (byte {error.start}); save it as UTF-8.") from error
    except OSError as error:
        raise DatasetError(f"{file} can't be read ({error.strerror}); check its permissions.") from error


def _beside(folder: Path, file: Path) -> Path:
    return folder / file if not file.is_absolute() and (folder / file).is_file() else file


def _documents(file: Path) -> Iterator[JudgedDocument]:
    seen: set[str] = set()
    for number, row in read_jsonl(file):
        identifier = _text(file, number, row, "id", "_id")
        if identifier in seen:
            raise DatasetError(f"{file}:{number}: the id {identifier!r} is there twice; remove one of the two lines.")
        seen.add(identifier)
        metadata = row.get("metadata") or {}
        if not isinstance(metadata, dict):
            raise DatasetError(f"{file}:{number}: metadata is a {type(metadata).__name__}; write an object.")
        title = row.get("title") or ""
        yield JudgedDocument(identifier, str(title), _text(file, number, row, "text"), metadata)
    if not seen:
        raise DatasetError(f"{file} is empty; write one document a line.")


def _questions(file: Path) -> Iterator[tuple[str, str]]:
    for number, row in read_jsonl(file):
        yield _text(file, number, row, "id", "_id"), _text(file, number, row, "text")


def _text(file: Path, number: int, row: Mapping[str, Any], *keys: str) -> str:
    for key in keys:
        if key in row and isinstance(row[key], str | int):
            return str(row[key])
    raise DatasetError(f"{file}:{number}: the key '{keys[0]}' is missing or no text; add it to that line.")


def _judgements(file: Path) -> Iterator[tuple[str, str, float]]:
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{file} can't be read as UTF-8 text ({error}); save it anew.") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        cells = line.split("\t") if "\t" in line else line.split()
        if len(cells) == 4:  # TREC: query, iteration, document, score
            cells = [cells[0], *cells[2:]]
        try:
            query, document, score = cells
            yield query.strip(), document.strip(), float(score)
        except ValueError as error:
            if number == 1:
                continue  # the header
            raise DatasetError(
                f"{file}:{number}: {line[:80]!r} is not query id, document id and score; separate the three by tabs."
            ) from error
