"""Whether statements have what a question asks for: an amount, a time, a day, a phone number, a percentage, a count.

A near miss has the topic of the question and not the fact: "the ransomware encrypted two servers" says no ransom. Which
kind of fact is asked for shows in the question's words, and whether a text has one in its form.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.text.dates import MONTH

_I = re.IGNORECASE
_UNIT = (
    r"(?:(?:working|business|calendar|full|more|continuous|consecutive|academic)\s+)?"
    r"(?:seconds?|minutes?|mins?|hours?|hrs?|days?|weeks?|months?|years?|quarters?|shifts?"
    r"|sekunden?|minuten?|stunden?|(?:werk|arbeits|kalender)?tage?n?|wochen?|monate?n?|jahre?n?"
    r"|segundos?|minutos?|horas?|días?|semanas?|mes(?:es)?|años?|secondes?|heures?|jours?|semaines?|mois|ans?|années?)\b"
)
_COUNT = (
    r"(?:\d[\d.,]*|half|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|sixty|"
    r"ninety|several|couple of|eine?n?|zwei|drei|vier|fünf|sechs|zehn|uno?a?|dos|tres|cuatro|cinco|diez|une?|deux|trois|"
    r"quatre|cinq|dix)"
)
_LENGTH = re.compile(
    rf"\b{_COUNT}[\s*_-]*(?:\([^)]*\)\s*)?{_UNIT}|\b\d+\s?[hd]\b"
    r"|\b(?:immediately|at once|instantly|permanent(?:ly)?|forever|unlimited|lifetime|(?:same|next) (?:working |business )?day"
    r"|until|annual(?:ly)?|yearly|monthly|weekly|daily|overnight|sofort|unverzüglich|inmediatamente|immédiatement)\b",
    _I,
)
_DAY = re.compile(
    rf"\b(?:{MONTH})\b|\b(?:1[89]|20)\d\d\b|\b\d{{1,2}}[:.]\d\d\b|\b\d{{1,2}}\s?(?:am|pm|uhr|h)\b"
    r"|\b\d{1,2}(?:st|nd|rd|th)\b|\b\d{1,2}\.\s?\d{1,2}\.|\bday\s*[-−–+]?\s*\d+"
    r"|\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|\b(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag)s?\b"
    r"|\b(?:lunes|martes|miércoles|jueves|viernes|sábado|domingo|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)s?\b"
    r"|\b(?:noon|midnight|today|tomorrow|yesterday|christmas|easter|q[1-4])\b"
    r"|\b(?:after|before|once|upon|as soon as|whenever|until|during|following|every|each|at the end|at the beginning"
    r"|nach|vor|sobald|wenn|jeden?s?|después|antes|cuando|cada|après|avant|dès|chaque|lorsque)\b",
    _I,
)
_MONEY = re.compile(
    r"[$€£¥]\s?\d|\d\s?[$€£¥]|\b(?:EUR|USD|GBP|CHF|SEK|DKK|NOK|PLN|JPY|CAD|AUD)\b|\b\d[\d.,]*\s?(?:k|m|bn|p)?\s?(?:euros?|dollars?|"
    r"pounds?|francs?|cents?|pence|franken)\b|\d\s?%|\bper ?cent\b|\b\d+(?:\.\d+)?[kp]\b"
    r"|\b(?:free(?: of charge)?|no (?:cost|charge|fee)|unlimited|kostenlos|gratis|gratuite?s?)\b",
    _I,
)
_ANY_NUMBER = re.compile(rf"\d|\b(?:no|none|both|all|every|unlimited|kein\w*|ningun\w*|aucun\w*)\b|\b{_COUNT}\b", _I)
_PERCENT = re.compile(r"\d[\d.,]*\s?(?:%|percent|per cent|prozent|por ciento|pour cent)|\d", _I)
_PHONE = re.compile(r"\+?\(?\d[\d\s()/.–-]{4,}\d")
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.\w+")
_CODE = re.compile(r"\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z-])[\w-]{4,}\b|\b\d{5,}\b")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fact: how questions ask for it, and the form that it has."""

    asked: re.Pattern[str]
    form: re.Pattern[str]


_KINDS = (
    Kind(re.compile(r"\b(?:phone|telephone|mobile|hotline|fax)\b.{0,20}\b(?:number|no\.?)|\b(?:number|no\.) (?:of|for) the [\w\s]{0,25}"
                    r"(?:phone|helpline|hotline)|\btelefonnummer|\bnúmero de teléfono|\bnuméro de téléphone", _I), _PHONE),
    Kind(re.compile(r"\be-?mail(?: |-)?address|\bmail address|\be-mail-adresse|\bcorreo electrónico de|\badresse e-?mail", _I), _ADDRESS),
    Kind(re.compile(r"\b(?:serial|order|ticket|contract|part|account|invoice|policy|iban) ?(?:number|no\b)|\bseriennummer", _I), _CODE),
    Kind(
        re.compile(
            r"\b(?:how much|what|what's|whats|which)\b.{0,40}\b(?:costs?|prices?|fees?|salary|fine|spend|pay|paid|charged?|budget|deposit|"
            r"ransom|refund|allowance|rent)\b|\bhow (?:much|expensive)\b.{0,30}\b(?:costs?|pay|paid|is|are|does|do|did|spend|ask)\b"
            r"|^\W*(?:the )?(?:price|costs?|fee|salary|budget|fine|bonus|list price)\b(?!.*\bwho\b)"
            r"|\bwas kostet|\bwie teuer|\bwie viel (?:kostet|zahl|geld)|\bcuánto (?:cuesta|pag|cobr|gan|gast)\w*|\bcombien (?:coûte|payer|gagne)",
            _I,
        ),
        _MONEY,
    ),
    Kind(
        re.compile(
            rf"\bhow (?:long|soon|quickly|early|fast)\b|\bhow (?:many|much) (?:more )?(?:time|{_UNIT})"
            r"|\bby how many (?:days|weeks|months)|\bwithin (?:what|which|how)"
            r"|\bwie lange\b|\bwie (?:schnell|früh)\b|\bcuánto tiempo\b|\bcombien de temps\b"
            rf"|\bwie viele {_UNIT}|\bcuánt[oa]s {_UNIT}|\bcombien de? ?{_UNIT}",
            _I,
        ),
        _LENGTH,
    ),
    Kind(
        re.compile(
            r"^\W*(?:and |so |since |until |by )?when\b|\b(?:till|until|since|by|from) when\b|\b(?:what|which) (?:date|day|month|year)\b"
            r"|,\s*when\b|\bwann\b|\bcuándo\b|\bquand\b",
            _I,
        ),
        re.compile(f"{_DAY.pattern}|{_LENGTH.pattern}", _I),
    ),
    Kind(re.compile(r"\b(?:what|which) (?:percentage|percent|share|interest)|\bwhat (?:\w+ )?(?:interest )?rate\b|\binterest rate\b", _I), _PERCENT),
    Kind(re.compile(r"\bhow many\b|\bwie viele?\b|\bcuánt[oa]s\b|\bcombien de\b|\b(?:number|amount) of\b", _I), _ANY_NUMBER),
)  # fmt: skip


def has_kind_asked_for(question: str, statements: Sequence[str]) -> bool:
    """Whether the statements have a fact of the kind that the question asks for; true where no kind shows."""
    kind = next((kind for kind in _KINDS if kind.asked.search(question)), None)
    if kind is None:
        return True
    given = {match.group().casefold().strip() for match in kind.form.finditer(question)}
    return any(
        match.group().casefold().strip() not in given
        for statement in statements
        for match in kind.form.finditer(statement)
    )
