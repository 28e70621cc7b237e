"""An app on somebody's own documents: the tests of its file, or of cases.yaml beside the documents, run and judged.

    cases.yaml:
      - name: a customer in trouble
        inputs: {customer: Acme}
        documents: ["reports/*"]
        expect: [{output: status, contains: [Uptime]}]
        judge: [The status names the figure that misses its target.]

What can be looked up is `expect`; what only a reader can tell is `judge`, and a model for the task "judge" reads it.
Without one a statement is unscored, never wrong.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import BaseModel, TypeAdapter, ValidationError

from apps.language import App, AppTest
from apps.publish import Samples
from apps.publish.testing import outcome
from apps.run import Model
from apps.runner import RunResult
from core.errors import DatasetError, ModelError
from core.llm import ChatModels, Spending
from prompts import load_prompt

CASES = "cases.yaml"
_CASES = TypeAdapter(tuple[AppTest, ...])
_RESULT_CHARS = 12_000


class Verdict(BaseModel):
    """Whether a statement holds of a result."""

    holds: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """A statement, whether it holds (None: nobody could say), and why."""

    statement: str
    holds: bool | None
    reason: str


@dataclass(frozen=True, slots=True)
class CaseScore:
    """One case: what didn't hold, what was judged, and what it took."""

    name: str
    problems: tuple[str, ...]
    judged: tuple[Judged, ...]
    notes: tuple[str, ...]
    seconds: float
    tokens: int

    @property
    def passed(self) -> bool:
        """Whether all that is expected holds, and nothing was judged wrong."""
        return not self.problems and all(one.holds is not False for one in self.judged)


def cases_in(app: App, folder: Path) -> tuple[AppTest, ...]:
    """The cases of the folder, else the app's tests. Raises DatasetError when there is none, or one is wrong."""
    file = folder / CASES
    if not folder.is_dir():
        raise DatasetError(f"There is no folder {folder}; give one with documents, and {CASES} if you like.")
    if not file.is_file():
        if not app.tests:
            raise DatasetError(f"The app {app.name} has no tests and {folder} no {CASES}; write one of them.")
        return app.tests
    try:
        return _CASES.validate_python(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValidationError) as error:
        raise DatasetError(
            f"{file} is wrong: {' '.join(str(error).split())[:300]}; see docs/apps.md, Tests."
        ) from error


def evaluate_cases(
    app: App, cases: Sequence[AppTest], samples: Samples, model: Model | None, judge: ChatModels | None
) -> list[CaseScore]:
    """The score of each case, run with the model where there is one."""
    return [_scored(app, case, samples, model, judge) for case in cases]


def _scored(app: App, case: AppTest, samples: Samples, model: Model | None, judge: ChatModels | None) -> CaseScore:
    begin = time.monotonic()
    result, problems = outcome(app, case, samples, model)
    text = _shown(result) if result is not None and result.status == "completed" else ""
    judged = tuple(_judged(s, case, text, judge) for s in case.judge) if text else ()
    tokens, notes = (result.tokens, result.notes) if result is not None else (0, ())
    return CaseScore(case.name, problems, judged, notes, round(time.monotonic() - begin, 3), tokens)


def _judged(statement: str, case: AppTest, text: str, judge: ChatModels | None) -> Judged:
    if judge is None:
        return Judged(statement, None, "no language model is set up; set llm.model, or llm.tasks.judge")
    messages = load_prompt("judge_app").render(statement=statement, inputs=str(case.inputs), result=text)
    try:
        verdict = judge.structured("judge", messages, Verdict, Spending())
    except ModelError as error:
        return Judged(statement, None, str(error))
    return Judged(statement, verdict.holds, verdict.reason)


def _shown(result: RunResult) -> str:
    return "\n\n".join(f"{o.title}:\n{o.text}" for o in result.outputs)[:_RESULT_CHARS]
