"""A follow-up → the question that it means, from the question before: "and in Geneva?" asks for Geneva's hotel rate.

A fragment takes the place of what it stands in contrast to; a whole sentence that points back gets what the question
before was about, in brackets. What does neither is a new topic and stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from core.text.dates import MONTH
from core.text.words import FUNCTION_WORDS, content_words, folded

# How alike a phrase and each of some words are, -1..1.
Likeness = Callable[[str, Sequence[str]], Sequence[float]]

_LEAD = re.compile(
    r"^\W*(?:(?:and|or|but|so|also|then|ok(?:ay)?|und|oder|aber|auch|y|e|o|pero|también|et|ou|mais|aussi)\b[\s,]*)?"
    r"(?:(?:what|how) about|(?:the )?same (?:for|with|in|at|of)|(?:was|wie) ist (?:es )?mit|"
    r"(?:das|die) ?(?:gleiche|selbe) für|qué (?:hay|pasa) (?:de|con)|lo mismo (?:para|de)|qu'en est-il (?:de|du|des)|"
    r"(?:la )?même chose pour)?[\s,]*",
    re.IGNORECASE,
)
_WHAT_IF = re.compile(r"^\W*(?:(?:and|but|so) )?(?:what )?if\b|^\W*(?:und )?(?:was,? )?wenn\b", re.IGNORECASE)
_POINTS_BACK = re.compile(
    r"\b(?:it|its|they|them|theirs?|those|these|the same|the (?:latter|former|whole thing)|davon|dafür|damit|dort|er|"
    r"ihn|ihm|diese[rsmn]?|jene[rsn]?|él|ella|ell[oa]s|esto|eso|aquello|allí|sus?|cela|ça|celui|celles?|ceux|leurs?|"
    r"y|sa|ses|(?:of|from|about) (?:this|that)|this|that(?=\W*$|\s+(?:is|was|mean|work|cost|take|happen|one)s?\b)|"
    r"(?:each|every|another|which|further|the|this|that)(?: \w+)? ones?|ones?(?=\W*$)|then(?=\W*$)|"
    r"(?<!are )(?<!is )(?<!were )(?<!was )there(?! (?:is|are|was|were|be|an?|any)\b))\b"
    r"|(?<!-)\b(?:ils?|elles?)\b|\b(?:he|him|his|she|her|hers)\b",
    re.IGNORECASE,
)
# "Sie" and "Ihre" are polite, "sie" and "ihre" point back.
_GERMAN = re.compile(r"\b(?:sie|ihre[rmns]?)\b")
_NAME_FOR = re.compile(r"\b(?:it|they|them|he|him|she|this one|that one|the same)\b", re.IGNORECASE)
_NAME_OF = re.compile(r"\b(?:its|their|his|her)\b(?=\s+[a-z])", re.IGNORECASE)
_PREPOSITION = (
    "in|en|at|for|of|from|to|with|by|on|during|under|above|per|für|bei|mit|von|vom|nach|über|unter|im|am|zu|aus|para|de|del|"
    "con|por|sobre|pour|à|a|au|aux|du|des|chez|avec|sur|dans"
)
_WITH_PREPOSITION = re.compile(rf"^({_PREPOSITION})\s+(.+)$", re.IGNORECASE)
_ARTICLE = re.compile(r"^(?:the|an?|der|die|das|dem|den|el|las?|los|les?)\s+", re.IGNORECASE)
_ASKS = re.compile(
    r"\b(?:what|who|whom|whose|when|where|why|which|how|is|are|was|were|does|do|did|can|could|should|will|has|have|may|"
    r"must|need|können|könn?te\w*|dürfen|müssen|soll(?:en)?|wird|werden|gibt|pueden?|podr[ií]as?|debo|hay|dois|peux|pouvez|"
    r"wer|wen|wem|wann|wo|warum|wie|welche[rsnm]?|ist|sind|hat|haben|darf|kann|muss|qué|quién|cuándo|dónde|cómo|"
    r"cuánt[oa]s?|cuál(?:es)?|puede[ns]?|quoi|qui|quand|où|comment|combien|quel(?:le)?s?|est|sont|peut|faut)\b",
    re.IGNORECASE,
)
# What begins so says by itself what is wanted.
_BEGINS = re.compile(
    r"^(?:tell|show|list|give|explain|describe|find|search|i|we|zeig\w*|erklär\w*|nenn\w*|ich|wir|dime|muestra\w*|"
    r"explica\w*|quiero|dis|montre\w*|explique\w*|je|nous)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_](?:[\w'’&%.,/-]*[\w%])?")
_NAME = re.compile(r"(?<![.!?:] )(?<!^)\b[A-ZÀ-Þ][\w’'-]*(?: (?:[&A-ZÀ-Þ0-9]|of (?=[A-Z]))[\w’'-]*)*")
_PERIOD = re.compile(rf"\b(?:Q[1-4](?: 20\d\d)?|20\d\d|[TH][1-4]|(?:{MONTH})(?: 20\d\d)?)\b", re.IGNORECASE)
# Words that stand for each other in one place of a question.
_CONTRASTS = tuple(
    frozenset(group.split())
    for group in (
        "first last second third fourth fifth next final",
        "highest lowest biggest smallest largest least most average total maximum minimum max min",
        "oldest newest latest earliest youngest",
        "longest shortest",
        "cheapest dearest",
        "erste letzte zweite dritte ersten letzten zweiten dritten",
        "höchste niedrigste größte kleinste",
        "primera última segunda tercera primer último segundo tercero",
        "premier dernier deuxième troisième première dernière",
        "monday tuesday wednesday thursday friday saturday sunday",
        "daily weekly monthly quarterly yearly",
    )
)
# A phrase of the question before may be replaced by one that is at least so like it. Tried on 15 pairs, half of them of
# another topic, with the English embedding: right ones from 0.31 on, wrong ones up to 0.24.
_ALIKE = 0.3
_UNNAMED = re.compile(
    r"\b(?:the|this|my|our|der|die|dem|des|unser\w*|el|la|nuestr[oa]|le|notre)\s+"
    r"(?:customer|client|account|company|kunden?|mandanten?|cliente|client[e]?)(?=['’]s\b|\b)",
    re.IGNORECASE,
)
_FRAGMENT_WORDS = 6
_CARRIED = 6
# A pronoun behind so many content words stands for one of them.
_OWN_ANTECEDENT = 3
_SUBORDINATE = re.compile(
    r"\b(?:before|after|when|if|because|while|until|bevor|nachdem|wenn|weil|bis|cuando|si|antes|después|quand|avant|après)\b",
    re.IGNORECASE,
)
_FRAGMENT_ALONE = 3
_FRAGMENT_ASKED = 2


def in_context(question: str, before: str, alike: Likeness | None = None) -> str:
    """The stand-alone question; `question` itself where it doesn't depend on the one before."""
    lead = _LEAD.match(question)
    begun = lead.end() if lead else 0
    what_if = bool(_WHAT_IF.match(question))
    has_lead, rest = begun > 0 and question[:begun].strip(" ¿¡\t") != "", question[begun:].strip(" ?.!¿¡")
    if not rest:
        return question
    refers = _refers(rest)
    words = len(rest.split())
    asks = _ASKS.search(rest) or _BEGINS.match(rest) or _NAME_OF.search(rest)
    if not asks and words <= (_FRAGMENT_WORDS if has_lead or refers else _FRAGMENT_ALONE):
        # "wellness?" asks the same of something else; "wellness" without a mark names a new topic.
        bare = not (has_lead or refers or _WITH_PREPOSITION.match(rest))
        asked_again = bare and question.rstrip().endswith(("?", "？")) and words <= _FRAGMENT_ASKED
        swapped = _swapped(rest, before, alike, least=0.0 if asked_again else _ALIKE)
        if swapped:
            return swapped
        if has_lead or refers or asked_again:
            return f"{before.rstrip(' ?.!')}, {rest}?"
        return question
    bare = not _content(rest)  # "why?", "since when?"
    if not (has_lead or refers or what_if or bare):
        return question
    return _completed(f"{rest}?", before, points_back=refers or bare)


