"""Greetings, thanks and "what can you do?": one friendly sentence, real examples, and nothing counted as unanswered."""

from __future__ import annotations

import re

from assistant.acts import SmallTalk
from assistant.answers.form.wording import say
from core.types import Answer, User
from retrieval.query.search import Search, Searcher

ROUTE = "talk"
_EXAMPLES = 4
# What most companies' documents have; whatever it finds for this person becomes the examples.
_COMMON = "policy guide rules process how to contact deadline price"
_NUMBERING = re.compile(r"^[\d.)\s§–-]+")
_LANGUAGES = (
    (
        "de",
        r"hallo|servus|moin|guten?|grüezi|danke\w*|vielen|besten|prima|hilfe|wer|was|wie|wobei|tschüss|auf|bis|ja|nein",
    ),
    (
        "es",
        r"hola|buen[oa]s|gracias|muchas|mil|genial|perfecto|ayuda|quién|qué|que puedes|en qu[ée]|para qué|cómo|adiós|"
        r"hasta|vale|sí",
    ),
    ("fr", r"bonjour|bonsoir|salut|merci|parfait|aide|qui|que|qu'est-ce|ça|comment|au|à|tu sers|oui|non|ok merci"),
)


def small_talk_answer(kind: SmallTalk, message: str, user: User, searcher: Searcher) -> Answer:
    """What is said back; greetings and "what can you do?" come with questions that this person's documents answer."""
    language = talk_language(message)
    name = f", {user.name.split()[0]}" if user.name and kind == "greeting" else ""
    text = say(kind, language, name=name)
    examples = _examples(user, searcher, language) if kind in ("greeting", "help") else []
    if examples:
        text = "\n".join([f"{text} {say('examples', language)}", "", *(f"- {example}" for example in examples)])
    return Answer(text, route=ROUTE, confidence=1.0, choices=tuple(examples))


def talk_language(message: str) -> str:
    """The language of a few words of small talk; English where they could be anybody's."""
    first = message.strip(" ¡¿!?.,").casefold()
    return next((code for code, words in _LANGUAGES if re.match(rf"(?:{words})\b", first)), "en")


def _examples(user: User, searcher: Searcher, language: str) -> list[str]:
    found: dict[str, str] = {}
    for passage in searcher.search(Search(_COMMON, user, 5 * _EXAMPLES)):
        chunk = passage.chunk
        topic = _NUMBERING.sub("", chunk.heading_path[-1]).strip() if chunk.heading_path else ""
        if topic.endswith("?"):
            found.setdefault(chunk.title, topic)
        elif topic and topic.casefold() != chunk.title.casefold():
            found.setdefault(chunk.title, say("about", language, title=chunk.title, topic=topic))
    return list(found.values())[:_EXAMPLES]
