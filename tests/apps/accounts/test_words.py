"""Labels, periods, directions, the look of columns, and what may leave: on words of no company that we know."""

from datetime import date

import pytest

from apps.accounts import AccountsFile, Vocabulary, load_accounts
from apps.accounts.accounts_file import ForCustomers
from apps.accounts.periods import end_of, is_stale, order, period_of
from apps.accounts.reading import number_in, read_account
from apps.accounts.reports import figures_in, rows_in
from apps.accounts.shapes import constant_column, figure_columns, rows_by_look
from apps.accounts.told import REPEATED, SIGNED, Told, contradictions, settled
from apps.compare.blocks import read_report
from core.errors import SettingsError
from core.types import Chunk, Parsed, Section
from tests.tables import table_section


def document(title="Paper", **metadata):
    return Chunk("x", "x", 0, "", title=title, metadata=metadata)


def report(*sections):
    made = (table_section(t, (h,)) if t.lstrip().startswith("|") else Section(t, (h,)) for h, t in sections)
    return read_report(Parsed(tuple(made), "Report"))


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("Bilan du 3e trimestre 2026", "2026-Q3"),
        ("Rapporto, terzo trimestre 2026", "2026-Q3"),
        ("Kwartaalrapport 3de kwartaal 2026", "2026-Q3"),
        ("Informe 3T 2026", "2026-Q3"),
        ("Bericht Oktober 2026", "2026-10"),
        ("Price list 2026", ""),
    ],
)
def test_the_period_of_a_title(text, period):
    assert period_of(text) == period


def test_periods_of_mixed_lengths_are_in_order_and_get_old():
    assert sorted(["2026-10", "2026-Q3", "2026-07"], key=order) == ["2026-07", "2026-Q3", "2026-10"]
    assert end_of("2026-Q4") == "2026-12-31"
    assert is_stale("2026-Q2", date(2026, 11, 28)) and not is_stale("2026-Q3", date(2026, 11, 28))


@pytest.mark.parametrize(
    ("name", "target", "unit", "better"),
    [
        ("Ausschussquote", "höchstens 2 %", "%", "lower"),
        ("Délai de livraison", "3 jours", "jours", "lower"),
        ("Incidents resolved within target", "95 %", "%", "higher"),
        ("Widget index", "4", "", "neither"),
        ("Wobble", "≥ 4", "", "higher"),
        ("Gizmo share", "90 %", "%", "higher"),
    ],
)
def test_which_way_is_better(name, target, unit, better):
    assert Vocabulary().better(name, target, 1.0, unit) == better


def test_the_companys_own_file_wins():
    words = Vocabulary(AccountsFile(directions={"higher": ["Widget"]}, facts={"health": ["Wetter"]}, ignore=["Plan"]))
    assert words.better("Widget index", "4", 1.0, "") == "higher"
    assert (words.facts.exact("Wetter"), words.headings.find("Plan")) == ("health", "")


def test_what_may_leave_is_closed_by_default():
    words = Vocabulary(AccountsFile(for_customers=ForCustomers(unlabelled_types=["visit"])))
    assert words.is_open(document(confidentiality="Public", document_type="memo"))
    assert words.is_open(document(document_type="visit"))
    assert not words.is_open(document("Internal visit", document_type="visit"))
    assert not words.is_open(document(confidentiality="internal", document_type="visit"))
    assert not words.is_open(document(document_type="guide")) and not words.is_open(document())
    assert words.is_open(document(confidentiality="customer-confidential", document_type="report"))
    assert not words.is_open(document(confidentiality="customer-confidential", document_type="calculation"))


def test_a_risk_on_a_customer_stays_in_and_advice_on_risks_doesnt():
    own = Chunk("x", "x", 0, "", heading_path=("Report", "Risks"), metadata={"customer": "Acme"})
    general = Chunk("x", "x", 0, "", heading_path=("Guide", "Risks"), metadata={})
    assert Vocabulary().keeps_in(own) and not Vocabulary().keeps_in(general)


