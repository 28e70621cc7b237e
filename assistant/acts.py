"""What kind of act a message is: small talk, a question, or an order for work; by its form alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

SmallTalk = Literal["greeting", "thanks", "help", "goodbye"]

_SMALL_TALK: Mapping[SmallTalk, str] = {
    "help": (
        "what (?:can|do) you (?:do|help (?:me )?with)|what (?:are|is) (?:you|this)(?: for)?|who are you|help(?: me)?|"
        "how (?:do|can) (?:i|we) (?:use|work with) (?:you|this)|how does this work|was kannst du(?: alles)?|"
        "was können sie|wer bist du|hilfe|wie funktioniert das|qu[eé] puedes hacer|quién eres|ayuda|"
        "cómo funciona(?: esto)?|que (?:peux-tu|pouvez-vous|sais-tu) faire|qui es-tu|aide|comment ça marche|"
        "cosa puoi fare|chi sei|aiuto|o que (?:você )?(?:pode|sabe) fazer|wat kun je"
    ),
    "greeting": (
        "hi+|hey+|hello+|hiya|yo|good (?:morning|afternoon|evening|day)|morning|hallo|servus|moin|"
        "guten (?:morgen|tag|abend)|grüezi|hola|buen[oa]s(?: (?:días|tardes|noches))?|bonjour|bonsoir|salut|ciao|"
        "buongiorno|buonasera|olá|oi|bom dia|boa tarde|hoi|goedemorgen|test(?:ing)?|are you there|"
        "how are you(?: doing)?(?: today)?|wie geht(?:'?s| es dir)|qué tal|cómo estás|ça va|comment ça va"
    ),
    "thanks": (
        "(?:many )?thanks?(?: (?:a lot|you|so much|very much))*|thank you|thx|ty|cheers|great|perfect|super|nice|"
        "awesome|cool|ok(?:ay)?|got it|well done|danke(?: (?:schön|sehr|dir))?|vielen dank|prima|(?:muchas )?gracias|"
        "genial|perfecto|merci(?: beaucoup)?|parfait|grazie(?: mille)?|obrigad[oa]|dank je(?: wel)?|bedankt"
    ),
    "goodbye": (
        "bye(?: bye)?|goodbye|see you(?: later)?|good night|tschüss|auf wiedersehen|bis bald|gute nacht|adiós|"
        "hasta luego|au revoir|à bientôt|arrivederci|tchau|tot ziens"
    ),
}
# What may stand around it: "hi there!", "thanks, that helped".
_AROUND = (
    "(?:,? (?:there|all|everyone|team|debrief|again|for (?:that|this|your help|the help)|"
    "(?:that )?(?:helps|helped|was helpful)|please|so much|zusammen|todos|a todos|tout le monde))*"
)
_TALK = {
    kind: re.compile(rf"^\W*(?:(?:{pattern}){_AROUND}[\s,.!?…¿¡]*)+$", re.IGNORECASE)
    for kind, pattern in _SMALL_TALK.items()
}
# "Can you write …?" orders something; "can I …?" asks.
_POLITE_ORDER = re.compile(
    r"^\W*(?:can|could|would|will) you\b(?! tell| explain| say| answer)"
    r"|^\W*(?:kannst du|könnten sie|können sie|würdest du)\b"
    r"|^\W*(?:puedes|podrías|podría usted|peux-tu|pouvez-vous|pourriez-vous|pourrais-tu)\b"
    r"|\bplease\b.{0,30}\b(?:write|draft|make|create|prepare|compare|summari[sz]e|translate)\b",
    re.IGNORECASE,
)
_ASKING_WORDS = (
    "what whats what's who whos whom whose when where why which how hows is are was were does do did can could may "
    "must should will has have am wer wem wen wann wo warum wieso welche welcher welches welchen welchem wie "
    "wieviel darf dürfen muss müssen gibt hat haben ist sind kann können quién quiénes quien qué que cuándo cuando "
    "dónde donde cuál cuáles cual cómo como cuánto cuánta cuántos cuántas cuanto cuantos hay puedo qui quoi quand "
    "où pourquoi quel quelle quels quelles comment combien est-ce puis-je chi cosa dove perché quale quanto quanti"
).split()
_ASKING = re.compile(
    rf"^\W*(?:(?:and|but|so|also|ok|okay|und|y|et) )*(?:tell me|por qu[eé]|y a-t-il|{'|'.join(_ASKING_WORDS)})\b",
    re.IGNORECASE,
)


def small_talk(message: str) -> SmallTalk | None:
    """Which kind of small talk the whole message is; None when it wants something."""
    if len(message) > 80:
        return None
    return next((kind for kind, pattern in _TALK.items() if pattern.match(message)), None)


def is_question(message: str) -> bool:
    """Whether the message asks something, rather than order a piece of work."""
    if _POLITE_ORDER.search(message):
        return False
    return _ASKING.match(message) is not None or message.rstrip(" \"'”’)").endswith(("?", "？"))
