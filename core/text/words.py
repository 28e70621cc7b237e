"""Words as they are compared: folded, without inflection, without function words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from math import log

# Scripts without spaces (kana, Han, Thai, Lao, Khmer) and Hangul are compared by pairs of characters.
_DENSE = r"\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uac00-\ud7af\u0e00-\u0eff\u1780-\u17ff"
# Vowel signs of Arabic and the Indic scripts, which `\w` leaves out.
_MARKS = r"\u064b-\u065f\u0670\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963\u0981-\u0dff"
_LETTER = rf"(?:(?![{_DENSE}_])[\w{_MARKS}])"
_TOKEN = re.compile(rf"[{_DENSE}]+|{_LETTER}+(?:['’.,]{_LETTER}+)*")
_DENSE_TOKEN = re.compile(rf"[{_DENSE}]+")

# Function words of the languages that questions come in; their presence says nothing about a match. Left out are those
# that are content words of another language here (German "war", "die", "hat", "man"; French "son").
_FUNCTION_WORDS = (
    "a about above after again all also an and any are as at be because been before being below between both but by "
    "can could did do does doing down during each few for from further get had has have having he her here hers him "
    "his how i if in into is it its itself just me more most my no nor not now of off on once only or other our out "
    "over own please same she should so some such tell than that the their them then there these they this those "
    "through to too under until up upon us very was we were what when where which while who whom whose why will "
    "with would you your according happen happened many much der das dem des ein eine einen einem einer und oder "
    "ist sind waren wird werden wurde haben wie wer wann wo warum welche welcher welches im auf für von vom zu zum "
    "zur bei aus nach über unter nicht als auch es er sie wir ihr ich sich dass el la los las un una unos unas y o "
    "de del al en por para con sin sobre fue eran ser ha han se su sus lo que qué quién cuál cuáles cuándo dónde "
    "cómo cuánto cuántos cuántas como más pero le les du et ou est sont était dans pour par avec sans sur ce cette "
    "ces il elle ils elles nous vous je qui quoi quel quelle quels quelles quand où comment pourquoi combien ne pas "
    "plus au aux sa ses bu ile için nasıl kim hangi kaç nerede neden mi mı и в на с по за из к от о не что как кто "
    "где когда какой какая какие сколько это был была были "
)
# Words without their accents, as they are compared and as people type them, are no content words either; but for what
# is one in English.
_CONTENT_WITHOUT_ACCENT = frozenset(["uber", "fur"])
# What people say besides in a meeting or a letter, among it the words that are content words of another language.
_SPOKEN_WORDS = (
    "am aren't cannot can't couldn't didn't doesn't don't done even every gets getting give go goes going gonna good "
    "got great hasn't haven't however i'd i'll i'm i've isn't it'd it'll it's know let let's like little lot make "
    "makes may maybe mean might must myself need oh ok okay one ours perhaps put quite rather really right said say "
    "see shall something still stuff sure take thank thanks that's theirs there's they'd they'll they're they've "
    "thing things think though two three use want wants wasn't way we'd we'll we're we've well weren't what's won't "
    "wouldn't yeah yep yes yet you'd you'll you're you've yours actually basically probably anyway alright guess kind "
    "sort bit um uh mm hmm aber die den war hat habe hatte mich mir uns ihnen mein unser mit noch nur schon dann da "
    "wenn weil doch ja nein gut bitte danke sehr mehr kann können muss müssen soll wollen bis ab heute hier dort te "
    "nos os son era hay sí muy si ya está están este esta esto ese esa eso yo tú él ella también cuando donde quien "
    "entre todo todos tiene tienen puede pueden bien gracias une cet tu mon ma mes leur leurs ont avons avez ai être "
    "avoir fait comme mais oui non très merci c'est d'accord donc aussi tout tous "
)
SAYING_NOTHING = frozenset(_FUNCTION_WORDS.split()) | frozenset(_SPOKEN_WORDS.split())
_SPOKEN_TOKEN = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


def folded(text: str) -> str:
    """`text` as it is compared: without case, compatibility forms, and the accents of Latin, Greek and Cyrillic."""
    lowered = unicodedata.normalize("NFKC", text).casefold()
    if lowered.isascii():
        return lowered
    # Only Latin, Greek and Cyrillic accents go; in Indic scripts a mark is a vowel.
    return "".join(c for c in unicodedata.normalize("NFD", lowered) if not 0x300 <= ord(c) <= 0x36F)


FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split()) | (
    frozenset(folded(_FUNCTION_WORDS).split()) - _CONTENT_WITHOUT_ACCENT
)


def words(text: str) -> list[str]:
    """The text's words, folded and without English inflection; scripts without spaces give character pairs."""
    found: list[str] = []
    for token in _TOKEN.findall(folded(text)):
        if _DENSE_TOKEN.fullmatch(token):
            found.extend(token[i : i + 2] for i in range(max(len(token) - 1, 1)))
        else:
            found.append(stem(token))
    return found


