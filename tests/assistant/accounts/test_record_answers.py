"""What records say to a question about customers, and which questions they leave to the search."""

import pytest

from tests.assistant.accounts.conftest import ACME, ANA, BELL, BOB, chunk, company


def test_a_field_is_cited_and_an_older_record_is_named_as_older(ask):
    answer = ask("How much does Acme pay?")
    assert answer.outcome == "answered" and answer.route == "records"
    assert answer.text.startswith(f"{ACME} – Contract value a year: 300,000 EUR [1]")
    assert "(older, 2 January 2025: 280,000 EUR) [2]" in answer.text
    assert [c.quote for c in answer.citations] == ["- Yearly Value: 300000", "- Yearly Value: 280000"]


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Who is the CSM of Acme and what's their e-mail?", ["Ana Kern", "E-mail: ana.kern@us.example"]),
        ("Wann endet der Vertrag von Acme?", ["Vertragsende: 28. Februar 2027"]),
        ("¿Cuándo termina el contrato de Bell & Rowe?", ["30 de septiembre de 2027"]),
        ("Quelle est la santé de Bell and Rowe ?", ["Santé: green"]),
        ("in which city is Acme", ["City: Ghent"]),
        ("who are the contacts of Acme?", ["Kim Lee, Head of IT"]),
        ("what's Kim Lee's email?", ["kim.lee@acme.example"]),
    ],
)
def test_fields_by_the_words_of_people(ask, question, said):
    answer = ask(question)
    assert answer.outcome == "answered"
    assert all(text in answer.text for text in said)


def test_an_address_that_no_record_has_is_said_to_be_lacking(ask):
    answer = ask("Who is the account manager of Bell & Rowe, and their e-mail?")
    assert "Bob Stone" in answer.text and "no e-mail address of Bob Stone" in answer.text
    assert "@" not in answer.text


@pytest.mark.parametrize(
    "question",
    [
        "How much does Acme pay for the archive?",
        "What is Acme's phone number?",
        "How do I prepare a renewal for Acme?",
        "Which customers complained about noise in October?",
        "What does the policy say about customers?",
        "What changed in the travel policy?",
        "Summarise the review guide",
        "who decides in a review?",
    ],
)
def test_what_asks_for_more_than_a_field_is_searched_for(ask, question):
    assert ask(question) is None


def test_what_it_was_then_isnt_what_records_say_today(ask):
    answer = ask("what did Acme pay in 2024?")
    assert answer.outcome == "partly" and "don't say what it was then" in answer.text


def test_a_figure_of_a_period_and_of_one_that_nobody_has(ask):
    assert "Line uptime, Q2 2026: 96.5%" in ask("Acme's line uptime in Q2?").text
    newest = ask("line uptime at Acme")
    assert "Q3 2026: 97.9% [1] (before that, Q2 2026: 96.5%) [2]" in newest.text
    lacking = ask("Acme's uptime in Q4?")
    assert lacking.outcome == "partly" and "no value of Line uptime for Q4" in lacking.text


def test_a_course_and_two_customers_side_by_side(ask):
    course = ask("how did line uptime develop at Acme?").text
    assert "| Figure | Q1 2026 | Q2 2026 | Q3 2026 | Change |" in course
    assert "| Line uptime | 95% [1] | 96.5% [2] | 97.9% [3] | +2.9 (better) |" in course
    assert "| Line uptime | 97.9% [1] | 99.1% [2] |" in ask("Acme against Bell & Rowe on uptime?").text
    assert "| Contract value a year | 300,000 EUR [1] | 120,000 EUR [2] |" in ask("fee of Acme vs Bell").text


def test_what_changed_is_compared_by_the_app_over_the_last_two_reports(ask):
    wanted = f"report: Service report {ACME} Q2 2026, Service report {ACME} Q3 2026"
    assert ask("What changed at Acme since last quarter?").text == wanted
    assert ask("Compare Acme's Q2 and Q3").text == wanted


