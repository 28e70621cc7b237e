from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.errors import DatasetError
from evals.suite.review import accept_case, add_case, reject_case, waiting_cases
from evals.suite.suites import Case, load_suite


def case(name: str, **more: object) -> Case:
    values = {"id": name, "question": "How long?", "user": "ana@x.example", "reviewed": False, **more}
    return Case.model_validate(values)


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    return tmp_path / "cases" / "own.jsonl"


def test_a_case_waits_until_it_is_accepted_with_what_the_reviewer_corrected(suite: Path) -> None:
    assert waiting_cases(suite) == []
    add_case(suite, case("a"))
    with pytest.raises(DatasetError, match="neither a fact nor a document"):
        accept_case(suite, "a")
    assert [c.id for c in waiting_cases(suite)] == ["a"]
    accept_case(suite, "a", {"expected_facts": ("90 days",)})
    assert waiting_cases(suite) == []
    (kept,) = load_suite(suite)
    assert kept.reviewed and kept.expected_facts == ("90 days",)


def test_what_breaks_a_rule_is_refused_and_leaves_the_suite_readable(suite: Path) -> None:
    add_case(suite, case("a", expected_facts=("90 days",)))
    with pytest.raises(DatasetError, match="has no facts"):
        add_case(suite, case("b", outcome="no_evidence", expected_facts=("90 days",)))
    with pytest.raises(DatasetError, match="outcome"):
        accept_case(suite, "a", {"outcome": "perhaps"})
    with pytest.raises(DatasetError, match="already"):
        add_case(suite, case("a"))
    with pytest.raises(DatasetError, match="no case 'c'"):
        reject_case(suite, "c")
    assert [c.id for c in load_suite(suite)] == ["a"]


def test_the_last_case_can_be_rejected_too(suite: Path) -> None:
    add_case(suite, case("a"))
    reject_case(suite, "a")
    assert waiting_cases(suite) == []
    add_case(suite, case("b"))
    assert [c.id for c in waiting_cases(suite)] == ["b"]


def test_many_at_once_lose_none(suite: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: add_case(suite, case(f"c{n}")), range(24)))
    assert len(waiting_cases(suite)) == 24
    assert [f.name for f in suite.parent.iterdir()] == ["own.jsonl"]
