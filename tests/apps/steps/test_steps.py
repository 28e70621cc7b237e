"""The steps by themselves: meetings, comparisons, queries, files."""

import io
from dataclasses import replace
from datetime import date

import pytest
from docx import Document
from openpyxl import load_workbook
from pptx import Presentation

from apps.accounts import AccountsFile, Vocabulary
from apps.compare.values import number_of
from apps.language.app_file import AppFile
from apps.meeting.cues import cue
from apps.meeting.sentences import choose_sentences
from apps.meeting.tasks import deed
from apps.meeting.turns import SpokenSentence
from apps.render.sheets import write_xlsx
from apps.run.context import Context, Tools
from apps.steps.compare_documents import CompareDocuments, compare_documents
from apps.steps.extract_meeting import ExtractMeeting, extract_meeting
from apps.steps.query import RunQuery, checked, query
from apps.steps.render import Render, render
from apps.steps.translate import Translate, translate
from core.errors import AppError
from core.types import Parsed, Section
from evals.measures.comparison import evaluate_comparison
from evals.measures.report_files import FORMATS
from tests.tables import table_section


def task_of(text, owner):
    """The row of a promise or request, said on 1 September 2026."""
    match = next((m for kind in ("request", "promise", "obliged", "need_do") if (m := cue(kind).search(text))), None)
    return deed(match, text, owner, date(2026, 9, 1))[0] if match else ""


def meeting(context, *turns, name="2026-10-14-call.vtt"):
    parsed = Parsed(tuple(Section(t, kind="turn", locator=f"00:0{n}") for n, t in enumerate(turns)))
    return extract_meeting(ExtractMeeting(source=AppFile(name, parsed)), context)


def test_a_promise_has_owner_day_and_evidence(context):
    found = meeting(
        context,
        "Jo Hall: I propose that I send you the audit report.",
        "Kim Lee: By when?",
        "Jo Hall: By 27 November.",
        "Kim Lee: Fine. I'll roll out the sensors by Friday.",
    )
    first, second = found["action_items"]
    assert (first["owner"], first["due"], first["task"]) == ("Jo Hall", "2026-11-27", "Send the audit report")
    assert (second["owner"], second["due"]) == ("Kim Lee", "2026-10-16")
    assert first["turn"] == 1 and "audit report" in first["quote"]


def test_what_is_not_promised_is_no_action(context):
    found = meeting(
        context,
        "Jo Hall: I will not talk about prices today.",
        "Kim Lee: We'll see. Let me sum up what the plant said last year.",
        "Jo Hall: Will you be in Ghent in May?",
    )
    assert found["action_items"] == []


def test_a_closing_summary_repeats_nothing(context):
    found = meeting(
        context,
        "Jo Hall: I'll present the proposal for three years by 4 December.",
        "Kim Lee: The plant in Ghent is closed until spring anyway.",
        "Jo Hall: Let me sum up. I present the proposal by 4 December.",
    )
    assert [i["due"] for i in found["action_items"]] == ["2026-12-04"]


def test_decisions_and_open_questions(context):
    found = meeting(
        context,
        "Jo Hall: So the pilot runs in two plants until June.",
        "Kim Lee: Agreed.",
        "Kim Lee: Does the price include the third plant?",
        "Jo Hall: I don't know yet, I have to check that.",
    )
    assert [d["text"] for d in found["decisions"]] == ["The pilot runs in two plants until June"]
    assert [q["text"] for q in found["open_questions"]] == ["Does the price include the third plant?"]


@pytest.mark.parametrize(
    ("text", "task"),
    [
        ("I'll try to reach purchasing.", "Try to reach purchasing"),
        ("Please state the reasons", "State the reasons"),
    ],
)
def test_tasks_are_instructions(text, task):
    assert task_of(text, "Lukas Brandt") == task


