"""Lists over records: "Which customers renew in the next six months?", "critical incidents since July".

Rows are customers, incidents or tasks; a window of time, values that the rows have ("red", "retail"), an amount, a
superlative and "my" pick them. Words that no column explains are said, and with more than one it is no list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from apps.compare.values import number_of
from assistant.accounts.asked import Asked, folded_name
from assistant.accounts.entries import Entry, Kind, column_label, day_of_entry, entries_of, number_of_entry
from assistant.accounts.known import Known
from assistant.accounts.periods import Window
from assistant.accounts.sheet import Sheet, TableCell
from assistant.accounts.vocabulary import label_stems, met, said, stems, tokens_of, vocabulary
from assistant.accounts.wording import say
from core import records
from core.text.locale import long_date, number_text
from core.text.words import folded
from core.types import Answer, User

_AMOUNT = re.compile(
    r"(?:eur|usd|gbp|chf|€|\$|£)?\s*(?P<n>\d[\d.,']*)\s*(?P<scale>k|m|mio|thousand|million(?:en)?s?|tausend|mil|mille|%)?\b"
)
_SCALES = {"k": 1e3, "thousand": 1e3, "tausend": 1e3, "mil": 1e3, "mille": 1e3}
# Values of so many letters or more pick rows by standing in the question; shorter ones are words of a language.
_LEAST_LETTERS = 3
_MOST_WORDS = 3
_MOST_ROWS = 30
_DATES: Mapping[Kind, str] = {"accounts": records.CONTRACT_END, "incidents": "opened", "tasks": "due"}
_SHOWN = (records.CONTRACT_END, records.CONTRACT_VALUE, records.ACCOUNT_OWNER, records.HEALTH)
_EVERY = ("all", "many", "each", "every", "alle*", "jede*", "list*", "show", "tod*", "cada", "tous", "chaque")
_NO_VALUES = frozenset(["task", "subject", "cause", "incident", "due", "opened", "customer", "done"])


@dataclass
class Choice:
    """What picks the rows, the words that said so, and the columns that are shown."""

    tests: list[Callable[[Entry], bool]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    columns: list[str] = field(default_factory=list)
    order: str = ""
    falling: bool = False
    first: bool = False


def list_answer(asked: Asked, known: Known, user: User, customers: Sequence[str]) -> Answer | None:
    """The rows that the question picks; None when it isn't a question for a list, or for more than rows have."""
    kind = _kind_of(asked)
    if kind is None:
        return None
    entries = entries_of(kind, asked, known, customers)
    if not entries:
        return None
    choice = Choice(used=set(said((*vocabulary().lists[kind], *asked.nouns), asked.tokens)), told=list(asked.customers))
    _pick_by_value(choice, asked, kind, entries)
    _pick_by_person(choice, asked, user)
    _pick_open(choice, asked, kind)
    _pick_by_time(choice, asked, kind)
    _pick_by_number(choice, asked, entries)
    _show_fields(choice, asked, kind, entries)
    # A word of the customers' names ("which hospitals …") says nothing that they don't.
    names = {word for entry in entries for word in tokens_of(entry.name)} if kind == "accounts" else set()
    unknown = [t for t in asked.rest(choice.used, names, {f"{n}s" for n in names}) if not _asks(t)]
    # Whether it is "open" may be what records don't know; any other word asks for something else.
    if set(unknown) - said(vocabulary().lists["open"], unknown) or (unknown and not choice.tests):
        return None
    if not (choice.tests or choice.first or choice.columns):
        return None
    return _answer(asked, kind, entries, choice, unknown)


def _asks(token: str) -> bool:
    return bool(said(vocabulary().lists["asking"], [token]))


def _kind_of(asked: Asked) -> Kind | None:
    words = vocabulary().lists
    tokens = asked.tokens
    asking = said(words["asking"], tokens[:3])
    if found := said(words["incidents"], tokens):
        return "incidents" if asking or tokens[0] in found or asked.window or asked.customers else None
    if (found := said(words["tasks"], tokens)) and (asking or tokens[0] in found or said(words["open"], tokens)):
        return "tasks"
    if asked.customers:
        # "What's still open at Acme?"
        opened = said(words["open"], tokens)
        return "tasks" if opened and not asked.rest(opened, said(words["asking"], tokens)) else None
    asking |= said(_EVERY, tokens)
    asked_for = said((*words["accounts"], *asked.nouns), tokens)
    return "accounts" if asked_for and (asking or tokens[0] in asked_for) else None


