"""Whether statements have what a question asks for: an amount, a time, a day, a phone number, a percentage, a count.

A near miss has the topic of the question and not the fact: "the ransomware encrypted two servers" says no ransom. Which
kind of fact is asked for shows in the question's words, and whether a text has one in its form.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.answers.reading.expectation import expected_of
from core.text.dates import MONTH

_UNIT = (
    r"(?:(?:working|business|calendar|full|more|continuous|consecutive|academic)\s+)?"
    r"(?:seconds?|minutes?|mins?|hours?|hrs?|days?|weeks?|months?|years?|quarters?|shifts?"
    r"|sekunden?|minuten?|stunden?|(?:werk|arbeits|kalender)?tage?n?|wochen?|monate?n?|jahre?n?"
    r"|segundos?|minutos?|horas?|días?|semanas?|mes(?:es)?|años?"
    r"|secondes?|heures?|jours?|semaines?|mois|ans?|années?)\b"
)
_COUNT = (
    r"(?:\d[\d.,]*|half|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|sixty"
    r"|ninety|several|couple of|once|twice|zwei|drei|vier|fünf|sechs|zehn|dos|tres|cuatro|cinco|diez"
    r"|deux|trois|quatre|cinq|dix)"
)
# An article counts where a unit follows: "within a week".
_ARTICLE = r"(?:an?|eine?[mnrs]?|una?|une)"
_PRICE = r"(?:costs?|prices?|fees?|salary|fine|budget|deposit|rent|ransom|discount|bonus|refund)"
# How questions begin that ask whether something is so.
_WHETHER = (
    r"\W*(?:can|could|may|do|does|did|is|are|am|was|were|will|would|should|shall|must|have|has|darf|dürfen|kann|können|muss"
    r"|müssen|ist|sind|gibt|puedo|puede|hay|es|peut|puis|dois|est-ce)\b"
)
_CURRENCY = r"EUR|USD|GBP|CHF|SEK|DKK|NOK|PLN|JPY|CAD|AUD"


def _form(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), re.IGNORECASE)


_LENGTH = _form(
    rf"\b(?:{_ARTICLE}|{_COUNT})[\s*_-]*(?:\([^)]*\)\s*)?{_UNIT}",
    r"\b\d+\s?[hd]\b",
    r"\b(?:immediately|at once|instantly|permanent(?:ly)?|forever|unlimited|lifetime|until|overnight)\b",
    r"\b(?:(?:same|next) (?:working |business )?day|annual(?:ly)?|yearly|monthly|weekly|daily)\b",
    r"\b(?:sofort|unverzüglich|inmediatamente|immédiatement)\b",
)
_DAY = _form(
    rf"\b(?:{MONTH})\b",
    r"\b(?:1[89]|20)\d\d\b|\b\d{1,2}[:.]\d\d\b|\b\d{1,2}\s?(?:am|pm|uhr|h)\b",
    r"\b\d{1,2}(?:st|nd|rd|th)\b|\b\d{1,2}\.\s?\d{1,2}\.|\bday\s*[-−–+]?\s*\d+",
    r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b",
    r"\b(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag)s?\b",
    r"\b(?:lunes|martes|miércoles|jueves|viernes|sábado|domingo)s?\b",
    r"\b(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)s?\b",
    r"\b(?:noon|midnight|today|tomorrow|yesterday|christmas|easter|q[1-4])\b",
    # "When?" has answers without a day: after 30 scans, once the customer has paid.
    r"\b(?:after|before|once|upon|as soon as|whenever|until|during|following|every|each|at the (?:end|beginning))\b",
    r"\b(?:nach|vor|sobald|wenn|jeden?s?|después|antes|cuando|cada|après|avant|dès|chaque|lorsque)\b",
    _LENGTH.pattern,
)
_MONEY = _form(
    rf"[$€£¥]\s?\d|\d\s?[$€£¥]|\b(?:{_CURRENCY})\b|\d\s?%|\bper ?cent\b|\b\d+(?:\.\d+)?[kp]\b",
    r"\b\d[\d.,]*\s?(?:k|m|bn|p)?\s?(?:euros?|dollars?|pounds?|francs?|cents?|pence|franken)\b",
    r"\b(?:free(?: of charge)?|no (?:cost|charge|fee)|unlimited|kostenlos|gratis|gratuite?s?)\b",
)
# How far, large or heavy something is: "how long" and "how much" ask for these, too.
_MEASURE = (
    rf"\b{_COUNT}[\s-]*(?:met(?:re|er)s?|kilomet(?:re|er)s?|centimet(?:re|er)s?|millimet(?:re|er)s?|miles?|yards?|feet|foot|inch(?:es)?"
    r"|pages?|words?|characters?|lines?|seiten?|wörter|zeichen|páginas?|palabras?|mots?|degrees?|grad|litres?|liters?|tons?|tonnes?"
    r"|grams?|kilos?|pounds?|watts?)\b"
    r"|\d\s?(?:m|km|cm|mm|ft|in|kg|g|t|l|ml|gb|tb|mb|kb|kw|kwh|w|mph|km/h|mbit/s|gbit/s|°)(?![\w/])"
)
_LENGTH_OR_SIZE = _form(_LENGTH.pattern, _MEASURE)
_MONEY_OR_SIZE = _form(_MONEY.pattern, _MEASURE)
_ANY_NUMBER = _form(rf"\b{_COUNT}\b|\d+", r"\b(?:no|none|both|all|every|unlimited|kein\w*|ningun\w*|aucun\w*)\b")
_PHONE = _form(r"\+?\(?\d[\d\s()/.–-]{4,}\d")
_ADDRESS = _form(r"[\w.+-]+@[\w-]+\.\w+")
_CODE = _form(r"\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z-])[\w-]{4,}\b", r"\b\d{5,}\b")

# How questions ask for a kind of fact, and the form that it has; the first that fits counts.
_KINDS = (
    (
        _form(
            r"\b(?:phone|telephone|mobile|hotline|fax)\b.{0,20}\b(?:number|no\.?)",
            r"\b(?:number|no\.) (?:of|for) the [\w\s]{0,25}(?:phone|helpline|hotline)",
            r"\btelefonnummer|\bnúmero de teléfono|\bnuméro de téléphone",
        ),
        _PHONE,
    ),
    (
        _form(r"\be-?mail[ -]?(?:address|adresse)|\bmail address|\bcorreo electrónico de|\badresse e-?mail"),
        _ADDRESS,
    ),
    (
        _form(r"\b(?:serial|order|ticket|contract|part|account|invoice|policy|iban) ?(?:number|no\b)|\bseriennummer"),
        _CODE,
    ),
    (
        _form(
            r"\bhow much\b.{0,40}\b(?:costs?|spend|pay|paid|charged?|budget|deposit|ransom|refund|allowance|rent)\b",
            rf"\b(?:what|which)(?:'?s| is| are| was| were)?(?: \w+){{0,3}} {_PRICE}\s*\??$",
            rf"\b(?:what|which)(?:'?s| is| are)?(?: the| my| our)? {_PRICE}\b",
            r"\bwhat (?:does|do|did)\b.{0,40}\b(?:cost|charge|pay|earn)\b",
            r"(?<!\bby )\bhow (?:much|expensive)\b.{0,30}\b(?:costs?|pay|paid|spend|ask)\b",
            rf"^\W*(?:the )?(?:list )?{_PRICE}\b(?!.*\bwho\b)",
            rf"\b(?:{_PRICE}|wages?|pay) (?:per|an?) (?:hour|day|week|month|year|person|head|mile|km)\b",
            rf"^(?!{_WHETHER}|.*\b(?:how|when|where|who|why|to|until|before|after)\b).*\b(?:{_PRICE}|wage)\W*$",
            r"\bwas kostet|\bwie teuer|\bwie viel (?:kostet|zahl|geld)",
            r"\bcuál es el (?:precio|importe|salario|coste|costo)",
            r"\bquel est le (?:prix|montant|salaire|coût|tarif|loyer)",
            r"\bcuánto (?:cuesta|pag|cobr|gan|gast)\w*|\bcombien (?:coûte|payer|gagne)",
        ),
        _MONEY,
    ),
    (_form(r"(?<!\bby )\bhow (?:much|expensive) (?:is|are|was|were|does|do|did|will|would)\b"), _MONEY_OR_SIZE),
    (
        _form(
            rf"\bhow (?:long|soon|quickly|early|fast)\b|\bhow (?:many|much) (?:more )?(?:time|{_UNIT})",
            r"\bby how many (?:days|weeks|months)|\bwithin (?:what|which|how)",
            rf"\bwie lange\b|\bwie (?:schnell|früh)\b|\bwie viele {_UNIT}",
            rf"\bcuánto tiempo\b|\bcuánt[oa]s {_UNIT}|\bcombien de temps\b|\bcombien de? ?{_UNIT}",
        ),
        _LENGTH_OR_SIZE,
    ),
    (
        _form(
            r"^\W*(?:and |so |since |until |by )?when\b|\b(?:till|until|since|by|from) when\b|,\s*when\b",
            r"\b(?:what|which) (?:date|day|month|year)\b|\bwann\b|\bcuándo\b|\bquand\b",
        ),
        _DAY,
    ),
    (
        _form(
            r"\b(?:what|which) (?:percentage|percent|share|interest)|\bwhat (?:\w+ )?rate\b|\binterest rate\b",
            rf"^(?!{_WHETHER}).*\b(?:threshold|max(?:imum)?|min(?:imum)?)\b",
            r"\bhow many\b|\bby how much\b|\b(?:number|amount) of\b",
            r"\bwie (?:viele?|hoch)\b|\bcuánt[oa]s\b|\bcombien de\b",
        ),
        _ANY_NUMBER,
    ),
)

# Names of single facts, and of things that are told by one: "agreed uptime?", "pass mark", "names of the agencies".
_ONE_FACT = _form(
    r"\b(?:last |first |full |sur)?names?\b(?= (?:of|is|was|in|for)\b|\W*$)|\badd?ress\b",
    r"\b(?:phone|mobile|fax|hotline)\b",
    r"\b(?:max(?:imum)?|min(?:imum)?|smallest|largest|biggest|highest|lowest|fewest)\b",
    rf"\b{_PRICE}\b|\b(?:wage|pay|payment|allowance|penalty|mileage|uptime|score|mark|value|figure|factor)\b",
    r"\b(?:warranty|deadline|notice)\b|\bhow (?:often|old|far|large|big|high|late|deep|tall|heavy)\b",
    r"\bwhich\b|\bwhat (?:\w+ )?(?:time|weekday|vendor|supplier|competitor|name|number|factor|version|size)\b",
    r"\bwhat(?:'?s| is| are| was| were| will)? (?:the|our|my|your|their|his|her)\b"
    r"(?! (?:\w+ )?(?:differences?|changes?|steps?|process|procedure|way|plan|news?)\b)",
    r"\bwelche[rsnm]?\b|\bwie (?:heißt|oft|alt|weit|groß)\b|\bquel(?:le)?s?\b",
    r"\bcuál(?:es)?\b|\bqué (?:día|número|nombre|versión)",
)


def asks_for_one_fact(question: str) -> bool:
    """Whether a single fact answers the question: a number, a day, a name, a place.

    Passages with its topic may lack it, where "Can I …?" or "How do I …?" is answered by any statement on the topic.
    """
    by_kind = any(asked.search(question) for asked, _ in _KINDS)
    named = _ONE_FACT.search(question) and not re.match(_WHETHER, question, re.IGNORECASE)
    return by_kind or expected_of(question) != "open" or bool(named)


def asks_whether(question: str) -> bool:
    """Whether some clause of the question asks if something is so: "What about Sundays, are they paid?"."""
    clauses = re.split(r"[.?!,;:–]|\b(?:and|or|but|und|oder|aber|y|o|et|ou)\b", question)
    return any(re.match(_WHETHER, clause, re.IGNORECASE) for clause in clauses)


def has_kind_asked_for(question: str, statements: Sequence[str]) -> bool:
    """Whether the statements have a fact of the kind that the question asks for; true where no kind shows."""
    form = next((form for asked, form in _KINDS if asked.search(question)), None)
    if form is None:
        return True
    given = {match.group().casefold().strip() for match in form.finditer(question)}
    found = (match.group().casefold().strip() for statement in statements for match in form.finditer(statement))
    return any(fact not in given for fact in found)
