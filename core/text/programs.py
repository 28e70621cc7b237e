"""Names of programs, which files carry in the place of a person's."""

from __future__ import annotations

import re

_PROGRAM = re.compile(
    r"(?:python-(?:docx|pptx)|openpyxl|xlsxwriter|docx4j|apache poi|poi|pandoc|libreoffice\b.*|openoffice\b.*|"
    r"microsoft\b.*|word|excel|powerpoint|google (?:docs|sheets|slides)|acrobat\b.*|adobe\b.*|reportlab|latex\b.*|"
    r"wkhtmltopdf\b.*|aspose\b.*|(?:windows[- ]?)?(?:user|benutzer|usuario|utilisateur)|admin(?:istrator)?|author|"
    r"unknown|anonymous|\(?anonymous\)?|\(?unspecified\)?|unbekannt|root)",
    re.IGNORECASE,
)


def is_program(name: str) -> bool:
    """Whether a file's author is a program, or a word for nobody in particular."""
    return _PROGRAM.fullmatch(name.strip()) is not None