def _pick_by_value(choice: Choice, asked: Asked, kind: Kind, entries: Sequence[Entry]) -> None:
    """Rows one of whose values stands in the question; several values of one column are alternatives."""
    said_so = {word: token for token in asked.tokens for word in (token, *vocabulary().synonyms.get(token, ()))}
    if kind == "tasks":
        # What is open is what isn't done, whatever its status is called.
        said_so = {w: t for w, t in said_so.items() if not said(vocabulary().lists["open"], [t])}
    tokens = set(said_so)
    found: dict[str, set[str]] = {}
    for entry in entries:
        for column, cell in entry.cells.items():
            for value in () if column in _NO_VALUES else cell.kept.split(","):
                words = tokens_of(value)
                person = column == "owner" and bool(set(words) & tokens)
                whole = 0 < len(words) <= _MOST_WORDS and set(words) <= tokens
                if (whole or person) and len("".join(words)) >= _LEAST_LETTERS and not words[0].isdigit():
                    found.setdefault(column, set()).add(folded_name(value))
                    choice.used.update(said_so[word] for word in words if word in tokens)
    seen: set[frozenset[str]] = set()
    for column, values in found.items():
        if frozenset(values) in seen:
            continue
        seen.add(frozenset(values))
        choice.used.update(t for t in asked.tokens if stems([t]) <= label_stems(column))
        choice.columns.append(column)
        label = column_label(column, asked.language)
        choice.told.append(say("is", asked.language, field=label, value=" / ".join(sorted(values))))
        choice.tests.append(_has_value(column, values))


def _has_value(column: str, values: set[str]) -> Callable[[Entry], bool]:
    def test(entry: Entry) -> bool:
        cell = entry.cells.get(column)
        return cell is not None and not values.isdisjoint(map(folded_name, cell.kept.split(",")))

    return test


def _pick_by_person(choice: Choice, asked: Asked, user: User) -> None:
    mine = said(vocabulary().lists["mine"], tokens_of(asked.text))
    if not mine:
        return
    me = folded_name(user.name) or folded(user.email.partition("@")[0].replace(".", " "))
    choice.used.update(mine)

    def test(entry: Entry) -> bool:
        owners = (entry.cells.get(c) for c in (records.ACCOUNT_OWNER, "owner"))
        return any(cell is not None and folded_name(cell.kept) == me for cell in owners)

    choice.tests.append(test)


def _pick_open(choice: Choice, asked: Asked, kind: Kind) -> None:
    if kind == "tasks":
        choice.used.update(said(vocabulary().lists["open"], asked.tokens))
        choice.tests.append(lambda entry: not entry.cells["done"].kept)
        choice.told.append(say("open", asked.language))
        if late := said(vocabulary().lists["overdue"], asked.tokens):
            choice.used.update(late)
            choice.tests.append(lambda entry: (day := day_of_entry(entry, "due")) is not None and day < asked.today)
        choice.columns += ["owner", "due"]
        choice.order = choice.order or "due"


def _pick_by_time(choice: Choice, asked: Asked, kind: Kind) -> None:
    # "Still to do by the Q3 report" names a report, not the days on which it is due.
    window, column = asked.window if kind == "tasks" else asked.window_of_days, _DATES[kind]
    by = met(vocabulary().fields[records.CONTRACT_END], asked.tokens) if kind == "accounts" else frozenset()
    first = said(vocabulary().lists["next"], asked.tokens)
    if by and first and window is None:
        choice.used.update(by | first)
        choice.columns.append(column)
        choice.order, choice.first = column, True
    if window is None or (kind == "accounts" and not by):
        return
    choice.used.update(by)

    def test(entry: Entry) -> bool:
        day = day_of_entry(entry, column)
        return day is not None and window.holds(day)

    choice.tests.append(test)
    choice.columns.append(column)
    choice.order = column
    choice.told.append(_window_text(window, column_label(column, asked.language), asked.language))


def _pick_by_number(choice: Choice, asked: Asked, entries: Sequence[Entry]) -> None:
    """ "over 400k", "pays most": an amount or an order of one column of numbers."""
    words, language = vocabulary().lists, asked.language
    value_words = met(vocabulary().fields[records.CONTRACT_VALUE], asked.tokens)
    above, below = said(words["above"], asked.tokens), said(words["below"], asked.tokens)
    most, least = said(words["most"], asked.tokens), said(words["least"], asked.tokens)
    amount = _AMOUNT.search(folded(asked.text)) if above or below else None
    column = records.CONTRACT_VALUE if value_words or "contract" in " ".join(asked.tokens) else _figure(asked, entries)
    if not column or not (amount or most or least):
        return
    used = {t for t in asked.tokens if stems([t]) <= label_stems(column)} | value_words
    choice.used.update(used)
    choice.columns.append(column)
    choice.order, choice.falling = column, not least and not (amount and below and not above)
    if amount is None:
        choice.first = True
        choice.used.update(most | least)
        return
    limit = _limit(amount)
    choice.used.update(above | below | set(tokens_of(amount[0])))
    up = bool(above) and not below
    choice.tests.append(
        lambda entry: (n := number_of_entry(entry, column)) is not None and (n > limit if up else n < limit)
    )
    bound = say("above" if up else "below", language, value=number_text(limit, language))
    choice.told.append(f"{column_label(column, language)} {bound}")


