"""One document → what it says of an account, each statement with its place: figures, facts, rows, sentences."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from apps.accounts.labels import label_words
from apps.accounts.periods import period_of
from apps.accounts.prose import facts_in_prose, figures_in_prose
from apps.accounts.reported import ReportedFact, ReportedFigure, ReportedRow, ReportReading
from apps.accounts.shapes import upright
from apps.accounts.vocabulary import ROW_KINDS, Vocabulary, iso_day, notions
from apps.compare.blocks import ComparedReport, ComparedTable
from apps.compare.values import ParsedNumber, number_of
from core.text.dates import month_number

# Lines "name: value" come as a table under this header.
_LINES = ("Field", "Value")
_OWNER = re.compile(r"^(?P<owner>(?:[A-ZÀ-Ý][\w.'’-]*\s+){0,3}[A-ZÀ-Ý][\w.'’-]*)\s*(?::|–|->|→)\s+(?P<task>\S.+)$")
_NOISE = re.compile(
    r"[▲▼△▽↑↓↗↘→✓✔✗✘●○🟢🟡🔴🟠*]|\([^()]*\)|^\s*(?:~|≈|ca\.?|approx\.?|about|rund|env\.?|aprox\.?|circa)\s*",
    re.IGNORECASE,
)
_OUT_OF = re.compile(
    r"^(?P<value>[\d.,]+)\s*(?:/|(?:out )?of|von|sur|de|su|van|sobre)\s*(?P<most>\d+)(?:\s*\w+)?$", re.IGNORECASE
)
# A column of a quarter or a month whose year is that of the report.
_QUARTER = re.compile(r"^(?:[QT]\s?([1-4])|([1-4])\s?[QT])$", re.IGNORECASE)
_MARK = re.compile(r"^\s*(?:[-•*‣▪]|\d+[.)])\s+")
_BY = (
    "by|until|before|due|bis(?: zum)?|vor dem|para el|antes del?|avant le|d['’]ici le|pour le|entro(?: il)?|até|vóór|"
    "uiterlijk|tegen"
)
_DUE = re.compile(rf"[,;]?\s*\(?\b(?:{_BY})\s+[^()]{{4,30}}?(?:20\d\d(?:-\d\d-\d\d)?)\)?\s*\.?$", re.IGNORECASE)


def read_account(report: ComparedReport, words: Vocabulary, is_customer: Callable[[str], bool]) -> ReportReading:
    """What the report says of the customer; rows of a list of customers only where `is_customer` knows the cell."""
    figures: list[ReportedFigure] = []
    facts: list[ReportedFact] = []
    rows: list[ReportedRow] = []
    for table in (_of_customer(_upright(t, words), words, is_customer) for t in report.tables):
        if table is None:
            continue
        found = list(_facts_in(table, words))
        facts += found
        part = words.part(table.heading)
        kind = table_kind(table, words)
        if kind == "figures":
            figures += _figures_in(table, words)
        elif kind in ROW_KINDS:
            rows += _rows_in(table, words, kind)
        elif table.header == _LINES and (read := list(_figure_lines(table, words, part))):
            figures += read
        elif table.header == _LINES and part and not found:
            rows += (
                r
                for row in table.rows
                if (r := _said(part, f"{row[0]}: {row[1]}", _place(table.locator, table.heading)))
            )
    for statement in report.statements:
        place = _place(statement.locator, statement.heading)
        facts += (ReportedFact(name, value, place) for name, value in facts_in_prose(statement.text))
        figures += (
            ReportedFigure(f.name, f.value, f.unit, f.target, place)
            for f in figures_in_prose(statement.text, report.tables[0].decimal if report.tables else "")
        )
        # What stands above all headings of a report sums it up.
        part = words.part(statement.heading) or ("summary" if figures and not statement.heading else "")
        if part and (row := _said(part, statement.text, _place(statement.locator, statement.heading))):
            rows.append(row)
    return ReportReading(tuple(figures), tuple(facts), tuple(rows))


def _upright(table: ComparedTable, words: Vocabulary) -> ComparedTable:
    """The table set upright where its first column, not its header, says "target" and "actual"."""
    found = upright(table)
    known = words.columns("figures", found.header)
    return found if found is not table and {"value", "target"} <= known.keys() else table


def _of_customer(table: ComparedTable, words: Vocabulary, is_customer: Callable[[str], bool]) -> ComparedTable | None:
    """The table with the customer's rows alone; None for a list of customers in which it isn't."""
    column = _customer_column(table, words)
    if column is None:
        return table
    own = tuple(row for row in table.rows if is_customer(row[column]))
    return replace(table, rows=own) if own else None


def _customer_column(table: ComparedTable, words: Vocabulary) -> int | None:
    if table.header == _LINES or len(table.header) < 3:
        return None
    return next((n for n, heading in enumerate(table.header) if words.facts.exact(heading) == "customer"), None)


def _facts_in(table: ComparedTable, words: Vocabulary) -> Iterator[ReportedFact]:
    """Facts of a list of "name, value" lines, or of the one row of a table whose columns are facts."""
    if len(table.header) == 2:
        lines = table.rows if table.header == _LINES else (table.header, *table.rows)
        found = [(row, words.facts.find(row[0])) for row in lines]
        if any(name for _, name in found):
            for row, name in found:
                if name and row[1]:
                    yield ReportedFact(name, row[1], _place(table.locator, table.heading, row[0]), row[0])
            return
    if len(table.rows) == 1:
        for heading, cell in zip(table.header, table.rows[0], strict=True):
            if (name := words.facts.exact(heading)) and cell:
                yield ReportedFact(name, cell, _place(table.locator, table.heading, heading), heading)


def table_kind(table: ComparedTable, words: Vocabulary) -> str:
    """What the table lists: "figures", one of `ROW_KINDS`, or "" for nothing that is known."""
    if table.header == _LINES:
        return ""
    part = words.part(table.heading)
    if part in ROW_KINDS and len(table.header) > 1 and not _is_figures(table, words, strict=True):
        return part
    if _is_figures(table, words):
        return "figures"
    matched = {kind: words.columns(kind, table.header) for kind in ROW_KINDS}
    likely = {
        "tasks": {"owner", "due"} & set(matched["tasks"]) and {"recommendation", "status"} & set(matched["tasks"]),
        "incidents": {"incident", "date"} & set(matched["incidents"])
        and {"closed", "severity", "cause"} & set(matched["incidents"]),
        "risks": {"risk"} & set(matched["risks"]),
    }
    fitting = [kind for kind in ROW_KINDS if likely[kind] and len(matched[kind]) > 1]
    return max(fitting, key=lambda kind: len(matched[kind]), default="")


def _is_figures(table: ComparedTable, words: Vocabulary, *, strict: bool = False) -> bool:
    columns = words.columns("figures", table.header)
    values = [columns["value"]] if "value" in columns else list(_period_columns(table))
    if not values or not ("name" in columns or "target" in columns or len(values) > 1):
        return False
    if strict and "target" not in columns:
        return False
    cells = [row[n] for row in table.rows for n in values if row[n]]
    return sum(number_in(cell, table.decimal) is not None for cell in cells) * 2 > len(cells)


def _period_columns(table: ComparedTable) -> Mapping[int, str]:
    """Columns whose heading is a period, such as "Q3 2026"."""
    return {n: period for n, heading in enumerate(table.header) if (period := _column_period(heading))}


def _column_period(heading: str) -> str:
    """The period that a heading is; "0000-Q2" or "0000-07" where its year is the report's."""
    if match := _QUARTER.match(heading.strip()):
        return f"0000-Q{match[1] or match[2]}"
    word = heading.strip(" .")
    month = month_number(word) if word.isalpha() else None
    return f"0000-{month:02}" if month else period_of(heading)


