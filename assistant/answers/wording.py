"""What an answer says in words of its own, in the language that was asked in. Quotes stay as their documents are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Phrase = Literal[
    "partly",
    "unsaid",
    "none",
    "closest",
    "know",
    "also_asked",
    "greeting",
    "thanks",
    "help",
    "goodbye",
    "examples",
    "about",
]

_WORDS: Mapping[str, Mapping[Phrase, str]] = {
    "en": {
        "partly": "What the documents say about this:",
        "unsaid": "They don't say anything about: {words}.",
        "none": "The documents that you may read don't answer this.",
        "closest": "The closest are {titles}.",
        "know": "Who could know: {people}.",
        "also_asked": "The documents that you may read don't answer: {question}",
        "greeting": "Hello{name}! Ask me anything that your documents could know.",
        "thanks": "You're welcome. What else do you need?",
        "help": "I answer questions from the documents that you may read, with the passage behind each statement, and "
        "run the apps that your colleagues made.",
        "goodbye": "Goodbye!",
        "examples": "For example:",
        "about": "What does “{title}” say about {topic}?",
    },
    "de": {
        "partly": "Was die Dokumente dazu sagen:",
        "unsaid": "Nichts sagen sie zu: {words}.",
        "none": "Die Dokumente, die Sie lesen dürfen, beantworten das nicht.",
        "closest": "Am nächsten kommen {titles}.",
        "know": "Wer es wissen könnte: {people}.",
        "also_asked": "Die Dokumente, die Sie lesen dürfen, beantworten nicht: {question}",
        "greeting": "Hallo{name}! Fragen Sie, was Ihre Dokumente wissen könnten.",
        "thanks": "Gern geschehen. Was brauchen Sie noch?",
        "help": "Ich beantworte Fragen aus den Dokumenten, die Sie lesen dürfen, mit der Stelle hinter jeder Aussage, "
        "und führe die Apps aus, die Ihre Kollegen gemacht haben.",
        "goodbye": "Auf Wiedersehen!",
        "examples": "Zum Beispiel:",
        "about": "Was steht in „{title}“ zu {topic}?",
    },
    "es": {
        "partly": "Lo que dicen los documentos sobre esto:",
        "unsaid": "No dicen nada sobre: {words}.",
        "none": "Los documentos que puede leer no responden a esto.",
        "closest": "Los más cercanos son {titles}.",
        "know": "Quién podría saberlo: {people}.",
        "also_asked": "Los documentos que puede leer no responden a: {question}",
        "greeting": "¡Hola{name}! Pregunte lo que sus documentos puedan saber.",
        "thanks": "De nada. ¿Qué más necesita?",
        "help": "Respondo preguntas con los documentos que puede leer, con el pasaje de cada afirmación, y ejecuto las "
        "aplicaciones que hicieron sus colegas.",
        "goodbye": "¡Hasta luego!",
        "examples": "Por ejemplo:",
        "about": "¿Qué dice «{title}» sobre {topic}?",
    },
    "fr": {
        "partly": "Ce que les documents en disent :",
        "unsaid": "Ils ne disent rien sur : {words}.",
        "none": "Les documents que vous pouvez lire n'y répondent pas.",
        "closest": "Les plus proches sont {titles}.",
        "know": "Qui pourrait savoir : {people}.",
        "also_asked": "Les documents que vous pouvez lire ne répondent pas à : {question}",
        "greeting": "Bonjour{name} ! Demandez ce que vos documents pourraient savoir.",
        "thanks": "Je vous en prie. De quoi d'autre avez-vous besoin ?",
        "help": "Je réponds aux questions à partir des documents que vous pouvez lire, avec le passage derrière chaque "
        "affirmation, et je lance les applications que vos collègues ont faites.",
        "goodbye": "Au revoir !",
        "examples": "Par exemple :",
        "about": "Que dit « {title} » sur {topic} ?",
    },
}


def say(phrase: Phrase, language: str, **values: str) -> str:
    """The phrase in the language, or in English where we don't speak it."""
    return _WORDS.get(language, _WORDS["en"])[phrase].format(**values)
