"""What is known of customers from what one person may read.

The one module that reads `core.records` and `apps.accounts`: a record's fields come from its metadata, a report's from
its tables and "name: value" lines. Superseded documents give figures of their period and no facts of today.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property

from apps.accounts.chunks import changed_on, parsed_of
from apps.accounts.reports import figures_in, rows_in
from apps.compare import ComparedReport, read_report
from apps.compare.values import number_of
from apps.customers import names_of
from assistant.accounts.account import Account, Fact, Place, Point, Row, person, place_of, same_value, whole
from assistant.accounts.owners import Owners
from assistant.accounts.periods import is_one_of, period_in
from assistant.accounts.vocabulary import standard_field, tokens_of, vocabulary
from core import records
from core.records import day_of, figures_of, record_of, text_of, texts_of
from core.types import Chunk, User
from retrieval.query.filters import AnyOf, Either, Exists, Filter, all_of
from retrieval.query.index import ChunkIndex

SUPERSEDED = "superseded"
_STANDARD = (records.ACCOUNT_OWNER, records.CONTRACT_END, records.CONTRACT_VALUE, records.HEALTH)
_PAIR = re.compile(r"^[ \t]*[-•*]?[ \t]*(?P<label>[^:|\n]{2,60}?)[ \t]*:[ \t]+(?P<value>\S[^\n]{0,200})$", re.MULTILINE)
# So many lines of "name: value" in one passage are a list of fields; fewer are text that has a colon.
_LEAST_PAIRS = 3
_DONE = re.compile(
    r"\b(?:done|closed|completed?|finished|erledigt|abgeschlossen|hecho|cerrad\w|termin\w+|clos)\b", re.I
)
_MONTH = re.compile(r"20\d\d-\d\d(?:-\d\d)?$")
_PARTLY_DONE = re.compile(r"\d+\s*(?:of|von|de|sur|/)\s*\d+")
# A customer has more documents than these only where a system's every mail is one; the newest are read.
_MOST_DOCUMENTS = 60


class Known:
    """The customers that `user` may know of, read from the index when they are asked for."""

    def __init__(
        self, index: ChunkIndex, user: User, filters: Filter | None = None, owners: Owners | None = None
    ) -> None:
        self._index, self._user, self._filters = index, user, filters
        self.owners = owners or Owners()

    @cached_property
    def recorded(self) -> list[Account]:
        """Every customer with what its records' metadata say; no report is read for it."""
        kinds = (records.ACCOUNT, records.CONTRACT, records.TASK, records.INCIDENT_RECORD)
        wanted = Either((AnyOf(records.DOCUMENT_TYPE, kinds), AnyOf(records.RECORD, kinds)))
        accounts: dict[str, Account] = {}
        for chunk in self.documents(wanted):
            for name in self.owners.of(chunk):
                _add_record(accounts.setdefault(name, Account(name)), [chunk], self.owners)
        return sorted(accounts.values(), key=lambda a: a.name)

    def account(self, customer: str) -> Account:
        """What all documents about that customer say of it."""
        account = Account(customer)
        found = sorted(self.documents(self.owners.documents_of([customer])), key=changed_on, reverse=True)
        reports = []
        for chunk in _first(found):
            parts = self._index.document(chunk.document_id, self._user) or [chunk]
            if not _add_record(account, parts, self.owners):
                reports.append((parts, read_report(parsed_of(chunk.title, parts))))
        for parts, report in reports:
            if record_of(parts[0].metadata) == records.USAGE_REPORT:
                _add_months(account, parts, report)
                continue
            _add_figures(account, parts, report, self.owners)
            if text_of(parts[0].metadata, "vetting") == SUPERSEDED:
                continue
            told, meeting = _pairs(parts, self.owners), is_meeting(parts[0])
            # Of what is said in a meeting only how the customer is doing is a fact.
            account.facts += [f for f in told if not meeting or (f.name == records.HEALTH and self._plain(f))]
            if not meeting and not account.tasks:
                _add_actions(account, parts, report, self.owners)
        return account

    def documents(self, wanted: Filter | None = None) -> list[Chunk]:
        """The first chunk of each document that passes and that the person may read."""
        return list(self._index.documents(self._user, all_of(self._filters, wanted)))

    def _plain(self, fact: Fact) -> bool:
        return self.owners.is_plain(fact.name, fact.value)

    def called(self, tokens: Sequence[str]) -> set[str] | None:
        """The customers of the kind that the words name, where the company has several; None where they name none."""
        asked = self.owners.kinds_in(tokens)
        if not asked:
            return None
        found = self.documents(Either(tuple(Exists(name) for name in asked)))
        return {name for chunk in found for name in names_of(chunk, asked)}

    def parts(self, document_id: str) -> list[Chunk]:
        """The chunks of a document."""
        return self._index.document(document_id, self._user)


def is_meeting(chunk: Chunk) -> bool:
    """Whether the document tells of a meeting: a transcript, minutes, a system's note of one."""
    metadata = chunk.metadata
    if "speakers" in metadata or record_of(metadata) == records.TOUCHPOINT:
        return True
    kind = tokens_of(text_of(metadata, records.DOCUMENT_TYPE).replace("_", " "))
    return any(is_one_of(token, vocabulary().meetings["types"]) for token in kind)


def _first(found: Sequence[Chunk]) -> list[Chunk]:
    """The documents that are read: every account and contract, and of the others the newest."""
    main = [c for c in found if record_of(c.metadata) in (records.ACCOUNT, records.CONTRACT)]
    others = [c for c in found if c not in main]
    return [*main, *others[:_MOST_DOCUMENTS]]