@pytest.mark.parametrize(
    ("text", "task"),
    [
        ("Ich schicke Ihnen den Bericht bis zum 3. Dezember.", "Den Bericht schicken"),
        ("Ich stimme den Plan mit dem Einkauf ab.", "Den Plan mit dem Einkauf abstimmen"),
        ("Ich kläre mit der Technik, was noch fehlt.", "Mit der Technik klären, was noch fehlt"),
        ("Dann kümmere ich mich um die Lizenzen.", "Sich um die Lizenzen kümmern"),
        ("Und bitte senden Sie uns die Liste.", "Die Liste senden"),
        ("Wir prüfen die Verträge.", "Die Verträge prüfen"),
    ],
)
def test_german_tasks_are_infinitives(text, task):
    assert task_of(text, "Lukas Brandt") == task


@pytest.mark.parametrize(
    ("text", "task", "language"),
    [
        ("I want the drill to cover both plants.", "Arrange for the drill to cover both plants", "en"),
        ("Could you send us the list?", "Send the list", "en"),
        ("Könnten Sie uns auch die Bewertung geben?", "Die Bewertung geben", "de"),
        ("Je vous prépare une proposition pour le 15 janvier.", "Préparer une proposition", "fr"),
        ("Pouvez-vous nous communiquer la liste ?", "Communiquer la liste", "fr"),
        ("De acuerdo, haremos una revisión mensual.", "Hacer una revisión mensual", "es"),
        ("Os preparo un cartel antes del 18 de septiembre.", "Preparar un cartel", "es"),
        ("¿Me podéis enviar el inventario?", "Enviar el inventario", "es"),
    ],
)
def test_promises_and_requests_become_tasks(text, task, language):
    assert task_of(text, "Marc Oudin") == task


def test_a_request_that_is_granted_is_no_decision(context):
    found = meeting(
        context,
        "Jo Hall: The second rehearsal takes place in March.",
        "Kim Lee: I want the rehearsal to cover the loss of the whole data centre.",
        "Jo Hall: Agreed.",
    )
    assert found["decisions"] == []
    assert [(a["owner"], a["speaker"]) for a in found["action_items"]] == [("Jo Hall", "Kim Lee")]


def test_what_was_agreed_earlier_is_no_decision(context):
    found = meeting(
        context,
        "Jo Hall: We record the call, as agreed by e-mail.",
        "Kim Lee: The plant in Lyon is connected now.",
    )
    assert found["decisions"] == []


def test_the_sentences_of_a_topic_come_from_all_of_it():
    said = [f"Plant {n} reports {n} broken valves and missing gauges." for n in range(1, 10)]
    sentences = [SpokenSentence(text, n, "Jo Hall") for n, text in enumerate(said, start=1)]
    (chosen,) = choose_sentences([sentences], {}, 3)
    assert [(s.turn - 1) // 3 for s in chosen] == [0, 1, 2]


def test_what_one_topic_says_the_next_does_not_repeat():
    """Both stretches hold the sentence that says most; the second has to say something else."""
    said = "The broken valves in plant seven need replacement gauges."
    other = "Catering changes supplier, menu and prices soon."
    stretches = [
        [SpokenSentence(said, 1, "Jo Hall")],
        [SpokenSentence(said, 2, "Kim Lee"), SpokenSentence(other, 2, "Kim Lee")],
    ]
    assert [[s.text for s in found] for found in choose_sentences(stretches, {}, 2)] == [[said], [other]]


def test_a_topic_is_not_named_by_what_happened(context):
    found = meeting(
        context,
        "Jo Hall: Romandie told us about the patch window, and the patch window delivered less than we hoped.",
        "Kim Lee: The patch window in Romandie told nobody anything. The patch window is short.",
    )
    assert [t["title"] for t in found["topics"]] and not any(
        word in t["title"].lower() for t in found["topics"] for word in ("told", "delivered")
    )


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("4,150", 4150, ""),
        ("4,8", 4.8, ""),
        ("1.234,5", 1234.5, ""),
        ("1,234.5 EUR", 1234.5, "EUR"),
        ("−3 hours", -3, "hours"),
        ("98.8%", 98.8, "%"),
        ("€ 1'200", 1200, "€"),
    ],
)
def test_cells_are_numbers_in_either_notation(text, value, unit):
    found = number_of(text)
    assert (found.value, found.unit) == (value, unit)


