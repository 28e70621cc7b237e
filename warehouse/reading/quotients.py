"""Ratios and shares: of what, to what, and which conditions hold for which side."""

from __future__ import annotations

import re
from dataclasses import replace

from warehouse.query.structured import Filter, Query
from warehouse.reading.cues import pattern
from warehouse.reading.measures import Words


def quotient(words: Words) -> Query | None:
    text = words.main
    percent = 100 if re.search(r"percent|prozent|porcentaje|pourcentage|%", text) else 1
    out_of = pattern(
        r"(?:{ratio}|{share})(?: the)? (?P<a>.+?) (?:out of|among|von allen|de entre|parmi)(?: all| the)* (?P<b>[^?]+)"
    ).search(text)
    to = pattern(r"{ratio}(?: the)? (?P<a>.+?) (?:to|and|zu|und|y|et|versus|vs) (?P<b>[^?]+)").search(text)
    share = pattern(r"{share}(?: the| all)* (?P<a>[^?]+)").search(text)
    per = pattern(r"{ratio}(?: the)? (?P<a>[EC]\d+) per (?P<b>[EC]\d+[^?]*)").search(text)
    m = out_of or per or to
    if m is not None:
        levels, below = words.group_levels(m["b"])
        more, above = words.group_levels(m["a"])
        one, other = words.side(above), words.side(below)
        if one is None or other is None:
            return None
        a, b = one, other
        shared = (
            tuple(
                f
                for f in b.where
                if (out_of or f.field not in {g.field for g in a.where}) and _last_value(words, below, f)
            )
            if a.where or out_of
            else ()
        )
        if shared and (out_of or a.where):
            b = replace(b, where=tuple(f for f in b.where if f not in shared))
        words.main = text[: m.start()] + " ∙ " + re.sub(r"[ECVMN]\d+", "", text[m.end() :])
        words.select = re.sub(r"", "", words.select)
        measure = replace(a, over=b, times=percent)
        return Query((measure,), (*levels, *more), shared)
    if share is not None:
        levels, inner = words.group_levels(share["a"])
        side = words.side(inner)
        if side is None:
            return None
        base = replace(side, where=())
        words.main = text[: share.start()] + " ∙ "
        return Query((replace(side, over=base, times=percent),), levels)
    return None


def _last_value(words: Words, text: str, f: Filter) -> bool:
    """Whether the condition stands behind an "in" at the end, and so is about both sides."""
    return bool(
        re.search(r"\b(?:in|at|for|during|im|en|dans)(?: the| all)? V\d+(?: [CE]\d+)?\W*(?:∙\W*)*$", text.strip())
    )