def number_in(cell: str, decimal: str) -> ParsedNumber | None:
    """The number of a cell, without arrows, asides and "about"; of "4.2/5" the first, its unit "of 5"."""
    plain = " ".join(_NOISE.sub(" ", cell).split())
    if match := _OUT_OF.match(plain):
        number = number_of(match["value"], decimal)
        return replace(number, unit=f"of {match['most']}") if number else None
    return number_of(plain, decimal)


def _figure_lines(table: ComparedTable, words: Vocabulary, part: str) -> Iterator[ReportedFigure]:
    """Lines such as "Uptime: 97.2 % (target 98 %)"; without a target only below a heading of figures."""
    for name, value in table.rows:
        match = re.match(r"(?P<value>[^(;,–]*\d[^(;–]*?)\s*(?:[(;–]|, )\s*(?P<rest>.*)$", value)
        written, rest = (match["value"], match["rest"]) if match else (value, "")
        target = rest.rstrip(")") if rest and words.names_target(rest) else ""
        figure = number_in(written, table.decimal)
        if figure is not None and (target or part == "figures"):
            yield ReportedFigure(name, figure.value, figure.unit, target, _place(table.locator, table.heading, name))


def _figures_in(table: ComparedTable, words: Vocabulary) -> Iterator[ReportedFigure]:
    columns, periods = words.columns("figures", table.header), _period_columns(table)
    taken = {*columns.values(), *periods}
    name = columns.get("name", next((n for n in range(len(table.header)) if n not in taken), 0))
    values = [(columns["value"], "")] if "value" in columns else list(periods.items())
    for row in table.rows:
        target = row[columns["target"]] if "target" in columns else ""
        for column, period in values:
            figure = number_in(row[column], table.decimal)
            if figure is not None and row[name]:
                unit = row[columns["unit"]] if "unit" in columns else figure.unit
                yield ReportedFigure(
                    row[name], figure.value, unit, target, _place(table.locator, table.heading, row[name]), period
                )