@pytest.mark.parametrize("text", ["2026-11-01", "Q3 2026", "1.2.3", "n/a", "", "3 of 5 done and more to come"])
def test_what_is_no_number_is_none(text):
    assert number_of(text) is None


def test_a_comparison_says_what_moved_and_which_way(context, file_of):
    before = file_of(
        "a.md",
        "| Metric | Value | Target |\n| - | - | - |\n| Response time | 6 | 4 |\n| Coverage | 90% | 98 |",
        "All is calm.",
    )
    after = file_of(
        "b.md",
        "| Metric | Value | Target |\n| - | - | - |\n| Coverage | 99% | 98 |\n| Response time | 8 | 4 |",
        "All is loud.",
    )
    found = compare_documents(CompareDocuments(before=before, after=after), context)
    moved = {m["name"]: (m["difference"], m["verdict"], m["on_target"]) for m in found["metrics"]}
    assert moved == {"Response time": (2, "worse", False), "Coverage": (9, "better", True)}
    declared = CompareDocuments(before=before, after=after, directions={"Response": "higher"})
    assert compare_documents(declared, context)["counts"]["worse"] == 0


def test_directions_that_the_company_wrote_down_count_and_drafted_ones_dont(context, file_of):
    before, after = (file_of(f"{n}.md", f"| Metric | Value |\n| - | - |\n| Grid index | {n} |") for n in (3, 5))
    written = AccountsFile.model_validate({"directions": {"lower": ["grid index"]}})
    verdicts = []
    for words in (Vocabulary(written), Vocabulary(written, drafted=True)):
        informed = replace(context, tools=replace(context.tools, words=lambda words=words: words))
        (metric,) = compare_documents(CompareDocuments(before=before, after=after), informed)["metrics"]
        verdicts.append(metric["verdict"])
    assert verdicts == ["worse", "changed"]


def test_a_course_over_three_reports_in_one_language(context, file_of):
    texts = [f"| Kennzahl | Wert |\n| - | - |\n| Reparaturzeit | {value} |" for value in ("6 h", "330 min", "4,5 h")]
    first, before, after = (file_of(f"{n}.md", text) for n, text in enumerate(texts))
    found = compare_documents(CompareDocuments(before=before, after=after, earlier=[first], language="de"), context)
    assert found["series"]["columns"]["name"] == "Kennzahl"
    assert found["series"]["rows"] == [{"name": "Reparaturzeit", "r0": "6 h", "r1": "330 min", "r2": "4,5 h"}]
    (metric,) = found["metrics"]
    assert (metric["course"], metric["verdict_text"]) == ("330 min → 4,5 h (−1 h)", "besser")


def test_a_table_that_goes_on_and_a_sentence_cut_by_a_page_are_one(context):
    header, rule = "| Site | Score |", "| - | - |"

    def report(*sections):
        return AppFile("r.pdf", Parsed(tuple(sections), "Report"))

    whole = report(
        table_section(f"{header}\n{rule}\n| North | 1 |\n| South | 2 |", ("Sites",), locator="page 1"),
        Section("The audit of 400 hosts found nothing.", ("Text",), locator="page 1"),
    )
    cut = report(
        table_section(f"{header}\n{rule}\n| North | 1 |", ("Sites (1/2)",), locator="page 1"),
        table_section(f"{header}\n{rule}\n| South | 2 |", ("Sites (2/2)",), locator="page 2"),
        Section("The audit of 400 hosts", ("Text",), locator="page 2"),
        Section("Report · page 2\nfound nothing.", ("Text",), locator="page 3"),
    )
    assert compare_documents(CompareDocuments(before=whole, after=cut), context)["identical"]


