"""Headings and connecting phrases of drafts in other languages: `say('Risks')` gives "Risiken" in a German draft.

A phrase is its own key, in English. Those of the library stand in apps/library/phrases/<language>.yaml; an app adds its
own under `phrases:`. `{name}` within a phrase stands for a value: `say('{n} figures', n=3)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import yaml

from core.nearest import nearest

FOLDER = Path(__file__).parents[1] / "library" / "phrases"

# Language → English phrase → the phrase in that language.
Phrases = Mapping[str, Mapping[str, str]]


@lru_cache(maxsize=1)
def library_phrases() -> Phrases:
    """The phrases that come with Debrief."""
    return {f.stem: yaml.safe_load(f.read_text(encoding="utf-8")) for f in sorted(FOLDER.glob("*.yaml"))}


def translated(phrase: str, language: str, own: Phrases, values: Mapping[str, object]) -> str:
    """The phrase in the language with its values put in; in English where the language has none."""
    text = own.get(language, {}).get(phrase) or library_phrases().get(language, {}).get(phrase) or phrase
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text


def unknown_phrase(phrase: str, languages: tuple[str, ...], own: Phrases) -> str | None:
    """What is wrong with a phrase: the languages of the app that lack it, and the nearest that there is; else None."""
    lacking = [
        code
        for code in languages
        if code != "en" and phrase not in own.get(code, {}) and phrase not in library_phrases().get(code, {})
    ]
    if not lacking:
        return None
    known = {p for code in lacking for p in (*own.get(code, {}), *library_phrases().get(code, {}))}
    remedy = nearest(phrase, sorted(known), "phrases", otherwise="add it under `phrases`.")
    return f"the phrase '{phrase}' is unknown in {', '.join(lacking)}; {remedy}"
