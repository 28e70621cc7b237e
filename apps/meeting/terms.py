"""Content words: what a sentence is about, in the languages that meetings are held in."""

from __future__ import annotations

import re
import unicodedata

_TOKEN = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_STOP = frozenset(
    """
    a about above after again all also am an and any are aren't as at be because been before being below between both
    but by can cannot can't could couldn't did didn't do does doesn't doing don't done down during each even every few
    for from further get gets getting give go goes going gonna good got great had has hasn't have haven't having he her
    here hers him his how however i i'd i'll i'm i've if in into is isn't it it'd it'll it's its itself just know let
    let's like little lot make makes many may maybe me mean might more most much must my myself need no nor not now of
    off oh ok okay on once one only or other our ours out over own perhaps please put quite rather really right said
    same say see shall she should so some something still stuff such sure take than thank thanks that that's the their
    theirs them then there there's these they they'd they'll they're they've thing things think this those though
    through to too two three under until up us use very want wants was wasn't way we we'd we'll we're we've well were
    weren't what what's when where which while who whom why will with won't would wouldn't yeah yep yes yet you you'd
    you'll you're you've your yours actually basically probably anyway alright guess kind sort bit gonna um uh mm hmm
    und oder aber der die das den dem des ein eine einen einem einer ist sind war waren wird werden wurde hat haben
    habe hatte ich du er sie es wir ihr mich mir uns ihnen sich mein unser mit von vom zu zum zur bei aus nach über
    unter für auf an in im am um als auch wie was wer wann wo warum nicht noch nur schon so dann da dass wenn weil
    doch ja nein gut bitte danke sehr mehr kann können muss müssen soll will wollen bis ab heute also hier dort
    el la los las un una unos unas y o de del al en por para con sin sobre que qué se su sus lo le les me te nos os
    es son fue era ser ha han he hay no sí como más muy pero si ya está están este esta esto ese esa eso yo tú él ella
    también cuando donde quien entre todo todos tiene tienen puede pueden bien gracias
    le la les un une des du et ou est sont était dans pour par avec sans sur ce cette ces cet il elle ils elles nous
    vous je tu on qui que quoi ne pas plus au aux se sa son ses mon ma mes leur leurs y a ont avons avez ai être avoir
    fait comme mais si oui non très bien merci c'est d'accord donc aussi tout tous
    """.split()
)


def terms(text: str) -> list[str]:
    """The content words of `text` in order, folded, with plural and verb endings of English taken off."""
    found = []
    for token in _TOKEN.findall(unicodedata.normalize("NFC", text).lower().replace("’", "'")):
        if token in _STOP or (len(token) < 3 and not token.isdigit()):
            continue
        found.append(stem(token))
    return found


def stem(token: str) -> str:
    """A rough stem: enough that "sensors" meets "sensor"."""
    token = token.removesuffix("'s")
    if token.isdigit() or len(token) < 5:
        return token
    for ending, left in (("ies", "y"), ("sses", "ss"), ("ing", ""), ("ed", ""), ("es", "e"), ("s", "")):
        if token.endswith(ending) and not token.endswith("ss") and len(token) - len(ending) >= 3:
            return token[: len(token) - len(ending)] + left
    return token


def overlap(one: str, other: str) -> float:
    """The share of the shorter text's content words that the other has too, 0..1."""
    a, b = set(terms(one)), set(terms(other))
    return len(a & b) / min(len(a), len(b)) if a and b else 0.0