@pytest.mark.parametrize(
    ("rows", "difference"),
    [
        (("| a | 1.926 | 85,3 % |", "| a | 2.026 | 85,3 % |"), 100),
        (("| a | 1.926 | 85.3 % |", "| a | 2.026 | 85.3 % |"), 0.1),
        (("| a | 1,926 | 85.3 % |", "| a | 2,026 | 85.3 % |"), 100),
        (("| a | 1.926 | 12.05.2026 |", "| a | 2.026 | 12.05.2026 |"), 100),
    ],
)
def test_the_reports_decimal_mark_tells_what_a_number_is(context, file_of, rows, difference):
    before, after = (file_of("r.md", f"| Name | Hosts | Share |\n| - | - | - |\n{row}") for row in rows)
    (change,) = compare_documents(CompareDocuments(before=before, after=after), context)["changes"]
    assert change["difference"] == pytest.approx(difference)


def test_a_pipe_in_a_cell_and_a_backslash_are_text(context, file_of):
    before, after = (file_of("r.md", f"| Rule | C:\\ |\n| - | - |\n| a \\| b | {n} |") for n in (1, 2))
    assert compare_documents(CompareDocuments(before=before, after=after), context)["counts"]["changed"] == 1
    assert context.evidence[-1].quote == "a | b, C:\\: 1 → 2"


def test_the_same_report_has_no_changes(context, file_of):
    file = file_of("a.md", "| A | B |\n| - | - |\n| x | 1 |", "One. Two.")
    assert compare_documents(CompareDocuments(before=file, after=file), context)["identical"]


@pytest.mark.parametrize("kind", FORMATS)
def test_known_edits_of_real_files_are_found_and_nothing_else(kind):
    report = evaluate_comparison(kind, pairs=10, seed=11)
    assert report.edits > 25
    assert report.precision >= 0.95, report.wrong
    assert report.recall >= 0.95, report.missed
    assert report.amounts == report.verdicts == 1.0


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM t",
        "SELECT 1; SELECT 2",
        "WITH x AS (DELETE FROM t RETURNING 1) SELECT * FROM x",
        "SELECT 1 INTO t2",
        "/* SELECT */ DROP TABLE t",
        "UNLOAD ('select 1') TO 's3://x'",
    ],
)
def test_a_query_can_only_read(sql):
    with pytest.raises(AppError, match="may only read"):
        checked(sql)


def test_a_query_takes_values_by_name(person):
    asked = {}

    def ask(sql, values, limit):
        asked.update(sql=sql, values=values)
        return ["a"], [[1]]

    context = Context(person, Tools(query=ask))
    found = query(RunQuery(sql="SELECT a FROM t WHERE c = :c -- x;\n", values={"c": "; DROP"}), context)
    assert found["rows"] == [{"a": 1}]
    assert asked == {"sql": "SELECT a FROM t WHERE c = :c", "values": {"c": "; DROP"}}
    with pytest.raises(AppError, match="make them agree"):
        query(RunQuery(sql="SELECT :d AS d", values={"c": 1}), context)


def test_translation_without_a_model_says_so(context):
    found = translate(Translate(text="The meeting was long and the room was cold.", to="de"), context)
    assert not found["translated"]
    assert "needs a language model" in context.notes[0]


BODY_TEXT = "# Part\n\nA **bold** word.\n\n- one\n- two\n\n| A | B |\n| - | - |\n| x | 1 |"


def test_files_open_and_hold_the_text(context):
    word = render(Render(format="docx", title="A title", body=BODY_TEXT), context)["file"]
    document = Document(io.BytesIO(word["content"]))
    assert "A bold word." in [p.text for p in document.paragraphs]
    assert document.tables[0].cell(1, 1).text == "1"
    chart = {"title": "Trend", "labels": ["Q1", "Q2"], "series": {"x": [1, None]}}
    slides = render(Render(format="pptx", title="A title", body=BODY_TEXT, charts=[chart]), context)["file"]
    deck = Presentation(io.BytesIO(slides["content"]))
    assert sum(s.has_chart for slide in deck.slides for s in slide.shapes) == 1
    assert sum(s.has_table for slide in deck.slides for s in slide.shapes) == 1


