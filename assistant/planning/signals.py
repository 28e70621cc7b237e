"""Whether a question needs more than one search, by cheap signs; what they miss the model asks for itself."""

from __future__ import annotations

import re
from collections.abc import Sequence

_COMPARED = re.compile(
    r"\b(?:compar(?:e[ds]?|ing|ison)|versus|vs\.?|differences?|in common|better than|"
    r"vergleich\w*|unterschied\w*|unterscheide\w*|gemeinsam\w*|compar(?:a|ar|en|ado|aci[oó]n)|diferencias?|"
    r"compar(?:ez|er|aison)|diff[eé]rences?)\b",
    re.IGNORECASE,
)
# Of many things of a kind those that something holds for: no one passage has them all.
_AMONG = re.compile(
    r"\b(?:which (?:of (?:our|the|these|those|all) )?(?!(?:is|was|does|has|this|business|process|address|access|status|"
    r"basis|days|hours|times|details|steps|terms|conditions|words)\b)\w{3,}(?<!s)s "
    r"(?!of\b|apply\b|(?:can|may|must|am|are|do|should|have)(?:n't| not)? (?:i|we|you|they|people)\b)|"
    r"what of (?:our|the) \w+s\b|"
    r"(?:list|name|show|find|tell me) (?:me )?(?:all|every|each)\b|"
    r"(?:across|among|over|for|of|in|do|does|are|have) (?:all|each|every) (?:of )?(?:our |the )?\w{3,}|how many of\b|"
    r"welche[rn]? (?:unserer |der )?(?:\w+en|\w+er|\w+e) (?:haben|sind|hatten|brauchen|nutzen|müssen|laufen|enden)|"
    r"(?:alle|jede[rns]?|sämtliche) \w+(?:, die|, bei denen|, deren)|(?:bei|über|für|von) allen \w+|"
    r"(?:qué|cuáles de) (?:nuestros |los |las )?\w+s (?:tienen|son|están|usan|necesitan)|tod[oa]s l[oa]s \w+ que|"
    r"quels? (?:de nos |des )?\w+s (?:ont|sont|utilisent)|tou(?:s|tes) les \w+ qui)",
    re.IGNORECASE,
)
# What one document says decides what is looked for in another: "the customer whose contract ends first".
_CHAINED = re.compile(
    r"\b(?:whose|the (?:\w+ ){0,2}(?:that|who|which|with the|where) (?:\w+ ){0,6}"
    r"(?:most|least|highest|lowest|first|last|latest|earliest|largest|smallest)|"
    r"dessen|deren|cuy[oa]s?|dont)\b",
    re.IGNORECASE,
)
_LONG_WORDS = 8


def wants_plan(question: str, parts: Sequence[str] = ()) -> bool:
    """Whether the question is to be planned before anything is written.

    Args:
        parts: The questions that it was taken apart into; of two, each has been searched for by itself.
    """
    if len(parts) > 2:
        return True
    if _COMPARED.search(question) or _AMONG.search(question):
        return True
    return bool(_CHAINED.search(question)) and len(question.split()) >= _LONG_WORDS