def content_words(text: str) -> list[str]:
    """`words` without function words; all words when nothing else is left."""
    tokens = _TOKEN.findall(unicodedata.normalize("NFKC", text).casefold())
    tokens = [t for t in tokens if t not in FUNCTION_WORDS and folded(t) not in FUNCTION_WORDS]
    return words(" ".join(tokens)) or words(text)


def terms(text: str) -> list[str]:
    """What a spoken or written sentence is about: its words in order, without those that say nothing by themselves.

    Unlike `content_words` it may be empty, keeps accents and takes "follow-up" as one word.
    """
    tokens = _SPOKEN_TOKEN.findall(unicodedata.normalize("NFC", text).lower().replace("’", "'"))
    return [stem(t) for t in tokens if t not in SAYING_NOTHING and (len(t) > 2 or t.isdigit())]


def overlap(one: str, other: str) -> float:
    """The share of the shorter text's terms that the other has too, 0..1."""
    a, b = set(terms(one)), set(terms(other))
    return len(a & b) / min(len(a), len(b)) if a and b else 0.0


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """`word` without possessive and without the commonest English endings; digits are left alone."""
    word = word.replace("’", "'")
    if word.endswith("'s"):
        word = word[:-2]
    if len(word) <= 3 or any(c.isdigit() for c in word):
        return word.replace(",", "")
    for ending, replacement, least in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= least:
            word = word[: len(word) - len(ending)] + replacement
            break
    if len(word) > 4 and word[-1] == word[-2] and word[-1] not in "lsz":
        word = word[:-1]
    return word[:-1] if len(word) > 4 and word.endswith("e") else word


_ENDINGS: tuple[tuple[str, str, int], ...] = (
    ("ization", "iz", 3),
    ("isation", "iz", 3),
    ("ations", "at", 3),
    ("ation", "at", 3),
    ("ements", "", 4),
    ("ement", "", 4),
    ("ments", "", 4),
    ("ment", "", 4),
    ("ness", "", 4),
    ("ingly", "", 3),
    ("edly", "", 3),
    ("ings", "", 3),
    ("ing", "", 3),
    ("ied", "y", 2),
    ("ies", "y", 2),
    ("ions", "", 4),
    ("ion", "", 4),
    ("ers", "", 4),
    ("ors", "", 4),
    ("er", "", 4),
    ("or", "", 4),
    ("ed", "", 3),
    ("ly", "", 3),
    ("sses", "ss", 2),
    ("ss", "ss", 0),
    ("us", "us", 0),
    ("es", "e", 3),
    ("s", "", 3),
)


def inverse_frequencies(texts: Iterable[Iterable[str]]) -> dict[str, float]:
    """Word → how rare it is among `texts` (word lists), as ln(1 + (n - df + .5) / (df + .5))."""
    counts: dict[str, int] = {}
    total = 0
    for text in texts:
        total += 1
        for word in set(text):
            counts[word] = counts.get(word, 0) + 1
    return {word: log(1 + (total - n + 0.5) / (n + 0.5)) for word, n in counts.items()}


def coverage(wanted: Iterable[str], present: Iterable[str], weight: Mapping[str, float], default: float) -> float:
    """The share 0..1 of the wanted words' weight that is present; 0 when nothing is wanted."""
    have = set(present)
    total = found = 0.0
    for word in set(wanted):
        value = weight.get(word, default)
        total += value
        found += value if word in have else 0.0
    return found / total if total else 0.0
