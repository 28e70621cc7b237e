"""Bytes → `Parsed`: the one place that knows every format, and where a library's errors become ours.

`parse` runs in the calling process. Code that reads foreign files goes through `sandbox.ParserPool`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable

from core.errors import Encrypted, ParseError, TooLarge, Unsupported
from core.types import Parsed
from ingestion.parse.detect import detect
from ingestion.parse.draft import Budget, File, ParseLimits

# Kind of file (from `detect`) → module and function. Modules are imported on first use, so that a worker starts light.
PARSERS = {
    "pdf": "pdf.pages.parse_pdf",
    "word": "office.word.parse_word",
    "slides": "office.slides.parse_slides",
    "sheets": "office.sheets.parse_sheets",
    "web": "text.web.parse_web",
    "markdown": "text.markup.parse_markdown",
    "text": "text.plain.parse_text",
    "csv": "text.plain.parse_csv",
    "json": "text.plain.parse_json",
    "xml": "text.plain.parse_xml",
    "eml": "mail.eml.parse_eml",
    "mbox": "mail.eml.parse_mbox",
    "transcript": "text.transcript.parse_transcript",
    "msg": "mail.msg.parse_msg",
    "rtf": "legacy.rich_text.parse_rtf",
    "odt": "office.opendocument.parse_opendocument",
    "ods": "office.opendocument.parse_opendocument",
    "odp": "office.opendocument.parse_opendocument",
    "flat": "office.opendocument.parse_flat",
    "xls": "legacy.workbook97.parse_xls",
    "xlsb": "office.sheets_binary.parse_xlsb",
    "doc": "legacy.word97.parse_doc",
    "ppt": "legacy.slides97.parse_ppt",
    "epub": "text.archive.parse_epub",
    "zip": "text.archive.parse_zip",
}

FORMATS = (
    "pdf, docx, pptx, xlsx, xls, ods, csv, html, md, txt, eml, msg, mbox, vtt, srt, json, xml, rtf, odt, odp, "
    "doc, ppt, epub, zip, and recordings (mp3, m4a, wav, ogg, mp4, mkv, webm, mov)"
)


def parse(body: bytes, name: str, media_type: str = "", limits: ParseLimits | None = None) -> Parsed:
    """The sections of one file.

    Raises:
        Encrypted: it needs a password.
        TooLarge: it, or what it unpacks to, is over a limit.
        Unsupported: there is no parser for this kind of file.
        ParseError: it is empty, damaged, or has no text.
    """
    shown = name or "The file"
    try:
        parsed = parse_file(File(body, name, media_type, Budget(limits or ParseLimits())))
    except ParseError as error:
        text = str(error)
        raise type(error)(f"{shown}: {text}" + ("" if text.endswith(".") else ".")) from error
    return parsed


def parse_file(file: File) -> Parsed:
    """`parse` for a file that may be nested in another; messages without the file's name in front."""
    size, limit = len(file.body), file.budget.limits.max_bytes
    if size > limit:
        raise TooLarge(f"it has {size:,} bytes, over the limit of {limit:,}; split it or raise parsing.max_bytes")
    if not file.body.strip(b"\0\r\n\t "):
        raise ParseError(f"it is empty ({size:,} bytes without content); upload the finished file")
    kind = detect(file.body, file.name, file.media_type)
    if kind == "encrypted":
        raise Encrypted("it is encrypted with a password; remove the password and upload it again")
    if kind == "recording":
        raise Unsupported("it is a recording inside another file; upload it by itself to have it heard")
    if kind.startswith("binary:"):
        raise Unsupported(f"it is {kind[8:]}, not a document; supported are {FORMATS}")
    parsed = _parser(kind)(file)
    if not parsed.sections and file.depth:
        raise ParseError("no text was found in it")
    if not parsed.sections:
        reason = parsed.warnings[0] if parsed.warnings else ""
        reasons = f" ({reason if len(reason) < 200 else '…' + reason[-180:]})" if reason else ""
        raise ParseError(f"it is empty: no text was found in it{reasons}; upload the finished file")
    return parsed


def _parser(kind: str) -> Callable[[File], Parsed]:
    """The parser of `kind`, wrapped so that whatever a library raises becomes a `ParseError`."""
    if kind not in PARSERS:
        raise Unsupported(f"there is no parser for this kind of file ({kind}); supported are {FORMATS}")
    module, function = PARSERS[kind].rsplit(".", 1)
    read: Callable[[File], Parsed] = getattr(importlib.import_module(f"ingestion.parse.{module}"), function)

    def guarded(file: File) -> Parsed:
        try:
            return read(file)
        except (ParseError, MemoryError):
            raise
        except RecursionError as error:
            raise ParseError("it is nested too deeply to be a document; flatten it") from error
        except Exception as error:  # the one edge where anything that a library raises becomes ours
            detail = " ".join(f"{type(error).__name__}: {error}".split())[:200]
            raise ParseError(f"it is damaged and can't be read as {kind} ({detail}); get a fresh copy") from error

    return guarded
