"""Text files: which encoding, then paragraphs; csv and tsv; json; xml."""

from __future__ import annotations

import codecs
import csv
import io
import json
import re

from charset_normalizer import from_bytes

from core.errors import ParseError
from core.types import Parsed
from ingestion.parse.draft import Draft, File, clean
from ingestion.parse.office.package import Element, descendants, local, read_xml
from ingestion.parse.text.transcript_json import add_spoken

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WESTERN = frozenset("äöüÄÖÜßàâçèéêëîïôùûœÀÂÇÈÉÊËÎÏÔÙÛáíóúñÁÍÓÚÑãõÃÕåÅæøÆØìòÌÒ€£§°²³½·«»„“”‚‘’–—…•®©™\u00a0¿¡ºª´×±µ")
# A list's item of more words than this is a sentence.
_WORDS = 5
_EAST_ASIAN = ("cp932", "gb18030", "euc_jp", "euc_kr", "big5")


def decode(body: bytes, declared: str = "") -> str:
    """`body` as text: by its byte order mark, as UTF-8, by the `declared` charset, or by what it looks like."""
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return body.decode(encoding, "replace")
    if sixteen := _sixteen_bit(body):
        return body.decode(sixteen, "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        # A long text with one damaged byte is still UTF-8.
        if error.start > 200 and _utf8_share(body) > 0.98:
            return body.decode("utf-8", "replace")
    east = _east_asian(body)
    if east and (not declared or declared.lower().replace("-", "_") not in _EAST_ASIAN):
        return body.decode(east, "replace")
    if declared:
        try:
            return body.decode(declared)
        except (LookupError, UnicodeDecodeError):
            pass
    if _western(body):
        return body.decode("cp1252", "replace")
    best = from_bytes(body[:200_000]).best()
    try:
        return body.decode(best.encoding if best else "cp1252", "replace")
    except LookupError:
        return body.decode("cp1252", "replace")


def parse_text(file: File) -> Parsed:
    """Plain text; numbered and underlined lines are left as they are."""
    draft = Draft(file.budget)
    draft.text(decode(file.body))
    return draft.parsed()


def parse_csv(file: File) -> Parsed:
    """A csv or tsv file as one table, whatever its delimiter and encoding."""
    text = decode(file.body).lstrip("\ufeff")
    draft = Draft(file.budget)
    delimiter = _delimiter(text, file.name)
    csv.field_size_limit(min(file.budget.limits.max_chars, 2**31 - 1))
    rows: list[list[str]] = []
    used = 0
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            rows.append(row)
            used += sum(map(len, row))
            if used > file.budget.limits.max_chars or len(rows) > file.budget.limits.max_chars:
                file.budget.write(used + len(rows))
    except csv.Error:
        rows = [line.split(delimiter) for line in text.splitlines()]
    draft.table(rows)
    return draft.parsed()


def parse_json(file: File) -> Parsed:
    """JSON (or JSON lines) as "key: value" lines under the keys that lead there."""
    text = decode(file.body)
    draft = Draft(file.budget)
    try:
        value = json.loads(text)
    except RecursionError as error:
        raise ParseError("its JSON is nested too deeply to be a document; flatten it") from error
    except ValueError:
        lines = [line for line in text.splitlines() if line.strip()]
        try:
            value = [json.loads(line) for line in lines]
        except (ValueError, RecursionError):
            draft.warn("It is not valid JSON and was read as plain text.")
            draft.text(text)
            return draft.parsed()
    if speakers := add_spoken(value, draft):
        return draft.parsed(_title_of(value), speakers)
    _json(value, "", draft)
    return draft.parsed(_title_of(value))


def parse_xml(file: File) -> Parsed:
    """XML's texts and attributes, element by element. Entities and references stay unresolved."""
    root, whole = read_xml(file.body)
    draft = Draft(file.budget)
    if root is None:
        raise ParseError("it is damaged: it has no readable XML element; get a fresh copy")
    if not whole:
        draft.warn("Its XML is not well formed; what could be read of it was kept.")
    if local(root) in ("wordDocument", "package"):  # Word 2003 XML, or a whole docx in one XML file
        for paragraph in descendants(root, "p"):
            draft.text("".join(item.text or "" for item in descendants(paragraph, "t")))
        return draft.parsed(_element_text(root, "Title") or _element_text(root, "title"))
    for element in root.iter():
        parts = [f"{local(element)}:"] if (element.text or "").strip() and not len(element) else []
        parts += [value for value in element.attrib.values() if re.search(r"\w\s+\w", value)]
        parts.append(clean(element.text or ""))
        if any(parts):
            draft.item(" ".join(filter(None, parts)))
        draft.item(element.tail or "")
    return draft.parsed(_element_text(root, "title"))


def _element_text(root: Element, name: str) -> str:
    """The text of the first element of that name, "" if there is none."""
    found = next(descendants(root, name), None)
    return (found.text or "") if found is not None else ""


def _json(root: object, name: str, draft: Draft) -> None:
    """Writes a JSON value; iterative, so that depth costs memory and not the process."""
    stack: list[tuple[str, object]] = [(name, root)]
    while stack:
        path, value = stack.pop()
        if isinstance(value, dict):
            stack.extend((f"{path}.{key}" if path else str(key), item) for key, item in reversed(list(value.items())))
        elif isinstance(value, list):
            if _texts(value):
                draft.heading(1, path)
                for item in value:
                    draft.item(str(item))
                draft.close_headings()
            elif value and all(isinstance(item, str | int | float | bool | None) for item in value):
                draft.item(f"{path}: " * bool(path) + ", ".join(str(item) for item in value if item is not None))
            elif table := _records(value):
                draft.heading(1, path)
                draft.table(table)
                draft.close_headings()
            else:
                stack.extend((path, item) for item in reversed(value))
        elif value is not None and value != "":
            draft.item(f"{path}: {value}" if path else str(value))


def _texts(items: list[object]) -> bool:
    """Whether a list holds sentences or paragraphs, rather than words and numbers."""
    return any(isinstance(item, str) and len(item.split()) > _WORDS for item in items) and all(
        isinstance(item, str) for item in items
    )


def _records(items: list[object]) -> list[list[str]]:
    """A list of flat objects as a table; [] if they aren't flat, short and alike."""
    if len(items) < 2 or not all(isinstance(item, dict) for item in items):
        return []
    keys = list(dict.fromkeys(key for item in items if isinstance(item, dict) for key in item))
    values = [value for item in items if isinstance(item, dict) for value in item.values()]
    if len(keys) > 30 or any(isinstance(value, dict | list) or len(str(value)) > 200 for value in values):
        return []
    rows = [[str(key) for key in keys]]
    for item in items:
        if isinstance(item, dict):
            rows.append(["" if item.get(key) is None else str(item[key]) for key in keys])
    return rows


def _title_of(value: object) -> str:
    title = value.get("title") or value.get("name") if isinstance(value, dict) else None
    return title if isinstance(title, str) else ""


def _delimiter(text: str, name: str) -> str:
    """The separator that cuts most lines into the same number (> 1) of fields."""
    if name.lower().endswith((".tsv", ".tab")):
        return "\t"
    sample = text[:20_000]
    best, best_score = ",", 0.0
    for delimiter in (",", ";", "\t", "|"):
        try:
            widths = [len(row) for row in csv.reader(io.StringIO(sample), delimiter=delimiter) if row][:50]
        except csv.Error:
            continue
        wide = [width for width in widths if width > 1]
        if wide:
            usual = max(set(wide), key=wide.count)
            score = wide.count(usual) / len(widths) + min(usual, 20) / 100
            if score > best_score:
                best, best_score = delimiter, score
    return best


def _sixteen_bit(body: bytes) -> str:
    """UTF-16 without a mark: every other byte of Latin text is zero."""
    sample = body[:4_000]
    if len(sample) < 4:
        return ""
    even, odd = sample[::2].count(0) / len(sample[::2]), sample[1::2].count(0) / max(len(sample[1::2]), 1)
    if odd > 0.4 and even < 0.05:
        return "utf-16-le"
    return "utf-16-be" if even > 0.4 and odd < 0.05 else ""


def _utf8_share(body: bytes) -> float:
    text = body[:200_000].decode("utf-8", "replace")
    foreign = sum(char > "\x7f" for char in text)
    return 1 - text.count("\ufffd") / foreign if foreign else 0.0


def _western(body: bytes) -> bool:
    """Whether the few letters beyond ASCII stand alone between ASCII ones and are those of Western Europe."""
    text = body[:200_000].decode("cp1252", "replace")
    foreign = [(at, char) for at, char in enumerate(text) if char > "\x7f"]
    alone = sum(text[at + 1 : at + 2] <= "\x7f" for at, _ in foreign)
    usual = sum(char in _WESTERN for _, char in foreign)
    return alone > 0.8 * len(foreign) and usual > 0.9 * len(foreign)


def _east_asian(body: bytes) -> str:
    """A Chinese, Japanese or Korean encoding if the text is plausible in it; "" if not.

    Short files (a price list of ten lines) give statistical detectors too little: count the characters that
    everyday text has in each candidate.
    """
    sample = body[:20_000]
    best, best_score = "", 0.75
    for encoding in _EAST_ASIAN:
        try:
            text = sample.decode(encoding)
        except UnicodeDecodeError as error:
            if error.end < len(sample) - 3:
                continue
            text = sample[: error.start].decode(encoding, "ignore")
        foreign = [char for char in text if char > "\x7f"]
        if len(foreign) < 4:
            continue
        score = sum(_everyday(char, encoding) for char in foreign) / len(foreign)
        # Bytes pair up: real two-byte text has about half as many characters as high bytes.
        high = sum(byte > 0x7F for byte in sample)
        if high / len(foreign) < 1.2:
            continue
        if score > best_score:
            best, best_score = encoding, score
    return best


def _everyday(char: str, encoding: str) -> float:
    code = ord(char)
    if 0x3040 <= code <= 0x30FF:
        return 1.0 if encoding in ("cp932", "euc_jp") else 0.4
    if 0xAC00 <= code <= 0xD7A3:
        return 1.0 if encoding == "euc_kr" else 0.0
    if 0x3000 <= code <= 0x303F or 0xFF01 <= code <= 0xFF5E:
        return 0.9
    if 0x4E00 <= code <= 0x9FFF:
        # The national standards order their everyday characters first.
        native = {"cp932": "shift_jis", "gb18030": "gb2312"}.get(encoding, encoding)
        try:
            raw = char.encode(native)
        except UnicodeEncodeError:
            return 0.3
        first = raw[0]
        common = {"cp932": first <= 0x98, "gb18030": 0xB0 <= first <= 0xD7, "euc_jp": 0xB0 <= first <= 0xCF,
                  "big5": first <= 0xC6, "euc_kr": False}[encoding]  # fmt: skip
        return 0.95 if common else 0.4
    return 0.2 if 0xFF61 <= code <= 0xFF9F else 0.5 if 0x2000 <= code <= 0x2FFF else 0.1
