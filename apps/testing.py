"""Runs the tests that stand in an app's file, over sample documents, without index or model.

File inputs and `documents` are paths and patterns below a folder of samples. Searching them is plain word search, so
that a test says whether the app is right, not whether an embedding is.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from apps.context import AppFile, Context, Tools
from apps.expressions import ExpressionError, evaluate
from apps.meeting.terms import terms
from apps.runner import RunResult, finish
from apps.spec import App, AppTest, Expectation
from core.errors import AppError, DebriefError
from core.language import detect_language
from core.settings import AnswerStyle
from core.types import Answer, Chunk, Citation, Parsed, Passage, User
from retrieval.filters import Filter, matches
from retrieval.weights import Weights

Parse = Callable[[bytes, str], Parsed]
TESTER = User("tester@example.com", ("all-staff",), name="Tester")
# The day on which tests happen: the sample workspace's.
TODAY = date(2026, 11, 22)


@dataclass(frozen=True, slots=True)
class TestResult:
    """One test: what didn't hold, in words; empty when it passed."""

    name: str
    problems: tuple[str, ...]
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether everything held."""
        return not self.problems


def run_tests(app: App, samples: Path, parse: Parse, company: str = "Northgate Security Services") -> list[TestResult]:
    """The result of each of the app's tests."""
    return [run_test(app, test, samples, parse, company) for test in app.tests]


def run_test(app: App, test: AppTest, samples: Path, parse: Parse, company: str = "") -> TestResult:
    """Runs one test. An app that can't be run is a problem, not an error."""
    try:
        given = {name: _given(app, name, value, samples, parse) for name, value in test.inputs.items()}
        tools = Tools()
        if test.documents:
            folder = FolderSearch.of(samples, test.documents, parse)
            tools = Tools(search=folder, answer=folder.answer)
        user = replace(TESTER, groups=(*TESTER.groups, *app.audience))
        result = finish(app, given, Context(user, tools, TODAY, company or "Debrief"))
    except DebriefError as error:
        return TestResult(test.name, _refused(test, str(error)))
    if result.status != "completed":
        return TestResult(test.name, _refused(test, result.error), result.seconds)
    if test.fails:
        return TestResult(test.name, (f"it ran, but should be refused with {test.fails!r}.",), result.seconds)
    problems = [problem for wanted in test.expect for problem in unmet(wanted, result)]
    return TestResult(test.name, tuple(problems), result.seconds)


def _refused(test: AppTest, message: str) -> tuple[str, ...]:
    if test.fails and test.fails.lower() in message.lower():
        return ()
    return (f"the run was refused: {message}",)


def unmet(wanted: Expectation, result: RunResult) -> list[str]:
    """What of the expectation the run doesn't meet, in words; empty if it meets all."""
    output = result.output(wanted.output)
    if output is None:
        return [f"the output '{wanted.output}' wasn't made."]
    text = output.text
    found = [f"{wanted.output} doesn't contain {w!r}." for w in wanted.contains if w not in text]
    found += [f"{wanted.output} contains {w!r}." for w in wanted.excludes if w in text]
    found += [f"{wanted.output} doesn't match {p!r}." for p in wanted.matches if not re.search(p, text, re.MULTILINE)]
    if wanted.max_chars is not None and len(text) > wanted.max_chars:
        found.append(f"{wanted.output} has {len(text):,} characters, over {wanted.max_chars:,}.")
    if wanted.language and detect_language(text) != wanted.language:
        found.append(f"{wanted.output} is in '{detect_language(text)}', not in '{wanted.language}'.")
    titles = [e.title for e in result.evidence]
    found += [f"no source is called {c!r}; there are {titles[:6]}." for c in wanted.cites if not _cited(c, titles)]
    for expected in wanted.json_:
        value = _at(output.value, expected.path)
        if expected.equals is not None and value != expected.equals:
            found.append(f"{wanted.output}.{expected.path} is {value!r}, not {expected.equals!r}.")
        if expected.at_least is not None and not (isinstance(value, int | float) and value >= expected.at_least):
            found.append(f"{wanted.output}.{expected.path} is {value!r}, not at least {expected.at_least:g}.")
    return found


def _cited(wanted: str, titles: Sequence[str]) -> bool:
    return any(wanted.lower() in title.lower() for title in titles)


def _at(value: Any, path: str) -> Any:
    """The value at a path such as rows[0].name; None where it leads nowhere."""
    try:
        found = evaluate(f"value.{path}" if not path.startswith("[") else f"value{path}", {"value": value}, bare=True)
    except ExpressionError:
        return None
    return found if isinstance(found, str | int | float | bool | list | dict) else None


def _given(app: App, name: str, value: Any, samples: Path, parse: Parse) -> Any:
    spec = app.input(name)
    if spec is None or spec.type not in ("file", "files"):
        return value
    if isinstance(value, list):
        return [read_sample(samples, str(v), parse) for v in value]
    return read_sample(samples, str(value), parse)


