"""Runs the tests that stand in an app's file, over sample documents, without a language model.

File inputs and `documents` are paths and patterns below a folder of samples. The caller makes an index of the documents
that a test names, so that a test finds what a run would find.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from apps.language import App, AppFile, AppTest, Expectation, ExpressionError, evaluate
from apps.publish.scripted import ScriptedModel
from apps.run import Context, Model, Tools
from apps.runner import RunResult, finish, resume
from core.errors import AppError, DebriefError
from core.text.detect import detect_language
from core.text.patterns import matches
from core.types import Parsed, Section, User

Parse = Callable[[bytes, str], Parsed]


@dataclass(frozen=True)
class SampleFile:
    """A sample document; `name` is its path below the samples, `metadata` what its sidecar says."""

    name: str
    parsed: Parsed
    metadata: Mapping[str, Any] = field(default_factory=dict)


# Sample documents → the tools over an index of them, and of nothing else.
OpenDocuments = Callable[[tuple[SampleFile, ...]], Tools]
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


@dataclass(frozen=True)
class Samples:
    """What tests run over.

    Attributes:
        folder: Their file inputs and documents lie below it.
        company: The name of one's own company in drafts.
        indexed: Documents of the index by their ids, as whoever tests may read them; None where there is no index.
    """

    folder: Path
    parse: Parse
    documents: OpenDocuments
    company: str = "Debrief"
    indexed: Callable[[Sequence[str]], tuple[SampleFile, ...]] | None = None


def run_tests(app: App, samples: Samples) -> list[TestResult]:
    """The result of each of the app's tests."""
    return [run_test(app, test, samples) for test in app.tests]


def run_test(app: App, test: AppTest, samples: Samples) -> TestResult:
    """Runs one test. An app that can't be run is a problem, not an error."""
    begin = time.monotonic()
    _, problems = outcome(app, test, samples)
    return TestResult(test.name, problems, round(time.monotonic() - begin, 3))


def outcome(
    app: App, test: AppTest, samples: Samples, model: Model | None = None
) -> tuple[RunResult | None, tuple[str, ...]]:
    """The test's run, None where it could not begin, and what doesn't hold of it.

    Args:
        model: Writes where the test scripts no replies; None leaves the drafts.
    """
    try:
        given = {name: _given(app, name, value, samples) for name, value in test.inputs.items()}
        replies = [test.model_reply] if isinstance(test.model_reply, str) else test.model_reply
        writer = ScriptedModel(replies) if replies else model
        tools = replace(tools_of(test, samples, checked=writer is not None), model=writer)
        result = result_of(app, test, given, tools, samples)
    except DebriefError as error:
        return None, _refused(test, str(error))
    return result, _unmet(test, result)


def _unmet(test: AppTest, result: RunResult) -> tuple[str, ...]:
    if result.status == "waiting":
        return (f"it waits for {', '.join(i.name for i in result.asks)}; give the test `answers`.",)
    if result.status != "completed":
        return _refused(test, result.error)
    if test.fails:
        return (f"it ran, but should be refused with {test.fails!r}.",)
    return tuple(problem for wanted in test.expect for problem in unmet(wanted, result))


def tools_of(test: AppTest, samples: Samples, *, checked: bool = False) -> Tools:
    """What the test's run may use: an index of its documents; without any nothing can be searched.

    Args:
        checked: A model writes, which is checked by what an index brings along, an empty one, too.
    """
    if not test.documents and not test.indexed:
        return replace(samples.documents(()), search=None, documents=None) if checked else Tools()
    files = sample_files(samples.folder, test.documents, samples.parse)
    return samples.documents((*files, *_indexed(test, samples)))


def _indexed(test: AppTest, samples: Samples) -> tuple[SampleFile, ...]:
    """The documents of the index that the test names. Raises AppError when there is no index here."""
    if not test.indexed:
        return ()
    if samples.indexed is None:
        raise AppError(
            "The test reads documents of the index, and there is none here; run it where documents are synced."
        )
    return samples.indexed(test.indexed)


def result_of(app: App, test: AppTest, given: Mapping[str, Any], tools: Tools, samples: Samples) -> RunResult:
    """The run's result; where it asks, the test's answers are given. Errors as `finish`."""
    user = replace(TESTER, groups=(*TESTER.groups, *app.audience))
    result = finish(app, given, Context(user, tools, TODAY, samples.company))
    for _ in app.steps:
        if result.status != "waiting" or not test.answers:
            break
        asked = {i.name: test.answers[i.name] for i in result.asks if i.name in test.answers}
        *_, last = resume(app, result, asked, Context(user, tools, TODAY, samples.company))
        assert isinstance(last, RunResult)
        result = last
    return result


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
    found += [f"{wanted.output} doesn't match {p!r}." for p in wanted.matches if not matches(p, text, multiline=True)]
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


def _given(app: App, name: str, value: Any, samples: Samples) -> Any:
    spec = app.input(name)
    if spec is None or spec.type not in ("file", "files"):
        return value
    if isinstance(value, list):
        return [_file(v, samples) for v in value]
    return _file(value, samples)


def _file(value: Any, samples: Samples) -> AppFile:
    """A sample file by its path, or one whose text stands in the test: {name: …, text: …}."""
    if isinstance(value, Mapping) and value.keys() >= {"name", "text"}:
        name = str(value["name"])
        return AppFile(name, Parsed((Section(str(value["text"])),), str(value.get("title") or name)))
    return read_sample(samples.folder, str(value), samples.parse)


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


@lru_cache(maxsize=64)
def sample_files(samples: Path, patterns: tuple[str, ...], parse: Parse) -> tuple[SampleFile, ...]:
    """The files that the patterns name; sidecar files give their metadata.

    Raises:
        AppError: a pattern names no file.
    """
    found: dict[str, SampleFile] = {}
    for pattern in patterns:
        files = [f for f in sorted(samples.glob(pattern)) if f.is_file() and not f.name.endswith(".metadata.json")]
        if not files:
            raise AppError(
                f"No sample file fits {pattern} in {samples}; correct the pattern in the test, "
                "or name another folder with --samples."
            )
        for file in files:
            name = file.relative_to(samples).as_posix()
            parsed = _parsed(file, file.stat().st_mtime_ns, parse)
            found[name] = SampleFile(name, parsed, _sidecar(file))
    return tuple(found.values())


def _sidecar(file: Path) -> dict[str, Any]:
    """The attributes of `<file>.metadata.json`, named as the index names them."""
    beside = file.with_name(file.name + ".metadata.json")
    if not beside.is_file():
        return {}
    raw = json.loads(beside.read_text(encoding="utf-8"))
    attributes = {k.removeprefix("_").replace("last_updated_at", "updated_at"): v for k, v in raw["Attributes"].items()}
    return {"title": raw.get("Title", ""), **attributes}
