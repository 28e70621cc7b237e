"""Gates: what a run must reach. A failed gate makes `debrief eval run` exit with 1."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import DatasetError
from core.settings import Settings
from core.yaml_text import load_yaml
from evals.metrics import Measured
from evals.suite.compare import Difference
from evals.suite.history import Result
from evals.suite.runner import summarise

PACKAGED = Path(__file__).resolve().parents[1] / "gates.yaml"


class Gate(BaseModel):
    """One bound of a metric's mean, over all cases or over those with a tag.

    Attributes:
        whole_suite: A floor of the suite's mix of cases: it says nothing of a run with --filter.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    metric: str
    tag: str = ""
    at_least: float | None = None
    at_most: float | None = None
    whole_suite: bool = False


class Gates(BaseModel):
    """A gates file.

    Attributes:
        no_worse: Metrics that must not be worse than the baseline beyond noise.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    gates: tuple[Gate, ...] = Field(default=())
    no_worse: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """A gate that wasn't reached, in one sentence, and the cases that it is about."""

    message: str
    cases: tuple[str, ...] = ()


def load_gates(settings: Settings) -> Gates:
    """The gates of `evaluation.gates_file`, or those that come with Debrief.

    Raises:
        DatasetError: the file is missing or wrong; the message names the field.
    """
    chosen = settings.evaluation.gates_file
    file = settings.path(chosen) if chosen is not None else PACKAGED
    try:
        gates = Gates.model_validate(load_yaml(file.read_text(encoding="utf-8")) or {})
    except OSError as error:
        raise DatasetError(f"The gates file {file} can't be read ({error.strerror}); correct the path.") from error
    except yaml.YAMLError as error:
        raise DatasetError(f"{file} is not valid YAML: {' '.join(str(error).split())}; mend that line.") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise DatasetError(f"{file}: {'.'.join(map(str, first['loc']))}: {first['msg']}; correct it.") from error
    for n, gate in enumerate(gates.gates):
        if gate.at_least is None and gate.at_most is None:
            raise DatasetError(f"{file}: gates.{n}: {gate.metric} has no bound; add at_least or at_most.")
    return gates


def failed_gates(
    gates: Gates,
    results: Mapping[str, Result],
    differences: Iterable[Difference] = (),
    beside: Mapping[str, Measured] | None = None,
    *,
    filtered: bool = False,
) -> tuple[Failed, ...]:
    """The gates that this run fails. A metric that no case of the run has fails nothing.

    Args:
        beside: Metrics that aren't of the cases, such as those of everyday questions.
    """
    found: list[Failed] = []
    for gate in gates.gates:
        if filtered and gate.whole_suite:
            continue
        concerned = [r for r in results.values() if not gate.tag or gate.tag in r.tags]
        measured = summarise(concerned).get(gate.metric) or (beside or {}).get(gate.metric)
        if measured is None:
            continue
        where = f" of the cases tagged {gate.tag}" if gate.tag else ""
        if gate.at_least is not None and measured.value < gate.at_least:
            low = [r.case_id for r in concerned if (v := r.value(gate.metric)) is not None and v < gate.at_least]
            message = f"{gate.metric}{where} is {measured}, and must be at least {gate.at_least:g}"
            found.append(Failed(message, tuple(low)))
        if gate.at_most is not None and measured.value > gate.at_most:
            high = [r.case_id for r in concerned if (v := r.value(gate.metric)) is not None and v > gate.at_most]
            if gate.metric == "errors":
                high = [r.case_id for r in concerned if r.state == "error"]
            message = f"{gate.metric}{where} is {measured}, and must be at most {gate.at_most:g}"
            found.append(Failed(message, tuple(high)))
    for difference in differences:
        if difference.metric in gates.no_worse and difference.verdict == "worse":
            message = (
                f"{difference.metric} fell from {difference.before:.3f} to {difference.now:.3f} "
                f"({difference.low:+.3f} to {difference.high:+.3f})"
            )
            found.append(Failed(message, tuple(c.case_id for c in difference.fell)))
    return tuple(found)
