"""The example apps on two companies, without a language model: the facts are there, and nothing is made up."""

import json
import re
from dataclasses import replace

import pytest
from docx import Document
from pptx import Presentation

from apps.language.examples import LIBRARY_EXAMPLES
from apps.publish.load import load_app
from apps.publish.scripted import ScriptedModel
from apps.runner import finish, resume
from core.errors import AppError
from tests.apps.examples.conftest import PERSON

FOLDER = LIBRARY_EXAMPLES.parents[1] / "examples"
FILES = sorted(FOLDER.glob("*.yaml"))
# (fixture with the tools, a customer, its figure off target or else a fact, another customer's)
COMPANIES = pytest.mark.parametrize(
    ("tools", "customer", "fact", "foreign_fact"),
    [
        ("sample", "Harbour & Lane Logistics", "Mean time to respond 8.7", "98.8"),
        ("foreign", "Klinikum Isartal", "Uptime CT 98.1", "15.5"),
    ],
    indirect=["tools"],
)


@pytest.fixture
def tools(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def run(surroundings):
    """(name, inputs, tools, answers) → the result, gone on with where answers are given."""

    def go(name, given, tools, answers=None):
        app = load_app(FOLDER / f"{name}.yaml")
        result = finish(app, given, surroundings(tools))
        if answers is None:
            return result
        assert result.status == "waiting" and result.saved_minutes == 0
        return list(resume(app, result, answers, surroundings(tools)))[-1]

    return go


def bytes_of(result, name):
    return result.output(name).content


@pytest.mark.parametrize("file", FILES, ids=[f.stem for f in FILES])
def test_each_is_short_right_and_about_nobody(file):
    text = file.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 60
    assert load_app(file).name == file.stem
    assert len(FILES) == 7


@COMPANIES
def test_weekly_status(run, tools, customer, fact, foreign_fact):
    text = run("weekly_status", {"customer": customer}, tools).output("status").text
    assert fact in text and foreign_fact not in text and re.search(r"\[\d+\]", text)


@COMPANIES
def test_qbr_deck(run, tools, customer, fact, foreign_fact, tmp_path):
    result = run("qbr_deck", {"customer": customer}, tools)
    (tmp_path / "deck.pptx").write_bytes(bytes_of(result, "deck"))
    slides = Presentation(str(tmp_path / "deck.pptx")).slides
    texts = [s.text_frame.text for slide in slides for s in slide.shapes if s.has_text_frame]
    assert any(fact.split()[-1] in t for t in texts) and not any(foreign_fact in t for t in texts)
    assert any(shape.has_chart for slide in slides for shape in slide.shapes)


@COMPANIES
def test_translating_needs_a_model_and_says_so(run, tools, customer, fact, foreign_fact):
    result = run("translate_and_adapt", {"language": "fr"}, tools)
    assert result.status == "failed" and result.saved_minutes == 0
    assert "no language model is set up; set llm.model" in result.error


def test_translating_with_a_model_keeps_what_the_document_says(run, foreign):
    reply = "Contrôlez la tête froide tous les six mois et remplacez-la après 25 000 heures. Elle coûte 12 000 euros."
    given = {"language": "fr", "document": "Reducing helium loss in MRI scanners"}
    result = run("translate_and_adapt", given, replace(foreign, model=ScriptedModel([reply])))
    text = result.output("text").text
    assert "25 000 heures" in text and "12 000" not in text and "[1]" not in text
    assert any("12 000 euros" in note for note in result.notes)


def test_a_status_with_a_model_cites_what_it_says(run, foreign):
    reply = "Uptime CT is 98.1%, below its target of 98.5% [NR]. Uptime MRI is 99.3% [NR]. All figures are on target."
    for number in (1, 3):
        model = ScriptedModel([reply.replace("NR", str(number))])
        result = run("weekly_status", {"customer": "Klinikum Isartal"}, replace(foreign, model=model))
        text = result.output("status").text
        # Whichever number the model names, the one that says it stands there.
        cited = {result.evidence[int(n) - 1].title for n in re.findall(r"\[(\d+)\]", text)}
        assert "98.1%" in text and "Service report Klinikum Isartal Q3 2026" in cited
        assert "All figures are on target" not in text


@COMPANIES
def test_risk_radar(run, tools, customer, fact, foreign_fact):
    result = run("risk_radar", {}, tools)
    radar = result.output("radar").value
    rows = {row[0]: dict(zip(radar["columns"], row, strict=True)) for row in radar["rows"]}
    assert fact in rows[customer]["Off target"]
    # Whoever nothing is known of is last, with the reason, and isn't called fine.
    unknown = [row for row in rows.values() if row["Incidents"] == "not known"]
    assert all("Nothing was found" in row["Remark"] for row in unknown)
    assert list(rows.values())[len(rows) - len(unknown) :] == unknown


@COMPANIES
def test_two_questions(run, tools, customer, fact, foreign_fact):
    given = {"occasion": "The open actions", "offer": "A call on Monday."}
    if customer.startswith("Harbour"):
        result = run("two_questions", {"customer": customer}, tools, given)
    else:
        with pytest.raises(AppError, match="'Why do you write"):
            run("two_questions", {"customer": customer}, tools, {})
        result = run("two_questions", {"customer": customer}, tools, given)
    mail = result.output("mail").value
    assert mail["subject"] == "The open actions"
    assert "A call on Monday." in mail["body"] and mail["body"].endswith("Ana")


@COMPANIES
def test_an_app_that_calls_an_app(run, tools, customer, fact, foreign_fact, tmp_path):
    result = run("morning_briefs", {"customers": f"{customer}; Nobody At All"}, tools)
    (tmp_path / "briefs.docx").write_bytes(bytes_of(result, "briefs"))
    text = "\n".join(p.text for p in Document(str(tmp_path / "briefs.docx")).paragraphs)
    assert customer in text and fact.split()[-1] in text
    assert any("'Nobody At All' was left out" in note for note in result.notes)


@COMPANIES
@pytest.mark.parametrize("decision", ["yes", "no"])
def test_a_post_after_review(run, tools, customer, fact, foreign_fact, decision):
    subject = "follow-up after a meeting" if customer.startswith("Harbour") else "returning a loan device"
    result = run("reviewed_post", {"subject": subject}, tools, {"decision": decision})
    if decision == "no":
        assert result.output("ready") is None and result.output("text").text == "Not to be posted."
        return
    ready = json.loads(result.output("ready").text)
    assert ready["reviewed_by"] == PERSON.email and "[1]" in ready["text"]


@COMPANIES
def test_nothing_found_is_said_and_saves_nothing(run, tools, customer, fact, foreign_fact):
    result = run("reviewed_post", {"subject": "zzqx blorf wimbledon"}, tools)
    assert (result.status, result.saved_minutes, result.outputs) == ("failed", 0, ())
    assert "looked for passages on “zzqx blorf wimbledon”" in result.error and PERSON.email in result.error