def subject_of(question: str) -> str:
    """What a question is about: its names and periods; else its content words, at most a few."""
    named = [*_names(question), *(m.group() for m in _PERIOD.finditer(question))]
    return " ".join(dict.fromkeys(named)) or " ".join(_content(question)[:_CARRIED])


def _refers(text: str) -> bool:
    match = _POINTS_BACK.search(text) or _GERMAN.search(text)
    if match is None:
        return False
    if match.group().casefold() == "then":
        return True
    before = text[: match.start()]
    return len(_content(before)) < (_OWN_ANTECEDENT - 1 if _SUBORDINATE.search(before) else _OWN_ANTECEDENT)


def _completed(question: str, before: str, *, points_back: bool) -> str:
    """The question with the name in the place of its pronoun, and in brackets what else it lacks."""
    names = _names(before)
    filled = question
    if names and points_back:
        filled = _NAME_OF.sub(f"{names[-1]}'s", question, count=1)
        filled = filled if filled != question else _NAME_FOR.sub(names[-1], question, count=1)
    known = set(content_words(filled))
    # A sentence of its own goes on about the same thing; only what it is about is carried over then.
    own = not points_back and (names or _PERIOD.search(before)) and len(_content(question)) > 1
    carried = subject_of(before).split() if own else _content(before)
    missing = [word for word in carried if not set(content_words(word)) <= known][:_CARRIED]
    return f"{filled.rstrip()} ({' '.join(missing)})" if missing else filled