def test_without_two_reports_the_figures_of_the_account_are_compared(ask):
    figures = ("Calls (2026-Q2): 40", "Calls (2026-Q3): 44")
    only = [
        chunk(
            "a", "- Calls (2026-Q2): 40\n- Calls (2026-Q3): 44", customer=BELL, document_type="account", figures=figures
        )
    ]
    assert (
        "| Calls | 40 [1] | 44 [2] | +4 (changed) |"
        in ask("what changed at Bell since last quarter?", chunks=only).text
    )


@pytest.mark.parametrize(
    ("question", "inside", "outside"),
    [
        ("Which customers renew in the next six months?", [ACME, "28 February 2027"], [BELL]),
        ("which accounts are green?", [BELL], [ACME]),
        ("Welche Kunden sind gelb?", [ACME], [BELL]),
        ("customers with a contract over 200k", [], []),
        ("all customers with a contract over 200k", [ACME, "300,000 EUR"], [BELL]),
        ("which customer pays the most?", [ACME], [BELL]),
        ("which contract ends first?", [ACME], [BELL]),
        ("which customers have the silver plan?", [BELL], [ACME]),
        ("which of my customers renew in 2027?", [ACME], [BELL]),
        ("critical incidents since July", ["I-7", BELL], [ACME]),
        ("open tasks of Acme", ["Send the report", "4 December 2026"], ["Old task"]),
        ("what's still open at Acme?", ["Send the report"], ["Old task"]),
    ],
)
def test_lists_are_picked_by_time_values_and_amounts(ask, question, inside, outside):
    answer = ask(question)
    assert answer is not None and answer.outcome == "answered"
    assert all(text in answer.text for text in inside)
    assert not any(text in answer.text for text in outside)


def test_a_list_prints_its_window(ask):
    text = ask("Which customers renew in the next six months?").text
    assert text.startswith(
        "1 of 2 customers that you may read, contract ends between 28 November 2026 and 28 May 2027:"
    )


def test_what_no_column_knows_is_said(ask):
    answer = ask("who has open critical incidents?")
    assert answer.outcome == "partly" and answer.text.endswith("don't say anything about: open.")


def test_a_meeting_is_found_by_its_day_and_only_then(ask):
    answer = ask("what was decided in the Acme review of 5 November?")
    assert "pilot in two plants until June" in answer.text and answer.citations[0].document_id == "review.vtt"
    nothing = ask("summarise the meeting with Acme on 12 October")
    assert nothing.outcome == "no_evidence" and "12 October 2026" in nothing.text
    assert ask("Summarise the last meeting with Acme").text == f"transcript: {ACME} – quarterly review, 5 November 2026"


def test_promises_are_told_apart_by_side(ask):
    ours = ask("What did we promise Acme, by when?").text
    assert "exception report" in ours and "4 December 2026" in ours and "contact for the plants" not in ours
    theirs = ask("what did Acme promise us?").text
    assert "contact for the plants" in theirs and "exception report" not in theirs


@pytest.mark.parametrize(
    "question",
    ["How much does Acme pay?", "What did we promise Acme?", "Compare Acme's Q2 and Q3", "open tasks of Acme"],
)
def test_nothing_of_what_a_person_may_not_read_is_told(ask, question):
    hidden = ask(question, BOB)
    assert hidden is None or "Acme" not in hidden.text


def test_lists_count_only_what_the_person_may_read(ask):
    chunks = [
        *company(),
        *(chunk("n", "- Plan: gold", customer="Nord AG", document_type="account", allow=("user:bob@us.example",)),),
    ]
    assert "Nord" not in ask("list all customers", ANA, chunks).text
    assert "of 2 customers" in ask("list all customers", ANA, chunks).text


def test_periods_of_another_kind_are_shown_and_break_nothing(ask):
    figures = ("Calls (FY25): 40", "Calls (FY26): 44")
    only = [chunk("a", "- Calls (FY25): 40", customer=BELL, document_type="account", figures=figures)]
    assert "FY26: 44" in ask("calls of Bell", chunks=only).text
    assert ask("calls of Bell in October", chunks=only).outcome == "partly"
