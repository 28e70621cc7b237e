"""A company of two customers, as its sources would index it: records, two reports each, minutes and a transcript."""

from datetime import date
from types import SimpleNamespace

import pytest

from assistant.accounts.answers import RecordAnswers
from assistant.question import Question
from assistant.records.trace import Trace
from core.types import EVERYONE, Answer, Chunk, User
from retrieval.query.filters import matches
from retrieval.query.records import attributes_of

TODAY = date(2026, 11, 28)
ANA = User("ana.kern@us.example", ("north",), name="Ana Kern")
BOB = User("bob@us.example", ("south",), name="Bob Stone")
ACME, BELL = "Acme Foods Ltd", "Bell & Rowe"


class Shelf:
    """An index of a few chunks that keeps to access lists and filters as the engines do."""

    def __init__(self, chunks):
        self._chunks = list(chunks)

    def documents(self, user, filters=None):
        first = {c.document_id: c for c in reversed(self._chunks)}
        return (c for c in first.values() if self._may(c, user) and matches(filters, attributes_of(c)))

    def document(self, document_id, user):
        return [c for c in self._chunks if c.document_id == document_id and self._may(c, user)]

    @staticmethod
    def _may(chunk, user):
        return bool(chunk.allow & user.principals()) and not chunk.deny & user.principals()


def chunk(
    document, text, ordinal=0, allow=("group:north",), title="", rows=(), kind="", heading=(), begin=0, **metadata
):
    kind = kind or ("table" if rows else "text")
    return Chunk(
        id=f"{document}#{ordinal}",
        document_id=document,
        ordinal=ordinal,
        text=text,
        heading_path=tuple(heading),
        kind=kind,
        rows=tuple(map(tuple, rows)),
        begin=begin,
        end=begin + len(text),
        title=title or document,
        url=f"https://files.example/{document}",
        allow=frozenset(allow),
        metadata=metadata,
    )


def table(document, rows, ordinal=1, **more):
    lines = [f"| {' | '.join(row)} |" for row in rows]
    lines.insert(1, f"| {' | '.join(['---'] * len(rows[0]))} |")
    return chunk(document, "\n".join(lines), ordinal, rows=rows, begin=1_000 * ordinal, **more)


def account(name, owner, end, value, health, day="2026-11-20T09:00:00Z", **more):
    text = (
        f"- Success Manager: {owner}\n- Renewal Date: {end}\n- Yearly Value: {value}\n- Health: {health}\n"
        f"- City: Ghent\n- Plan: {more.get('plan', 'gold')}"
    )
    mail = more.pop("mail", "")
    text += f"\n- Success Manager Email: {mail}" if mail else ""
    known = {"account_owner": owner, "contract_end": f"{end}T00:00:00Z", "contract_value": value, "health": health}
    return chunk(
        f"crm/{name}", text, title=name, customer=name, document_type="account", currency="EUR", updated_at=day,
        **known, **more,
    )  # fmt: skip


def report(name, quarter, uptime, day, status="current"):
    document = f"{name}-{quarter}"
    title = f"Service report {name} Q{quarter[-1]} 2026"
    facts = {"customer": name, "document_type": "service_report", "updated_at": day, "vetting": status}
    return [
        chunk(document, f"A quarter of {name}.", title=title, **facts),
        table(document, [["Indicator", "Target", "Result"], ["Line uptime", "98%", uptime]], title=title, **facts),
    ]


SAID = [
    "Ana Kern: Thanks for coming to the review.",
    "Kim Lee: We decided to run the pilot in two plants until June.",
    "Ana Kern: I'll send the exception report by 4 December.",
    "Kim Lee: I'll name a contact for the plants by 1 December.",
]


def transcript():
    facts = {
        "title": f"{ACME} – quarterly review, 5 November 2026",
        "customer": ACME,
        "document_type": "transcript",
        "updated_at": "2026-11-05T09:00:00Z",
        "speakers": ("Ana Kern", "Kim Lee"),
    }
    first = "\n\n".join(SAID[:3])
    # The second chunk repeats the last turn of the first, as neighbouring chunks do.
    begin = len("\n\n".join(SAID[:2])) + 2
    return [
        chunk("review.vtt", first, kind="turn", **facts),
        chunk("review.vtt", "\n\n".join(SAID[2:]), 1, kind="turn", begin=begin, **facts),
    ]


def company():
    task = {"document_type": "task", "assignee": "ana.kern@us.example", "task_status": "open", "customer": ACME}
    incident = {"document_type": "incident_record", "incident_id": "I-7", "customer": BELL, "subject": "Outage"}
    return [
        account(
            ACME, "Ana Kern", "2027-02-28", 300000, "yellow", mail="ana.kern@us.example",
            contacts=("Kim Lee, Head of IT, kim.lee@acme.example",),
            figures=("Line uptime (2026-Q1): 95.0 %",),
        ),
        account(BELL, "Bob Stone", "2027-09-30", 120000, "green", plan="silver"),
        chunk(
            "old-contract", "- Success Manager: Cy Dale\n- Renewal Date: 2027-02-28\n- Yearly Value: 280000",
            title="Contract", customer=ACME, document_type="contract", updated_at="2025-01-02T00:00:00Z",
            account_owner="Cy Dale", contract_value=280000,
        ),
        *report(ACME, "2026-Q2", "96.5%", "2026-07-03", "superseded"),
        *report(ACME, "2026-Q3", "97.9%", "2026-10-02"),
        *report(BELL, "2026-Q3", "99.1%", "2026-10-02"),
        chunk("t1", "Send the report", title="Send the report", due_on="2026-12-04T00:00:00Z", is_done=False, **task),
        chunk("t2", "Old task", title="Old task", due_on="2026-10-04T00:00:00Z", is_done=True, **task),
        chunk("i7", "Outage", opened_on="2026-08-01T00:00:00Z", severity="critical", **incident),
        *transcript(),
        chunk("secret", "Nothing.", customer="Zeta Corp", document_type="account", allow=("group:board",)),
        chunk("policy", "Customers renew by mail.", document_type="policy", allow=(EVERYONE,)),
    ]  # fmt: skip


@pytest.fixture
def shelf():
    return Shelf(company())


@pytest.fixture
def ask(shelf):
    """Asks, and gives the answer; None where records leave the question to the search."""

    def asked(text, user=ANA, chunks=None):
        index = Shelf(chunks) if chunks is not None else shelf
        names = sorted({str(c.metadata["customer"]) for c in index.documents(user) if "customer" in c.metadata})
        answers = RecordAnswers(SimpleNamespace(index=index), lambda _user: names, lambda: TODAY)
        events = answers.events(Question(text, user), Trace(text), _run)
        return list(events)[-1] if events is not None else None

    return asked


def _run(kind, documents, _question):
    return iter([Answer(f"{kind}: {', '.join(parts[0].title for parts in documents)}", route="app:x")])
