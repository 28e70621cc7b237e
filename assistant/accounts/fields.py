"""A customer's field: "Who is the account manager, and what's their e-mail?", from its records, newest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

from assistant.accounts.account import Account, Fact, same_value, shown_value
from assistant.accounts.asked import Asked, folded_name
from assistant.accounts.sheet import Sheet
from assistant.accounts.vocabulary import label_stems, met, said, stems, tokens_of, vocabulary
from assistant.accounts.wording import say
from core import records
from core.records import text_of
from core.text.dates import find_day
from core.text.locale import long_date
from core.text.words import folded
from core.types import Answer


def fields_answer(asked: Asked, account: Account) -> Answer | None:
    """The fields that the question asks for; None when it asks for something else or for more than they say."""
    wanted, left = asked_fields(asked)
    mail = said(vocabulary().mail, asked.tokens)
    if wanted and not left:
        found = [f for name in wanted for f in _of(account, name)]
        if {f.name for f in found} != set(wanted):
            return None
        return _answer(asked, account, found, bool(mail))
    if asked.window or asked.quarters:
        return None
    if wanted and wanted != [records.ACCOUNT_OWNER]:
        return None
    # "Who is the responsible engineer?" asks for the field that is called engineer.
    labelled = _labelled(asked, account, left)
    return _answer(asked, account, labelled, bool(mail)) if labelled else None


def asked_fields(asked: Asked, explained: Iterable[str] = ()) -> tuple[list[str], list[str]]:
    """(the fields of core/records.py that the question names, the words that they leave unexplained)."""
    words = vocabulary()
    used = {name: met(patterns, asked.tokens) for name, patterns in words.fields.items()}
    wanted = [name for name, by in used.items() if by]
    return wanted, asked.rest(*used.values(), said(words.mail, asked.tokens), frozenset(explained))


def compared_fields(asked: Asked, accounts: Sequence[Account]) -> Answer | None:
    """The same fields of several customers side by side; None when the question asks for more than they say."""
    wanted, left = asked_fields(asked, met(vocabulary().intents["change"], asked.tokens))
    if not wanted or left or asked.window or asked.quarters:
        return None
    language, rows = asked.language, []
    for name in wanted:
        facts = [next(iter(_of(account, name)), None) for account in accounts]
        if not any(facts):
            return None
        cells = [
            (fact_value(fact, account, language), fact.place) if fact else ("–", None)
            for fact, account in zip(facts, accounts, strict=True)
        ]
        rows.append([(say(name, language), None), *cells])
    sheet = Sheet()
    sheet.table(["", *(account.name for account in accounts)], rows)
    return sheet.answer()


def contact_answer(asked: Asked, accounts: Iterable[Account]) -> Answer | None:
    """The address of a customer's person whom the question names; None when it asks for something else."""
    mail = said(vocabulary().mail, asked.tokens)
    name = set(asked.rest(mail))
    if not mail or not name:
        return None
    sheet, found = Sheet(), set()
    for account in accounts:
        for contact in account.contacts:
            if "@" in contact.value and name <= set(tokens_of(contact.value.partition(",")[0])):
                found.add(contact.value)
                sheet.line(f"{account.name} – {contact.value}", [contact.place], "\n")
    return sheet.answer() if found else None


def lacking_fields(asked: Asked, account: Account) -> str:
    """A sentence on the fields that the question asks for and no record has; "" when there is no such field."""
    wanted, _ = asked_fields(asked)
    missing = [say(name, asked.language) for name in wanted if not _of(account, name)]
    if not missing:
        return ""
    return say("lacking", asked.language, customer=account.name, fields=", ".join(missing))


def _of(account: Account, name: str) -> list[Fact]:
    return account.contacts if name == records.CONTACTS else account.named(name)


def _labelled(asked: Asked, account: Account, left: Sequence[str]) -> list[Fact]:
    """The facts whose own label the question's words are: "tier", "customer since", "Kündigungsfrist"."""
    rest, everything = stems(left), stems(asked.tokens)
    fitting = [
        (len(label), fact)
        for fact in account.facts
        if (label := label_stems(fact.label)) and label <= everything and rest <= label and (rest or len(label) > 1)
    ]
    most = max((n for n, _ in fitting), default=0)
    return [fact for n, fact in fitting if n == most]


def _answer(asked: Asked, account: Account, facts: Sequence[Fact], mail: bool) -> Answer:
    sheet, language = Sheet(), asked.language
    for same in _by_field(facts):
        _add_field(sheet, asked, account, same)
        owner = same[0]
        if mail and owner.name != records.CONTACTS:
            address = _mail_of(owner, account)
            if address is None:
                sheet.line(say("no_mail", language, person=owner.value))
            else:
                sheet.line(f"{say('mail', language)}: {address.value}", [address.place], "\n")
    window = asked.window_of_days
    if window and window.end and window.end < asked.today:
        # Records say what is, not what was.
        sheet.line(say("today_only", language))
        return sheet.answer("partly")
    return sheet.answer()


def _by_field(facts: Iterable[Fact]) -> list[list[Fact]]:
    """The facts of each field, the newest first."""
    groups: dict[str, list[Fact]] = {}
    for fact in facts:
        key = fact.name or " ".join(sorted(label_stems(fact.label)))
        groups.setdefault(f"{key}{fact.value}" if fact.name == records.CONTACTS else key, []).append(fact)
    return [sorted(group, key=lambda f: f.day, reverse=True) for group in groups.values()]


def _add_field(sheet: Sheet, asked: Asked, account: Account, facts: Sequence[Fact]) -> None:
    """What the newest record says, and what an older one says otherwise."""
    language, first = asked.language, facts[0]
    label = say(first.name, language) if first.name else first.label
    same = [f for f in facts if same_value(f.value, first.value)]
    sheet.line(f"{account.name} – {label}: {fact_value(first, account, language)}", [f.place for f in same[:2]], "\n")
    for other in [f for f in facts if f not in same][:1]:
        value = fact_value(other, account, language)
        older = (
            say("older", language, day=long_date(other.day, language), value=value)
            if other.day and other.day < first.day
            else say("older_undated", language, value=value)
        )
        sheet.line(f"({older})", [other.place], " ")


def fact_value(fact: Fact, account: Account, language: str) -> str:
    """The value as it is read: a day in words, an amount with its currency."""
    if fact.name != records.CONTACTS and (day := find_day(fact.value, None)) and len(fact.value) < 30:
        return long_date(day, language)
    if fact.name == records.CONTRACT_VALUE:
        metadata = (text_of(f.place.chunk.metadata, records.CURRENCY) for f in (fact, *account.facts))
        return shown_value(fact.value, next(filter(None, metadata), ""), language)
    return shown_value(fact.value, "", language) if fact.name else fact.value


def _mail_of(owner: Fact, account: Account) -> Fact | None:
    """The address of the person whom a field names: beside that field, or made of the person's name."""
    labels = [label_stems(owner.label), *(label_stems(f.label) for f in account.named(owner.name))]
    parts = set(folded_name(owner.value).split())
    for fact in chain(account.facts, account.contacts):
        if "@" not in fact.value:
            continue
        local = folded(fact.value.partition("@")[0])
        beside = any(label and label < label_stems(fact.label) for label in labels)
        if beside or (len(parts) > 1 and all(part in local for part in parts)):
            return fact
    return None
