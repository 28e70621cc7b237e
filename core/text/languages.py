"""Names of languages, in whichever language they are written."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from babel import Locale, UnknownLocaleError

# The languages that apps write in.
_WRITTEN = ("en", "de", "es", "fr", "it", "nl", "pt")


def language_name(code: str, written_in: str = "en") -> str:
    """The name of the language with this ISO 639-1 code; the code itself if it isn't known."""
    try:
        return str(Locale(written_in).languages.get(code, code))
    except UnknownLocaleError:
        return code


LANGUAGES: Mapping[str, str] = {code: language_name(code) for code in _WRITTEN}


@cache
def language_codes() -> Mapping[str, str]:
    """Each of `LANGUAGES` by its names in all of them, in lower case: "german", "deutsch", "alemán" → "de"."""
    return {language_name(code, other).lower(): code for other in LANGUAGES for code in LANGUAGES}