def _figure(asked: Asked, entries: Sequence[Entry]) -> str:
    """The column of numbers that the words name."""
    words = vocabulary().lists
    rest = stems(asked.rest(*(said(words[w], asked.tokens) for w in ("most", "least", "above", "below", "accounts"))))
    rest = frozenset(w for w in rest if not w[0].isdigit())
    columns = dict.fromkeys(c for e in entries for c in e.cells if number_of_entry(e, c) is not None)
    return next((c for c in columns if rest and rest <= label_stems(c)), "")


def _limit(amount: re.Match[str]) -> float:
    number = number_of(amount["n"])
    scale = amount["scale"] or ""
    return (number.value if number else 0.0) * (_SCALES.get(scale) or (1e6 if scale.startswith("m") else 1.0))


def _show_fields(choice: Choice, asked: Asked, kind: Kind, entries: Sequence[Entry]) -> None:
    """The fields that the question names are columns, whatever picks the rows."""
    if kind != "accounts":
        extra = ["severity", "opened", "subject"] if kind == "incidents" else []
        choice.columns += [c for c in extra if c not in choice.columns]
        choice.order = choice.order or ("opened" if kind == "incidents" else "")
        if kind == "incidents" and not choice.tests:
            choice.tests.append(lambda _entry: True)
        return
    every = said(_EVERY, asked.tokens)
    figure = _figure(asked, entries) if every and not choice.columns else ""
    if figure:
        choice.used.update(every, (t for t in asked.tokens if stems([t]) <= label_stems(figure)))
        choice.columns.append(figure)
    if every and not asked.rest(choice.used, every):
        # "List all customers": with what most people want to know of them.
        choice.used.update(every)
        choice.columns += [] if choice.columns else [records.ACCOUNT_OWNER, records.CONTRACT_END]
    for name, patterns in vocabulary().fields.items():
        by = met(patterns, asked.tokens)
        whole = said(_EVERY, asked.tokens)
        if name in _SHOWN and by and not by <= choice.used and (choice.tests or whole):
            choice.used.update(by | whole)
            choice.columns.append(name)


def _answer(asked: Asked, kind: Kind, entries: Sequence[Entry], choice: Choice, unknown: Sequence[str]) -> Answer:
    language = asked.language
    picked = [e for e in entries if all(test(e) for test in choice.tests)]
    if choice.order:
        picked.sort(key=lambda e: _order(e, choice.order), reverse=choice.falling)
    if choice.first:
        picked = [e for e in picked if not _order(e, choice.order)[0]][:1]
    what = say({"accounts": "accounts", "incidents": "incidents", "tasks": "tasks_plural"}[kind], language)
    conditions = "".join(f", {told}" for told in dict.fromkeys(choice.told))
    everything = f"{len(entries)} {what}"
    sheet = Sheet()
    if not picked:
        sheet.line(say("none", language, all=everything, conditions=conditions))
        return sheet.answer("no_evidence" if unknown else "answered")
    lead = "list_one" if choice.first else "list"
    sheet.line(say(lead, language, n=str(len(picked)), all=everything, conditions=conditions))
    columns = list(dict.fromkeys(choice.columns))
    if kind != "accounts" and not asked.customers:
        columns.insert(0, "customer")
    first = say({"accounts": "customer", "incidents": "incident", "tasks": "task"}[kind], language)
    rows = [_shown(e, columns) for e in picked[:_MOST_ROWS]]
    sheet.table([first, *(column_label(c, language) for c in columns)], rows)
    if unknown:
        sheet.line(say("unknown", language, words=", ".join(unknown)))
    undated = [e.name for e in entries if choice.order in _DATES.values() and day_of_entry(e, choice.order) is None]
    notes = [say("undated", language, names=", ".join(undated))] if undated else []
    return sheet.answer("partly" if unknown else "answered", notes)


def _shown(entry: Entry, columns: Sequence[str]) -> list[TableCell]:
    cells = [entry.cells.get(c) for c in columns]
    # A row that is one record is marked once; a customer's fields stand in several.
    own = [(c.shown, None if entry.place else c.place) if c else ("–", None) for c in cells]
    return [(entry.name, entry.place), *own]


def _order(entry: Entry, column: str) -> tuple[bool, float | str]:
    number, day = number_of_entry(entry, column), day_of_entry(entry, column)
    if column not in _DATES.values() and number is not None:
        return False, number
    return day is None, day.isoformat() if day else ""


def _window_text(window: Window, label: str, language: str) -> str:
    begin, end = (long_date(day, language) if day else "" for day in (window.begin, window.end))
    phrase = "between" if begin and end else "from" if begin else "to"
    # German writes nouns with a capital wherever they stand.
    field_name = label if language == "de" else label[:1].lower() + label[1:]
    return say(phrase, language, field=field_name, begin=begin, end=end)
