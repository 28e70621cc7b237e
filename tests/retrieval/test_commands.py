import json

import pytest
from typer.testing import CliRunner

import retrieval.retriever
from cli import app
from core.errors import FilterError, IdentityError, QuestionError
from core.types import Boost, Why
from retrieval.commands import explained
from retrieval.engines.generations import FolderGenerations
from tests.retrieval.conftest import RECIPE
from tests.retrieval.fakes import WordEmbedder, make_chunk, vectors_of


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """A settings file and an index of three documents, one of them for a group."""
    (tmp_path / "debrief.yaml").write_text("data_dir: data\n")
    monkeypatch.setenv("DEBRIEF_SETTINGS", str(tmp_path / "debrief.yaml"))
    monkeypatch.setattr(retrieval.retriever, "open_embedder", lambda _settings: WordEmbedder())
    generations = FolderGenerations(tmp_path / "data" / "index", RECIPE)
    with generations.write() as writer:
        for name, fields in {
            "policy": {"metadata": {"document_type": "policy"}},
            "playbook": {"metadata": {"document_type": "playbook"}},
            "secret": {"allow": frozenset({"group:board"})},
        }.items():
            text = f"the {name} on premium plans"
            writer.index.replace(name, [make_chunk(name, 0, text, title=name.title(), **fields)], vectors_of([text]))
        writer.publish()
    return tmp_path


def run(*arguments):
    result = CliRunner().invoke(app, ["search", *arguments, "--user", "ana@x.com"])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout


def test_json_is_alone_on_stdout_and_keeps_to_the_access_lists(workspace):
    found = json.loads(run("premium plans", "--json"))["passages"]
    assert {p["chunk"]["document_id"] for p in found} == {"policy", "playbook"}
    assert found[0]["why"]["final"] == found[0]["score"]


def test_why_filter_weight_and_context(workspace):
    shown = run("premium plans", "--why", "--weight", "document_type: {playbook: very_high}", "--limit", "1")
    assert "Playbook" in shown and "document_type playbook ×2.00" in shown and "final" in shown
    assert "Playbook" not in run("premium plans", "--filter", "document_type=policy", "--by-document")
    same = ("--weight", "document_type: {kind: same_as, weight: high}", "--context", "document_type=policy", "--why")
    assert "×1.50" in run("premium plans", *same)


def test_the_section_around_and_passages_that_differ(workspace):
    generations = FolderGenerations(workspace / "data" / "index", RECIPE)
    with generations.write() as writer:
        texts = [
            "first we plan",
            "the premium plans cost ten",
            "the premium plans cost ten ten",
            "premium plans have phone support",
            "holidays",
        ]
        chunks = [make_chunk("long", n, text, title="Long") for n, text in enumerate(texts)]
        writer.index.replace("long", chunks, vectors_of(texts))
        writer.publish()
    shown = run("phone support", "--limit", "1", "--around", "1", "--filter", "document_id=long")
    assert "▸ 4. premium plans have phone support" in shown and "5. holidays" in shown and "first" not in shown
    (around,) = json.loads(run("cost ten", "--limit", "1", "--around", "1", "--filter", "document_id=long", "--json"))[
        "around"
    ]
    assert [chunk["ordinal"] for chunk in around] in ([0, 1, 2], [1, 2, 3], [2, 3, 4])
    alike = json.loads(run("premium plans cost ten", "--limit", "2", "--json"))["passages"]
    unlike = json.loads(run("premium plans cost ten", "--limit", "2", "--diverse", "--json"))["passages"]
    assert {p["chunk"]["ordinal"] for p in alike if p["chunk"]["document_id"] == "long"} == {1, 2}
    assert unlike[0]["chunk"] == alike[0]["chunk"] and unlike[1]["chunk"] != alike[1]["chunk"]


def test_an_attribute_that_nothing_has_is_named(workspace):
    assert "attribute 'doctype'" in run("premium plans", "--filter", "doctype=policy")


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ((" ",), QuestionError, "empty"),
        (("x", "--filter", "a ="), FilterError, "can't be read"),
        (("x", "--weight", "a: {b: enormous}"), FilterError, "very_high"),
        (("x", "--weight", "a: ["), FilterError, "not valid YAML"),
        (("x", "--context", "customer"), FilterError, "customer=Acme"),
    ],
)
def test_mistakes_are_one_sentence(workspace, arguments, error, says):
    with pytest.raises(error, match=says):
        run(*arguments)


def test_nobody_searches_nothing(workspace):
    result = CliRunner().invoke(app, ["search", "x"])
    assert isinstance(result.exception, IdentityError)


def test_scores_are_shown_in_the_order_in_which_they_came_to_be():
    why = Why(2.5, None, 0.61, 0.2, (Boost("a", "b", 1.25),), 0.7, 0.76)
    assert (
        explained(why)
        == "text 2.500 · vector – · fused 0.610 · words 0.200 · a b ×1.25 · re-ranked 0.700 · final 0.760"
    )