def _rows_in(table: ComparedTable, words: Vocabulary, kind: str) -> Iterator[ReportedRow]:
    """Each row with the fields that apps read, "" where the table lacks one, and its other columns by their names."""
    fields = list(notions()[kind])
    columns = words.columns(kind, table.header)
    if fields[0] not in columns:
        # What the row is about stands in the first column that is nothing else.
        taken = {*columns.values(), _customer_column(table, words)}
        free = [n for n in range(len(table.header)) if n not in taken]
        columns = {**columns, **({fields[0]: free[0]} if free else {})}
    for row in table.rows:
        own = {re.sub(r"\W+", "_", h.lower()).strip("_"): cell for h, cell in zip(table.header, row, strict=True)}
        said = {field: row[column] for field, column in columns.items()}
        for day in ("due", "date", "closed"):
            if day in said:
                said[day] = iso_day(said[day]) or said[day]
        said.setdefault(fields[0], "")
        if not said[fields[0]]:
            said[fields[0]] = said.get("incident", "") or next((cell for cell in row if cell), "")
        place = _place(table.locator, table.heading, said[fields[0]])
        yield ReportedRow(kind, {**dict.fromkeys(fields, ""), **own, **said}, place)


def _said(part: str, text: str, place: str) -> ReportedRow | None:
    """A sentence or a line under a heading; None for one that says that there is nothing."""
    text = _MARK.sub("", text).strip()
    if label_words(text) in _nothing() or len(text) < 3:
        return None
    if part not in ROW_KINDS:
        return ReportedRow(part, {"text": text}, place)
    fields = dict.fromkeys(notions()[part], "")
    if part == "tasks":
        match = _OWNER.match(text)
        owner, task = (match["owner"], match["task"]) if match else ("", text)
        fields |= {"recommendation": _DUE.sub("", task) or task, "owner": owner, "due": iso_day(task)}
    else:
        fields[next(iter(fields))] = text
    return ReportedRow(part, fields, place)


def _nothing() -> frozenset[tuple[str, ...]]:
    return frozenset(map(label_words, notions()["nothing"]))


def _place(locator: str, heading: str, row: str = "") -> str:
    """Where a reader finds it: "slide 2, Key figures, row Uptime"."""
    parts = [locator, heading if heading not in locator else "", f"row {row}" if row else ""]
    return ", ".join(part for part in parts if part)