def test_figures_stand_in_columns_of_quarters_and_in_lines():
    read = read_account(
        report(
            ("Numbers", "| KPI | Q2 | Q3 | Target |\n| --- | --- | --- | --- |\n| Uptime | 97 % | 98 % ▲ | 99 % |"),
            ("More", "Punctuality: 91.5 % (target 95 %)\nHotline: +49 30 1234"),
        ),
        Vocabulary(),
        lambda _: False,
    )
    assert [(f.name, f.value, f.target, f.period) for f in read.figures] == [
        ("Uptime", 97.0, "99 %", "0000-Q2"),
        ("Uptime", 98.0, "99 %", "0000-Q3"),
        ("Punctuality", 91.5, "target 95 %", ""),
    ]
    assert (number_in("~ 4.2/5", "").value, number_in("~ 4.2/5", "").unit) == (4.2, "of 5")


def test_only_the_customers_own_row_of_a_list_counts():
    table = (
        "| Client | RAG | Term end |\n| --- | --- | --- |\n| Acme | Red | 2027-01-31 |\n| Bolt | Green | 2028-01-31 |"
    )
    read = read_account(report(("Clients", table)), Vocabulary(), lambda cell: cell == "Acme")
    assert [(f.name, f.value) for f in read.facts if f.name != "customer"] == [
        ("health", "Red"),
        ("contract_end", "2027-01-31"),
    ]


def test_columns_are_told_by_their_cells():
    rows = [("Cranes ready", "97%", "95.1%"), ("Cranes ready", "97%", "97.8%"), ("Jobs late", "12", "19")]
    assert figure_columns(rows) == [1, 2] and constant_column(rows, [1, 2]) == 1
    assert constant_column(rows[1:], [1, 2]) is None
    tasks = [("Check the lift", "Ann Lee", "2026-12-01", "open"), ("Send the plan", "Bo Ray", "2026-12-03", "waiting")]
    assert rows_by_look(tasks) == ("tasks", {0: "recommendation", 1: "owner", 2: "due"})
    assert rows_by_look([("M-311", "Lift 2", "2026-08-04")])[0] == "incidents"
    assert rows_by_look([("Hour of work", "EUR 80")]) == ("", {})


def test_the_contract_counts_and_the_contradiction_is_told():
    signed = Told("contract_end", "31.12.2026", "Contract", "", 1, "2022-01-01", SIGNED, may_leave=True)
    listed = Told("contract_end", "2027-12-31", "List", "", 2, "2026-10-01", REPEATED, may_leave=False)
    assert settled([listed, signed])["contract_end"] is signed
    (one,) = contradictions([listed, signed])
    assert (one["value"], one["others"][0]["value"]) == ("2026-12-31", "2027-12-31")
    same = Told("contract_end", "31 December 2026", "Mail", "", 3, "", REPEATED, may_leave=False)
    assert contradictions([signed, same]) == []


def test_a_wrong_file_is_refused_and_commented_keys_are_none(tmp_path):
    file = tmp_path / "accounts.yaml"
    assert load_accounts(file) is None
    file.write_text("columns:\n  risks:\n  # nothing\n")
    assert load_accounts(file) == AccountsFile()
    file.write_text("fact: {health: [Mood]}")
    with pytest.raises(SettingsError, match="unknown key 'fact'; did you mean 'facts'"):
        load_accounts(file)


def test_one_report_is_read_by_itself():
    table = "| Action | Owner | Until |\n| --- | --- | --- |\n| Order the tube | Ann Lee | 2026-11-15 |"
    one = report(("KPIs", "| KPI | Actual | Goal |\n| --- | --- | --- |\n| Uptime | 98 % | 99 % |"), ("Actions", table))
    assert [(f.name, f.value, f.target) for f in figures_in(one)] == [("Uptime", 98.0, "99 %")]
    ((part, row),) = rows_in(one)
    assert (part, row["recommendation"], row["owner"], row["due"]) == (
        "recommendations",
        "Order the tube",
        "Ann Lee",
        "2026-11-15",
    )
