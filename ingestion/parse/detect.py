"""What kind of file it is: by its first bytes, then by what a package holds, then by its name and media type."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import PurePosixPath

import olefile

from ingestion.parse.media import is_recording

_BY_NAME = {
    "pdf": "pdf", "docx": "word", "docm": "word", "dotx": "word", "dotm": "word", "pptx": "slides", "pptm": "slides",
    "ppsx": "slides", "potx": "slides", "ppsm": "slides", "xlsx": "sheets", "xlsm": "sheets", "xltx": "sheets",
    "xltm": "sheets", "xlsb": "xlsb", "xls": "xls", "xlt": "xls", "ods": "ods", "odt": "odt", "ott": "odt",
    "odp": "odp",
    "otp": "odp", "fodt": "flat", "fods": "flat", "fodp": "flat", "csv": "csv", "tsv": "csv", "tab": "csv",
    "html": "web", "htm": "web", "xhtml": "web", "mht": "eml", "mhtml": "eml", "md": "markdown", "markdown": "markdown",
    "mdx": "markdown", "txt": "text", "text": "text", "log": "text", "rst": "text", "adoc": "text", "ics": "text",
    "yaml": "text", "yml": "text", "ini": "text", "toml": "text", "sql": "text", "py": "text", "eml": "eml",
    "msg": "msg", "mbox": "mbox", "vtt": "transcript", "srt": "transcript", "json": "json", "jsonl": "json",
    "ndjson": "json", "xml": "xml", "rtf": "rtf", "doc": "doc", "dot": "doc", "ppt": "ppt", "pps": "ppt", "pot": "ppt",
    "epub": "epub", "zip": "zip",
}  # fmt: skip

_BY_MEDIA_TYPE = {
    "application/pdf": "pdf", "text/html": "web", "application/xhtml+xml": "web", "text/markdown": "markdown",
    "text/x-markdown": "markdown", "text/csv": "csv", "text/tab-separated-values": "csv", "text/vtt": "transcript",
    "application/x-subrip": "transcript", "message/rfc822": "eml", "application/mbox": "mbox",
    "application/vnd.ms-outlook": "msg", "application/json": "json", "application/xml": "xml", "text/xml": "xml",
    "application/rtf": "rtf", "text/rtf": "rtf", "application/msword": "doc", "application/vnd.ms-powerpoint": "ppt",
    "application/vnd.ms-excel": "xls", "application/epub+zip": "epub", "application/zip": "zip", "text/plain": "text",
}  # fmt: skip

_MAGIC = (
    (b"\x7fELF", "a program"), (b"MZ", "a program"), (b"\x89PNG", "a picture"), (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"), (b"BM", "a picture"), (b"II*\0", "a picture"), (b"MM\0*", "a picture"),
    (b"Rar!", "a RAR archive"), (b"7z\xbc\xaf'\x1c", "a 7-Zip archive"), (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"), (b"\xfd7zXZ\0", "an xz archive"), (b"SQLite format 3", "a database"),
    (b"\xca\xfe\xba\xbe", "a program"),
)  # fmt: skip

_TEXT_KINDS = frozenset("csv web markdown text eml mbox transcript json xml flat".split())


def detect(body: bytes, name: str = "", media_type: str = "") -> str:
    """The kind of `body`, a key of `formats.PARSERS`; "binary: …" with what it is if there is no parser."""
    suffix = PurePosixPath(name.lower().replace("\\", "/")).suffix.lstrip(".")
    media = media_type.split(";", maxsplit=1)[0].strip().lower()
    claimed = _BY_NAME.get(suffix) or _BY_MEDIA_TYPE.get(media, "")
    head = body[:2_048]
    start = head.lstrip(b"\xef\xbb\xbf\r\n\t ")
    if b"%PDF-" in head[:1_024]:
        return "pdf"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")) or (head[:2] == b"PK" and claimed):
        return _zip_kind(body, claimed)
    if head.startswith(olefile.MAGIC):
        return _ole_kind(body, claimed)
    if start.startswith(b"{\\rtf"):
        return "rtf"
    if is_recording(head, name, media):
        return "recording"
    for magic, what in _MAGIC:
        if head.startswith(magic) and (len(magic) > 2 or claimed not in _TEXT_KINDS):
            return f"binary: {what}"
    if claimed in ("doc", "word", "xls", "ppt", "msg", "pdf", "sheets", "slides", "odt", "ods", "odp", "epub", "zip"):
        return _disguised(start, claimed)
    if _binary(body):
        return "binary: data"
    if claimed in _TEXT_KINDS:
        return claimed
    return _sniff_text(start, claimed)


def _zip_kind(body: bytes, claimed: str) -> str:
    """Which package it is, by the parts it holds."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            names = [name.replace("\\", "/").lstrip("/") for name in archive.namelist()[:20_000]]
            mimetype = archive.open("mimetype").read(200).decode("ascii", "ignore") if "mimetype" in names else ""
    except Exception:  # a damaged directory: the parser that the name asks for will say so
        return claimed if claimed in ("word", "slides", "sheets", "odt", "ods", "odp", "epub") else "zip"
    for word, kind in (("epub", "epub"), ("opendocument.text", "odt"), ("opendocument.spreadsheet", "ods"),
                       ("opendocument.presentation", "odp"), ("opendocument.graphics", "odp")):  # fmt: skip
        if word in mimetype:
            return kind
    lower = [name.lower() for name in names]
    if "[content_types].xml" in lower or any(name.startswith("_rels/") for name in lower):
        for folder, kind in (("word/", "word"), ("ppt/", "slides"), ("xl/", "sheets")):
            if any(name.startswith(folder) for name in lower):
                return "xlsb" if "xl/workbook.bin" in lower else kind
    if "meta-inf/container.xml" in lower:
        return "epub"
    if "content.xml" in lower and claimed in ("odt", "ods", "odp"):
        return claimed
    return "zip"