def read_sample(samples: Path, name: str, parse: Parse) -> AppFile:
    """The sample file, parsed.

    Raises:
        AppError: it isn't there, or lies outside the samples.
    """
    file = (samples / name).resolve()
    if not file.is_relative_to(samples.resolve()) or not file.is_file():
        raise AppError(f"There is no sample file {name} in {samples}; correct the path in the test.")
    return AppFile(file.name, _parsed(file, file.stat().st_mtime_ns, parse))


@lru_cache(maxsize=200)
def _parsed(file: Path, _changed: int, parse: Parse) -> Parsed:
    return parse(file.read_bytes(), file.name)


class FolderSearch:
    """A few files, searched by their words (BM25). Access isn't looked at: they are samples."""

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        self._chunks = list(chunks)
        self._bags = [Counter(terms(f"{c.title} {' '.join(c.heading_path)} {c.text}")) for c in chunks]
        counts = Counter(w for bag in self._bags for w in bag)
        self._idf = {w: math.log(1 + (len(chunks) - n + 0.5) / (n + 0.5)) for w, n in counts.items()}
        self._mean = sum(b.total() for b in self._bags) / max(len(self._bags), 1)

    @staticmethod
    def of(samples: Path, patterns: Sequence[str], parse: Parse) -> FolderSearch:
        """The files that the patterns name, one chunk a section; sidecar files give their metadata.

        Raises:
            AppError: a pattern names no file.
        """
        chunks: list[Chunk] = []
        for pattern in patterns:
            files = [f for f in sorted(samples.glob(pattern)) if f.is_file() and not f.name.endswith(".metadata.json")]
            if not files:
                raise AppError(f"No sample file fits {pattern} in {samples}; correct the pattern in the test.")
            for file in files:
                chunks += _chunks(file, samples, parse)
        return FolderSearch(chunks)

    def search(
        self,
        question: str,
        user: User,
        limit: int = 10,
        *,
        filters: Filter | None = None,
        weights: Weights | None = None,
    ) -> list[Passage]:
        """The best sections by BM25; weights are left aside."""
        wanted = set(terms(question))
        scored = []
        for n, (chunk, bag) in enumerate(zip(self._chunks, self._bags, strict=True)):
            if filters is not None and not matches(filters, chunk.metadata):
                continue
            long = 0.25 + 0.75 * bag.total() / self._mean
            score = sum(self._idf[w] * bag[w] * 2.2 / (bag[w] + 1.2 * long) for w in wanted if w in bag)
            scored.append((score, -n, chunk))
        scored.sort(key=lambda item: item[:2], reverse=True)
        return [Passage(chunk, score) for score, _, chunk in scored[:limit] if score > 0 or filters is not None]

    def document(self, document_id: str, user: User) -> list[Chunk]:
        """The document's sections in order."""
        return [c for c in self._chunks if c.document_id == document_id]

    def answer(self, question: str, user: User, filters: Filter | None, style: AnswerStyle) -> Answer:
        """The best two passages, quoted; enough to test what an app makes of an answer."""
        passages = [p for p in self.search(question, user, 3, filters=filters) if p.score > 2.0]
        if not passages:
            return Answer("The documents hold no answer to this.", outcome="no_evidence")
        text, citations = "", []
        for marker, passage in enumerate(passages[:2], start=1):
            chunk = passage.chunk
            quote = " ".join(chunk.text.split())[:300]
            begin = len(text)
            text += f"{quote} [{marker}] "
            citations.append(
                Citation(marker, chunk.document_id, chunk.title, chunk.url, quote, begin, len(text) - 1, chunk.id)
            )
        return Answer(text.strip(), tuple(citations), confidence=0.5, passages=tuple(passages))


def _chunks(file: Path, samples: Path, parse: Parse) -> list[Chunk]:
    parsed = _parsed(file, file.stat().st_mtime_ns, parse)
    name = file.relative_to(samples).as_posix()
    metadata = _sidecar(file)
    title = str(metadata.get("title") or parsed.title or file.stem)
    values = {k: tuple(v) if isinstance(v, list) else v for k, v in metadata.items() if not isinstance(v, dict)}
    return [
        Chunk(
            id=f"{name}#{n}",
            document_id=name,
            ordinal=n,
            text=section.text,
            heading_path=section.heading_path,
            page=section.page,
            locator=section.locator,
            kind=section.kind,
            title=title,
            url=str(values.get("source_uri", "")),
            metadata=values,
        )
        for n, section in enumerate(parsed.sections)
        if section.kind != "note"
    ]


def _sidecar(file: Path) -> dict[str, Any]:
    """The attributes of `<file>.metadata.json`, named as the index names them."""
    beside = file.with_name(file.name + ".metadata.json")
    if not beside.is_file():
        return {}
    raw = json.loads(beside.read_text(encoding="utf-8"))
    attributes = {k.removeprefix("_").replace("last_updated_at", "updated_at"): v for k, v in raw["Attributes"].items()}
    return {"title": raw.get("Title", ""), **attributes}
