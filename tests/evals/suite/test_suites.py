import json
from collections import Counter

import pytest

from apps.publish.catalogue import app_files
from core.errors import DatasetError
from core.settings import Settings, load_settings
from evals.suite.suites import PACKAGED, Case, chosen_cases, load_suite, save_suite, suite_file

GOOD = {"id": "a", "question": "What?", "user": "ana@x.example"}


def suite(folder, *rows):
    file = folder / "mine.jsonl"
    file.write_text("\n".join(r if isinstance(r, str) else json.dumps(r) for r in rows), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({**GOOD, "outcom": "answered"}, "outcom: an unknown field"),
        ({"id": "a", "question": "What?"}, "user: the field is missing"),
        ({**GOOD, "outcome": "maybe"}, "outcome: found 'maybe'"),
        ({**GOOD, "route": "somewhere"}, "route: found 'somewhere'"),
        ({**GOOD, "outcome": "refused", "expected_facts": ["x"]}, "expected_facts: the outcome 'refused' has no facts"),
        ({**GOOD, "expected_documents": ["a:b"], "forbidden_documents": ["a:b"]}, "forbidden_documents: 'a:b'"),
        ({**GOOD, "expected_documents": ["b.md"]}, "'b.md' is no document id"),
        ({**GOOD, "assertions": [{"matches": "("}]}, "assertions[0].matches"),
        ({**GOOD, "assertions": [{}]}, "assertions[0]: give one"),
        ("{", "not valid JSON"),
        (GOOD, "stands on line 1 already"),
    ],
)
def test_a_mistake_names_file_line_and_field(tmp_path, row, said):
    file = suite(tmp_path, GOOD, row)
    with pytest.raises(DatasetError) as caught:
        load_suite(file)
    assert f"{file}:2:" in str(caught.value)
    assert said in str(caught.value)


def test_what_is_saved_is_loaded_again(tmp_path):
    cases = [
        Case(**GOOD, expected_facts=("90 days",), history=("Before?",)),
        Case(**{**GOOD, "id": "b"}, reviewed=False),
    ]
    file = tmp_path / "mine.jsonl"
    save_suite(file, cases)
    assert load_suite(file) == cases
    assert [c.id for c in chosen_cases(cases)] == ["a"]


def test_a_suites_name_is_no_path(tmp_path):
    (tmp_path / "debrief.yaml").write_text("")
    with pytest.raises(DatasetError, match="no name for a suite"):
        suite_file(load_settings(tmp_path / "debrief.yaml"), "../secret")


def test_the_sample_covers_what_it_should(project_root):
    cases = load_suite(PACKAGED / "sample.jsonl")
    assert len(cases) >= 150
    tags = Counter(tag for c in cases for tag in c.tags)
    for tag in ("app", "redshift", "restricted", "deny", "stale", "table", "follow-up", "unanswerable", "hostile"):
        assert tags[tag] >= 4, tag
    assert {c.language for c in cases} >= {"en", "de", "fr", "es"}
    sources = {d.partition(":")[0] for c in cases for d in c.expected_documents}
    assert sources == {"handbook", "s3", "sharepoint", "totango", "redshift", "crm", "plans"}
    people = (project_root / "samples" / "users.yaml").read_text()
    assert all(c.user in people for c in cases)


def test_every_app_of_the_library_has_cases():
    cases = [c for c in load_suite(PACKAGED / "sample.jsonl") if c.is_for_app]
    counts = Counter(c.app or c.route.removeprefix("app:") for c in cases)
    assert set(counts) == set(app_files(Settings()))
    assert min(counts.values()) >= 3
    assert all(c.route for c in cases)


def test_inputs_without_an_app_are_refused(tmp_path):
    with pytest.raises(DatasetError, match="name it in 'app'"):
        load_suite(suite(tmp_path, {**GOOD, "inputs": {"customer": "Acme"}}))
