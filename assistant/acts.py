"""What kind of act a message is: small talk, or an order for work; by its form alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from rapidfuzz.distance import OSA

SmallTalk = Literal["greeting", "thanks", "help", "goodbye", "nothing_offered"]

_SMALL_TALK: Mapping[SmallTalk, str] = {
    "help": (
        "what (?:can|do) you (?:do|know|help (?:me )?with)(?: for (?:me|us))?|what (?:are|is) (?:you|"
        "this)(?: for| able to do)?|who are you|help(?: me)?|how can you help(?: me| us)?|what can i ask(?: you)?|"
        "how (?:do|can) (?:i|we) (?:use|work with) (?:you|this)|how does this work|was kannst du(?: alles)?|"
        "was können sie|was machst du|wer bist du|wer sind sie|hilfe|wie funktioniert das|"
        "(?:wobei|wie) (?:kannst du|können sie) (?:mir )?helfen|was kann ich (?:dich |sie )?fragen|"
        "qu[eé] (?:puedes|sabes) hacer|(?:en )?(?:qué|que|cómo) (?:me )?puedes ayudar(?:me)?|para qué sirves|qué eres|"
        "quién eres|ayuda|cómo funciona(?: esto)?|"
        "(?:que|qu'est-ce que) (?:peux-tu|pouvez-vous|sais-tu|tu (?:peux|sais)) faire|"
        "à quoi (?:tu sers|sers-tu|servez-vous|ça sert)|tu sers à quoi|comment (?:peux-tu|pouvez-vous) m'aider|"
        "qui es-tu|qui êtes-vous|aide|comment ça marche|"
        "cosa puoi fare|chi sei|aiuto|o que (?:você )?(?:pode|sabe) fazer|wat kun je"
    ),
    "greeting": (
        "hi+|hey+|hello+|hiya|yo|good (?:morning|afternoon|evening|day)|morning|hallo|servus|moin|"
        "guten (?:morgen|tag|abend)|grüezi|hola|buen[oa]s(?: (?:días|tardes|noches))?|bonjour|bonsoir|salut|ciao|"
        "buongiorno|buonasera|olá|oi|bom dia|boa tarde|hoi|goedemorgen|test(?:ing)?|are you there|"
        "how are you(?: doing)?(?: today)?|wie geht(?:'?s| es (?:dir|ihnen))|qué tal|cómo estás|ça va|comment ça va"
    ),
    "thanks": (
        "(?:many )?thanks?(?: (?:a lot|you|so much|very much))*|thank you|thx|ty|cheers|great|perfect|super|nice|"
        "awesome|cool|ok(?:ay)?|got it|well done|much appreciated|danke ?(?:schön|sehr|dir|ihnen)?|"
        "(?:vielen|besten) dank|prima|"
        "perfekt|top|(?:muchas |mil )?gracias|vale|genial|perfecto|merci(?: (?:beaucoup|bien))?|parfait|"
        "grazie(?: mille)?|obrigad[oa]|dank je(?: wel)?|bedankt"
    ),
    "goodbye": (
        "bye(?: bye)?|goodbye|see you(?: later)?|good night|tschüss|auf wiedersehen|bis bald|gute nacht|adiós|"
        "hasta luego|au revoir|à bientôt|arrivederci|tchau|tot ziens"
    ),
    # Accepting or declining what nobody offered, laughing, and keys struck at random.
    "nothing_offered": (
        "yes|yeah|yep|no|nope|no thanks?|ja|nein|sí|si|oui|non|lol|haha+|hehe+|wow|hmm+|(?:asdf|qwer|yxcv|zxcv|jkl)\\w*"
    ),
}
# What may stand around it: "hi there!", "thanks, that helped".
_AROUND = (
    "(?:,? (?:there|all|everyone|team|debrief|again|for (?:that|this|your help|the help)|"
    "(?:(?:that|this|it) )?(?:helps|helped|was helpful)(?: a lot| me)?|please|so much|zusammen|"
    "todos|a todos|tout le monde|eigentlich|denn|alles|so))*"
)
_TALK = {
    kind: re.compile(rf"^\W*(?:(?:{pattern}){_AROUND}[\s,.!?…¿¡]*)+$", re.IGNORECASE)
    for kind, pattern in _SMALL_TALK.items()
}
# Work is ordered by a verb that comes first, behind a "please" or a "can you" at most.
_VERBS = (
    "write draft compose prepare create make build generate produce summari[sz]e sum translate compare analy[sz]e "
    "send reply respond turn convert rewrite polish capture document justify give schreib\\w* erstell\\w* "
    "mach(?:e|en|t|st)? verfass\\w* fass\\w* übersetz\\w* vergleich\\w* bereite formulier\\w* antworte entwirf "
    "analysier\\w* escrib\\w* escríb\\w* redact\\w* prepar\\w* prepár\\w* haz(?:me|nos|lo|la)? crea(?:r|me|nos)? "
    "resum\\w* resúm\\w* traduc\\w* tradúc\\w* compar\\w* compár\\w* responde écri\\w* rédig\\w* prépar\\w* "
    "fai(?:s|t|tes)(?:-\\w+)? crée\\w* résum\\w* tradui\\w* répond\\w* scriv\\w* riassum\\w* confront\\w* "
    "escrev\\w* cri[ae]\\w* traduz\\w* schrijf maak vat vertaal vergelijk"
).split()
_LEAD = (
    r"(?:please|pls|bitte|por favor|s'il (?:te|vous) plaît|per favore|now|and|then|also|ok(?:ay)?|hi|hello|hey|"
    r"(?:can|could|would|will) you|i need you to|i want you to|help me(?: to)?|let's|kannst du|können sie|könnten sie|"
    r"würdest du|puedes|podrías|peux-tu|pouvez-vous|pourriez-vous|puoi|pode|kun je)"
)
_ORDER = re.compile(rf"^\W*(?:{_LEAD}[\s,]+)*(?:{'|'.join(_VERBS)})\b", re.IGNORECASE)
# These are as often nouns: what is planned or run has an article.
_WITH_ARTICLE = re.compile(
    rf"^\W*(?:{_LEAD}[\s,]+)*(?:plan|run|organi[sz]e|calculate|set up|plane|organisiere|planifica|planifie)\s+"
    r"(?:the|an?|my|our|this|next|de[nmr]|die|das|eine?n?|el|la|un[ae]?|le)\b",
    re.IGNORECASE,
)
_NEEDS = re.compile(
    r"\b(?:i need|i want|i'd like|we need|ich brauche|wir brauchen|necesito|j'ai besoin d|il me faut|"
    r"mi serve|preciso d)\w*\s+"
    r"(?:an?|the|eine?n?|un[ae]?|um|uma|den|die|das|el|la|le)\b",
    re.IGNORECASE,
)


# "Kannst du eine Mail schreiben?": German, French and Spanish may put the verb last; telling and explaining is asking.
_POLITE = re.compile(
    r"^\W*(?:(?:can|could|would|will) you|kannst du|können sie|könnten sie|würdest du|puedes|podrías|"
    r"peux-tu|pouvez-vous|"
    r"pourriez-vous)\b(?!.*\b(?:tell|explain|say|answer|remind|sagen|erklären|decir(?:me)?|"
    r"explicar(?:me)?|dire|expliquer)\b)",
    re.IGNORECASE | re.DOTALL,
)


_PLEASED = frozenset("👍👌🙏🎉👏😀😃😄😁😊🙂💪✅")
_SLOPPY = {"wat": "what", "u": "you", "r": "are", "ur": "your", "bcp": "beaucoup", "thnx": "thanks", "tnx": "thanks"}
_WORD = re.compile(r"[^\W\d_]+")
# Said so often that people don't look at how they write it.
_OFTEN = (
    "hello thanks thank please morning hallo danke vielen dank guten morgen hilfe gracias buenos buenas ayuda bonjour "
    "bonsoir merci beaucoup goodbye"
).split()


def small_talk(message: str) -> SmallTalk | None:
    """Which kind of small talk the whole message is; None when it wants something."""
    if len(message) > 80 or not message.strip():
        return None
    if not any(c.isalnum() for c in message):
        return "thanks" if _PLEASED & set(message) else "help"
    readings = (message, _WORD.sub(_tidied, message))
    return next((kind for reading in readings for kind, pattern in _TALK.items() if pattern.match(reading)), None)


def _tidied(match: re.Match[str]) -> str:
    """The word as it is meant: "wat" is "what", "thankss" is "thanks"."""
    word = match.group().casefold()
    near = (often for often in _OFTEN if len(word) > 3 and OSA.distance(word, often, score_cutoff=1) <= 1)
    return _SLOPPY.get(word) or next(near, word)


def is_order(message: str) -> bool:
    """Whether the message orders a piece of work rather than ask something: "write …", "can you compare …"."""
    return any(pattern.search(message) for pattern in (_ORDER, _POLITE, _WITH_ARTICLE, _NEEDS))


def only_needs(message: str) -> bool:
    """Whether the order is no more than "I need a …", which may as well ask where to get one."""
    return _NEEDS.search(message) is not None and not any(
        pattern.search(message) for pattern in (_ORDER, _POLITE, _WITH_ARTICLE)
    )