def test_what_stands_below_a_table_is_in_the_file(context):
    body = "# Figures\n\n| A | B |\n| - | - |\n| x | 1 |\n\n# Risks\n\n- Flood\n\n| C |\n| - |\n| y |\n\nThe end."
    word = render(Render(format="docx", title="T", body=body), context)["file"]
    document = Document(io.BytesIO(word["content"]))
    assert [p.text for p in document.paragraphs if p.text] == ["T", "Figures", "Risks", "Flood", "The end."]
    assert len(document.tables) == 2
    slides = render(Render(format="pptx", title="T", body=body), context)["file"]
    titles = [slide.shapes.title.text for slide in Presentation(io.BytesIO(slides["content"])).slides]
    assert titles == ["T", "Figures", "Risks", "Risks", "Risks"]


def test_a_long_table_is_shared_out_evenly_over_slides(context):
    body = "| A |\n| - |\n" + "".join(f"| row {n} |\n" for n in range(21))
    file = render(Render(format="pptx", title="T", body=body), context)["file"]
    deck = Presentation(io.BytesIO(file["content"]))
    tables = [s.table for slide in deck.slides for s in slide.shapes if s.has_table]
    assert [len(table.rows) - 1 for table in tables] == [7, 7, 7]


def test_files_take_the_companys_templates(person, tmp_path):
    own = Document()
    own.add_paragraph("Text of the template")
    own.sections[0].footer.paragraphs[0].text = "Northgate, confidential"
    own.save(str(tmp_path / "report.docx"))
    deck = Presentation()
    deck.slide_width, deck.slide_height = 12192000, 6858000
    deck.slides.add_slide(deck.slide_layouts[0]).shapes.title.text = "Slide of the template"
    deck.save(str(tmp_path / "report.pptx"))
    context = Context(person, Tools(templates=tmp_path), company="Us")
    word = render(Render(format="docx", title="T", body="One."), context)["file"]
    document = Document(io.BytesIO(word["content"]))
    assert [p.text for p in document.paragraphs] == ["T", "One."]
    assert document.sections[0].footer.paragraphs[0].text == "Northgate, confidential"
    slides = render(Render(format="pptx", title="T", subtitle="today", body="# A\n\nOne."), context)["file"]
    made = Presentation(io.BytesIO(slides["content"]))
    assert [slide.shapes.title.text for slide in made.slides] == ["T", "A"]
    deck.slide_height = deck.slide_width
    deck.save(str(tmp_path / "report.pptx"))
    with pytest.raises(AppError, match=r"report\.pptx isn't in the format 16:9"):
        render(Render(format="pptx", title="T"), context)
    (tmp_path / "report.docx").write_bytes(b"no Word file")
    with pytest.raises(AppError, match=r"report\.docx is no Word file"):
        render(Render(format="docx", title="T"), context)


def test_a_cell_never_becomes_a_formula():
    content = write_xlsx("T", [{"title": "a/b", "columns": ["x"], "rows": [["=1+1"], [2]]}], "Us")
    sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    assert (sheet["A2"].value, sheet["A2"].data_type, sheet["A3"].value) == ("=1+1", "s", 2)


@pytest.mark.parametrize("kind", ["docx", "pptx", "xlsx"])
def test_characters_that_no_office_file_holds_are_left_out(kind, context):
    bad = "a\x0bb\x1bc\ufffed\x00"
    tables = [{"title": bad, "columns": [bad], "rows": [[bad]]}]
    given = Render(format=kind, title=f"T {bad}", subtitle=bad, body=f"# {bad}\n\n{bad}", tables=tables)
    assert render(given, context)["file"]["content"][:2] == b"PK"


@pytest.mark.parametrize(
    "sql",
    [
        "select E'\\'') as q; drop table x; select * from (select E'\\''",
        "select pg_sleep(100)",
        "select pg_read_file('/etc/passwd')",
        "select set_config('transaction_read_only', 'off', false)",
    ],
)
def test_a_query_neither_ends_its_text_early_nor_asks_the_servers_functions(sql):
    with pytest.raises(AppError, match="may only read"):
        checked(sql)