def _ole_kind(body: bytes, claimed: str) -> str:
    """Which compound file it is, by the streams it holds."""
    # Damaged, or without the stream: the parser that the name asks for will say so.
    otherwise = claimed if claimed in ("doc", "xls", "ppt", "msg") else "ole"
    try:
        with olefile.OleFileIO(io.BytesIO(body)) as ole:
            names = {entry[0].lower() for entry in ole.listdir(streams=True, storages=True)}
    except Exception:
        return otherwise
    if names & {"encryptedpackage", "encryptioninfo"}:
        return "encrypted"
    for stream, kind in (("worddocument", "doc"), ("workbook", "xls"), ("book", "xls"),
                         ("powerpoint document", "ppt"), ("__properties_version1.0", "msg")):  # fmt: skip
        if stream in names:
            return kind
    return otherwise


def _disguised(start: bytes, claimed: str) -> str:
    """Office names on text files: Excel opens HTML and csv called .xls, Word opens HTML called .doc."""
    lower = start[:500].lower()
    if lower.startswith((b"<html", b"<!doctype html")) or b"<table" in lower:
        return "web"
    if lower.startswith(b"mime-version:"):
        return "eml"
    if claimed == "xls" and not _binary(start):
        return "xml" if lower.startswith(b"<?xml") else "csv"
    if claimed == "doc" and not _binary(start):
        return "xml" if lower.startswith(b"<?xml") else "text"
    if claimed == "xls":
        return "xls"  # Excel 2–4 workbooks aren't compound files
    return claimed


def _binary(body: bytes) -> bool:
    """Whether it is data rather than text in any encoding."""
    sample = body[:8_000]
    if not sample or sample.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\0\0\xfe\xff")):
        return False
    zeros = sample.count(0)
    if zeros:
        even, odd = sample[::2].count(0), sample[1::2].count(0)
        return not (zeros > 0.3 * len(sample) and min(even, odd) < 0.1 * max(even, odd))
    controls = sum(byte < 9 or 13 < byte < 27 or 27 < byte < 32 for byte in sample)
    return controls > 0.05 * len(sample)


def _sniff_text(start: bytes, claimed: str) -> str:
    lower = start[:1_000].lower()
    if lower.startswith((b"<!doctype html", b"<html")) or b"<body" in lower:
        return "web"
    if lower.startswith(b"<?xml"):
        return "web" if b"<html" in lower else "xml"
    if lower.startswith(b"webvtt") or re.match(rb"1\r?\n\d\d:\d\d:\d\d,\d{3} -->", start):
        return "transcript"
    if re.match(rb"from \S+ .*\n[\w-]+:", lower):
        return "mbox"
    if re.match(
        rb"(?:(?:received|from|to|subject|date|message-id|mime-version|return-path|delivered-to|x-[\w-]+): .*\n){2}",
        lower,
    ):
        return "eml"
    if start[:1] in (b"{", b"["):
        return "json"
    return claimed or "text"
