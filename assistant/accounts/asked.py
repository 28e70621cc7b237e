"""A question → the customers, periods and words that it is about."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from apps.customers.names import folded_words, own_words
from assistant.accounts.periods import Quarter, Window, quarters_in, window_in
from assistant.accounts.vocabulary import covered, said, tokens_of, without_fillers
from core.text.languages import language_codes
from core.text.words import folded

# A word of a customer's name stands for it alone from so many letters on.
_TELLING = 4
_IN_LANGUAGE = re.compile(rf"\b(?:in|auf|en)\s+(?P<language>{'|'.join(language_codes())})\b", re.IGNORECASE)


@dataclass(frozen=True)
class Asked:
    """A question as records are asked with it.

    Attributes:
        language: Of the answer.
        tokens: Its words, folded, without those that name customers or periods.
        nouns: What this company calls a customer: as good as "customer".
    """

    text: str
    language: str
    today: date
    customers: tuple[str, ...]
    quarters: tuple[Quarter, ...]
    window: Window | None
    tokens: tuple[str, ...]
    nouns: tuple[str, ...] = ()

    @property
    def past_window(self) -> Window | None:
        """The window of something that was: without a year it isn't one that is still to come."""
        window = self.window
        if window is None or not window.begin or not window.end or window.begin <= self.today:
            return window
        if any(word.isdigit() and len(word) == 4 for word in window.words):
            return window
        return Window(_year_before(window.begin), _year_before(window.end), window.words)

    @property
    def window_of_days(self) -> Window | None:
        """The window, or else the quarter that is named as one: the newest that has begun, where it has no year."""
        if self.window is not None or not self.quarters:
            return self.window
        quarter = self.quarters[0]
        year = quarter.year or self.today.year - (date(self.today.year, 3 * quarter.number - 2, 1) > self.today)
        begin = date(year, 3 * quarter.number - 2, 1)
        end = date(year + quarter.number // 4, 3 * quarter.number % 12 + 1, 1) - timedelta(days=1)
        return Window(begin, end, quarter.words)

    def rest(self, *used: Collection[str]) -> list[str]:
        """The words that are left to be explained when those of `used` are."""
        return without_fillers(covered(self.tokens, *used, said(self.nouns, self.tokens)))


def read_question(
    text: str, language: str, customers: Collection[str], today: date, nouns: Sequence[str] = ()
) -> Asked:
    """The question's parts. `customers`: the names that the person may know of; `nouns`: what these are called."""
    named, used = customers_in(text, customers, nouns)
    wish = _IN_LANGUAGE.search(text)
    if wish:
        language = language_codes()[wish["language"].lower()]
        text = f"{text[: wish.start()]} {text[wish.end() :]}"
    quarters = tuple(quarters_in(text))
    # "Q3 2026" is a quarter and no year of days.
    window = None if quarters else window_in(text, today)
    periods = {word for quarter in quarters for word in quarter.words} | (window.words if window else frozenset())
    return Asked(
        text,
        language,
        today,
        tuple(named),
        quarters,
        window,
        tuple(covered(tokens_of(text), used, periods)),
        tuple(nouns),
    )


def customers_in(text: str, customers: Collection[str], nouns: Sequence[str] = ()) -> tuple[list[str], frozenset[str]]:
    """The customers that the text names, in its order, and the words by which it does: "Acme", "acme north".

    Args:
        nouns: What customers are called, which names none of them: "farm" isn't Thornbury Farm.
    """
    tokens = tokens_of(text)
    run = " ".join(tokens)
    found: list[tuple[int, str]] = []
    used: set[str] = set()
    for name in customers:
        words = folded_words(name)
        telling = [w for w in _telling(name, customers) if _stands(w, tokens) and not said(nouns, [w])]
        whole = re.search(rf"\b{re.escape(' '.join(words))}\b", " ".join(folded_words(text)))
        if whole or telling:
            found.append((min((run.find(w) for w in telling or words[:1])), name))
            used.update(t for t in tokens for w in words if t in (w, f"{w}s"))
    return [name for _, name in sorted(found)], frozenset(used)


def _telling(name: str, customers: Collection[str]) -> Sequence[str]:
    """The words of the name that are its alone among the customers."""
    others = {w for other in customers if other != name for w in folded_words(other)}
    return [w for w in own_words(name) if len(w) >= _TELLING and w not in others]


def _stands(word: str, tokens: Sequence[str]) -> bool:
    return word in tokens or f"{word}s" in tokens


def folded_name(name: str) -> str:
    """A person's name as it is compared."""
    return " ".join(folded(name).split())


def _year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=min(day.day, 28) if day.month == 2 else day.day)
