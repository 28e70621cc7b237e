"""Office equations (OMML) on one line: fractions as a/b, powers as x^2, roots as √(x)."""

from __future__ import annotations

from ingestion.parse.office.package import Element, attribute, child, local

_PROPERTIES = frozenset(("rPr", "ctrlPr", "fPr", "sSupPr", "sSubPr", "sSubSupPr", "radPr", "naryPr", "dPr", "mPr"))


def linear(element: Element | None) -> str:
    """The equation's text; anything unknown is read from left to right."""
    if element is None:
        return ""
    name = local(element)
    if name == "t":
        return element.text or ""
    if name == "f":
        return f"{_group(child(element, 'num'))}/{_group(child(element, 'den'))}"
    if name == "sSup":
        return f"{linear(child(element, 'e'))}^{_group(child(element, 'sup'))}"
    if name == "sSub":
        return f"{linear(child(element, 'e'))}_{_group(child(element, 'sub'))}"
    if name == "sSubSup":
        return f"{linear(child(element, 'e'))}_{_group(child(element, 'sub'))}^{_group(child(element, 'sup'))}"
    if name == "rad":
        degree = linear(child(element, "deg"))
        return f"{degree}√({linear(child(element, 'e'))})"
    if name == "nary":
        sign = child(element, "naryPr", "chr")
        symbol = (attribute(sign, "val") if sign is not None else None) or "∫"
        below, above = _group(child(element, "sub")), _group(child(element, "sup"))
        return f"{symbol}{'_' + below if below else ''}{'^' + above if above else ''} {linear(child(element, 'e'))}"
    if name == "d":
        begin, end = child(element, "dPr", "begChr"), child(element, "dPr", "endChr")
        inner = ", ".join(linear(item) for item in element if local(item) == "e")
        opening = attribute(begin, "val") if begin is not None else "("
        closing = attribute(end, "val") if end is not None else ")"
        return f"{opening or ''}{inner}{closing or ''}"
    if name == "mr":
        return ", ".join(linear(item) for item in element) + "; "
    if name == "oMathPara":
        return "\n".join(linear(item) for item in element if local(item) == "oMath")
    return "".join(linear(item) for item in element if local(item) not in _PROPERTIES)


def _group(element: Element | None) -> str:
    text = linear(element).strip()
    return text if len(text) <= 1 or text.isalnum() else f"({text})"