def _swapped(fragment: str, before: str, alike: Likeness | None, least: float) -> str:
    """The question before with the fragment in the place of what it stands in contrast to; "" if there is no such."""
    by_preposition = _WITH_PREPOSITION.match(fragment)
    preposition, new = by_preposition.groups() if by_preposition else ("", fragment)
    bare = _ARTICLE.sub("", new)
    for old, put in (
        (_of_same_shape(bare, before), bare),
        (_in_contrast(bare, before), bare),
        (_name_for(bare, preposition, before), bare),
        (_anybody(bare, before), bare),
        (_behind(preposition, before), new),
        (_most_alike(bare, before, alike, least), bare),
    ):
        if old and folded(old) != folded(put):
            return re.sub(rf"(?<!\w){re.escape(old)}(?!\w)", lambda _, put=put: put, before, count=1)  # type: ignore[misc]
    return ""


def _of_same_shape(new: str, before: str) -> str:
    """What has the fragment's kind of number: a quarter for a quarter, a percentage for a percentage."""
    last = new.rsplit(maxsplit=1)[-1]
    if not any(c.isdigit() for c in last):
        return ""
    found = [word for word in _WORD.findall(before) if _shape(word) == _shape(last)]
    if not found:
        return ""
    words = set(content_words(" ".join(new.split()[:-1]))) if " " in new else set()
    return _with_words_before(found[-1], len(new.split()) - 1, before) if words else found[-1]


def _with_words_before(word: str, count: int, text: str) -> str:
    match = re.search(rf"(?:\S+\s+){{{count}}}{re.escape(word)}(?!\w)", text)
    return match.group() if match else word


def _shape(word: str) -> str:
    return re.sub(r"\d[\d.,]*", "9", re.sub(r"[^\W\d_]", "a", word.casefold())) + str(
        len(word) if word.isdigit() and len(word) == 4 else ""
    )


def _in_contrast(new: str, before: str) -> str:
    for group in _CONTRASTS:
        if new.casefold() in group:
            return next((word for word in _WORD.findall(before) if word.casefold() in group), "")
    return next((m.group() for m in _PERIOD.finditer(before)), "") if _PERIOD.fullmatch(new) else ""


def _name_for(new: str, preposition: str, before: str) -> str:
    names = [name for name in _names(before) if not _PERIOD.fullmatch(name)]
    if not names or not (new[:1].isupper() or preposition):
        return ""
    behind = _behind(preposition, before)
    return next((name for name in reversed(names) if behind and name in behind), names[-1] if new[:1].isupper() else "")


def _anybody(new: str, before: str) -> str:
    """What the question before calls a customer without naming it, for a name: "the client" for "Acme Ltd"."""
    if _names(before) or not all(word[:1].isupper() for word in new.split()):
        return ""
    found = _UNNAMED.search(before)
    return found.group() if found else ""


def _behind(preposition: str, before: str) -> str:
    """What follows the same preposition in the question before."""
    if not preposition:
        return ""
    found = re.findall(
        rf"\b{preposition}\s+(.+?)(?=\s+(?:{_PREPOSITION})\b|[?,.;!]|$)",
        before,
        re.IGNORECASE,
    )
    return str(found[-1]).strip() if found else ""


def _most_alike(new: str, before: str, alike: Likeness | None, least: float) -> str:
    words = _content(before)
    ending = [word for word in words if _participle(word) and _participle(new)]
    if len(new.split()) == 1 and len(ending) == 1:
        return ending[0]
    if alike is None or not words or len(new.split()) > 1:
        return ""
    best, word = max(zip(alike(new, words), words, strict=True))
    return _with_article(word, before) if best >= least else ""


def _with_article(word: str, before: str) -> str:
    """All that stands between the article and the next preposition around the word: "customer success manager"."""
    found = re.findall(
        rf"\b(?:the|an?|our|my|der|die|das|el|la|le)\s+((?:[\w'’-]+\s+){{0,3}}?{re.escape(word)}(?:\s+[\w'’-]+){{0,3}}?)"
        rf"(?=\s+(?:{_PREPOSITION})\b|[?,.;!]|$)",
        before,
        re.IGNORECASE,
    )
    return str(found[-1]) if found and not _ASKS.search(found[-1]) else word


def _participle(word: str) -> bool:
    return len(word) > 4 and word.casefold().endswith(("ed", "ado", "ido"))


def _names(text: str) -> list[str]:
    text = text.lstrip(' ¿¡"“')
    return [
        name
        for match in _NAME.finditer(text)
        if (name := re.sub(r"['’]s$", "", match.group())) and name.casefold() not in FUNCTION_WORDS
    ]


def _content(text: str) -> list[str]:
    return [word for word in _WORD.findall(text) if folded(word) not in FUNCTION_WORDS and not _ASKS.fullmatch(word)]