def _add_record(account: Account, parts: Sequence[Chunk], owners: Owners) -> bool:
    """Adds what a record says; False for what is none."""
    head = parts[0]
    known, kind = head.metadata, record_of(head.metadata)
    if kind == records.TASK:
        account.tasks.append(Row(_task_fields(head, owners), whole(head)))
    elif kind == records.INCIDENT_RECORD:
        account.incidents.append(Row(_incident_fields(head, owners), whole(head)))
    elif kind in (records.ACCOUNT, records.CONTRACT):
        pairs = list(_pairs([head], owners))
        standard = list(_standard(head, pairs))
        account.facts += [*standard, *_own(pairs, {fact.name for fact in standard})]
        for contact in texts_of(known, records.CONTACTS):
            account.contacts.append(Fact(records.CONTACTS, records.CONTACTS, contact, place_of(contact, parts)))
        for figure in figures_of(known):
            place = place_of(f"{figure.name} ({figure.period})", parts)
            account.figures[figure.name].setdefault(figure.period, Point(figure.value, figure.unit, place))
    else:
        return kind == records.TOUCHPOINT
    return True


def _standard(head: Chunk, pairs: Iterable[Fact]) -> Iterator[Fact]:
    """The fields that have a name in core/records.py, each with the line of the text that says the same."""
    own = list(pairs)
    for name in _STANDARD:
        value = day_of(head.metadata, name)
        if value:
            line = next((p for p in own if same_value(p.value, value)), None)
            yield Fact(name, line.label if line else "", value, line.place if line else whole(head))


def _own(pairs: Iterable[Fact], given: Collection[str]) -> Iterator[Fact]:
    """The lines that tell more than the metadata; what only this company's words take for a given field is its own."""
    for pair in pairs:
        if pair.name not in given:
            yield pair
        elif not standard_field(pair.label):
            yield replace(pair, name="")


def _pairs(parts: Sequence[Chunk], owners: Owners) -> Iterator[Fact]:
    """The "name: value" lines of a document's lists of fields, and a line alone that is plainly one."""
    for chunk in parts:
        # The lines above a mail are fields of the mail.
        if chunk.kind != "text" or "sender" in chunk.metadata:
            continue
        matches = list(_PAIR.finditer(chunk.text))
        for match in matches:
            label, value = match["label"].strip(), match["value"].strip()
            name = standard_field(label) or owners.field_of(label)
            if len(matches) >= _LEAST_PAIRS or owners.is_plain(name, value):
                yield Fact(name, label, value, Place(chunk, match.start(), match.end()))


def _add_figures(account: Account, parts: Sequence[Chunk], report: ComparedReport, owners: Owners) -> None:
    head = parts[0]
    period = period_in(head.title) or next((p for p in map(period_in, _said_periods(head)) if p), "")
    if not period:
        return
    for figure in figures_in(report, owners.words):
        known = account.figures[figure.name].get(period)
        if known is None or not known.unit:
            place = place_of(figure.name, [p for p in parts if p.rows] or parts)
            account.figures[figure.name][period] = Point(figure.value, figure.unit, place)


def _add_months(account: Account, parts: Sequence[Chunk], report: ComparedReport) -> None:
    """The rows of a table by month, each cell with its row."""
    tables = [p for p in parts if p.rows]
    for table in report.tables:
        columns = range(len(table.header)) if table.rows else ()
        column = next((n for n in columns if all(_MONTH.match(row[n]) for row in table.rows)), None)
        if column is None:
            continue
        for row in table.rows:
            for n, name in enumerate(table.header):
                figure = number_of(row[n], table.decimal) if n != column else None
                if figure is not None:
                    point = Point(figure.value, figure.unit, place_of(row[column], tables or parts))
                    account.monthly[name][row[column][:7]] = point


def _said_periods(head: Chunk) -> Iterator[str]:
    for name in ("quarter", "period", "month"):
        yield text_of(head.metadata, name)


def _add_actions(account: Account, parts: Sequence[Chunk], report: ComparedReport, owners: Owners) -> None:
    """Adds the actions that were agreed in a report."""
    for row in (row for part, row in rows_in(report, owners.words) if part == "recommendations"):
        fields = {"task": row["recommendation"], "owner": row["owner"], "due": row["due"], "status": row["status"]}
        done = _DONE.search(row["status"]) is not None and not _PARTLY_DONE.search(row["status"])
        place = place_of(row["recommendation"], [p for p in parts if p.rows] or parts)
        account.tasks.append(Row({**fields, "done": "yes" if done else "", "customer": account.name}, place))


def _task_fields(chunk: Chunk, owners: Owners) -> dict[str, str]:
    known = chunk.metadata
    return {
        "task": chunk.title,
        "owner": person(text_of(known, records.ASSIGNEE)),
        "due": day_of(known, records.DUE_ON),
        "status": text_of(known, records.TASK_STATUS),
        "done": "yes" if known.get(records.IS_DONE) is True else "",
        "customer": ", ".join(owners.of(chunk)),
    }


def _incident_fields(chunk: Chunk, owners: Owners) -> dict[str, str]:
    known = chunk.metadata
    return {
        "incident": text_of(known, records.INCIDENT_ID),
        "subject": text_of(known, records.SUBJECT) or chunk.title,
        "opened": day_of(known, records.OPENED_ON),
        "severity": text_of(known, records.SEVERITY),
        "cause": text_of(known, records.ROOT_CAUSE),
        "customer": ", ".join(owners.of(chunk)),
    }
