"""rtf → sections: paragraphs, headings, tables, notes and comments, in whatever code pages the file mixes.

striprtf was tried first: it drops notes, headers and the tables' structure and decodes multi-byte text per byte.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from core.types import Parsed
from ingestion.parse.draft import Draft, File, attributes, clean
from ingestion.parse.legacy.compound import codec

MAX_GROUPS = 200

_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|[\r\n]+|([^\\{}\r\n]+)", re.DOTALL
)
_CHARSETS = {
    0: 1252, 1: 1252, 2: 1252, 77: 10000, 128: 932, 129: 949, 130: 1361, 134: 936, 136: 950, 161: 1253, 162: 1254,
    163: 1258, 177: 1255, 178: 1256, 186: 1257, 204: 1251, 222: 874, 238: 1250, 255: 437,
}  # fmt: skip
_CHARACTERS = {
    "par": "\n", "line": "\n", "sect": "\n", "page": "\n", "column": "\n", "softline": "\n", "tab": "\t",
    "emdash": "—", "endash": "–", "emspace": " ", "enspace": " ", "qmspace": " ", "bullet": "•", "lquote": "‘",
    "rquote": "’", "ldblquote": "“", "rdblquote": "”", "chdate": "", "chpgn": "",
}  # fmt: skip
# Groups that hold no text of the page. Unknown ones marked \* are skipped as well.
_SKIPPED = frozenset(
    "colortbl filetbl revtbl rsidtbl listtable listoverridetable pict object datafield fldinst generator themedata "
    "colorschememapping latentstyles datastore xmlnstbl mmathPr stylerestrictions pgptbl sp sn sv nonshppict template "
    "bkmkstart bkmkend operator nextfile ftnsep ftnsepc ftncn aftnsep aftnsepc aftncn pnseclvl pn pntxtb pntxta "
    "formfield private userprops xe tc tcn atrfstart atrfend wgrffmtfilter objdata objclass blipuid panose falt".split()
)
_KEPT = frozenset(
    "shpinst shptxt ud annotation atnauthor fldrslt listtext pntext footnote background do dptxbxtext".split()
)
_MARGINS = frozenset(("header", "headerl", "headerr", "headerf", "footer", "footerl", "footerr", "footerf"))
_INFO = frozenset(("title", "author", "subject", "keywords", "category", "company", "operator", "doccomm"))


@dataclass(frozen=True, slots=True)
class _State:
    """What a group inherits: where its text goes, its font's code page, how many bytes stand for a \\u."""

    target: str = "text"
    encoding: str = "cp1252"
    skip_after_unicode: int = 1
    hidden: bool = False
    style: int = 0
    level: int = 0
    in_table: bool = False


def parse_rtf(file: File) -> Parsed:
    """A Rich Text document."""
    draft = Draft(file.budget)
    reader = _Reader(draft)
    reader.read(file.body)
    info = {key: clean(value) for key, value in reader.info.items()}
    return draft.parsed(
        info.get("title", ""),
        attributes(
            [
                ("authors", [info.get("author", "")]),
                ("subject", info.get("subject", "")),
                ("category", info.get("category", "")),
                ("keywords", info.get("keywords", "").split(",")),
                ("company", info.get("company", "")),
            ]
        ),
    )


def rtf_text(body: bytes) -> str:
    """The text of RTF alone, for message bodies."""
    draft = Draft(File(b"").budget)
    _Reader(draft).read(body)
    return "\n\n".join(section.text for section in draft.parsed().sections)


class _Reader:
    """One pass over the tokens."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.info: dict[str, str] = {}
        self.state = _State()
        self.stack: list[_State] = []
        self.default = "cp1252"
        self.fonts: dict[int, str] = {}
        self.font = -1
        self.headings: dict[int, int] = {}
        self.sheet_style = -1
        self.texts: dict[str, list[str]] = {"text": []}
        self.raw = bytearray()
        self.unicode_skip = 0
        self.half = ""
        self.cells: list[str] = []
        self.rows: list[list[str]] = []
        self.notes: list[tuple[str, str]] = []
        self.author = ""

    def read(self, body: bytes) -> None:
        """Reads all of `body`; what follows damage is read as far as possible."""
        at = 0
        ignorable = False
        while at < len(body) and (match := _TOKEN.match(body, at)):
            at = match.end()
            word, number, octet, symbol, brace, plain = match.groups()
            if brace == b"{":
                self._flush_raw()
                self.stack.append(self.state)
                if len(self.stack) > MAX_GROUPS:
                    self.state = replace(self.state, target="skip")
                continue
            if brace == b"}":
                self._flush_raw()
                self._close()
                continue
            if word is not None:
                name, value = word.decode("ascii"), int(number) if number else None
                if name == "bin" and value:
                    at += max(value, 0)
                else:
                    self._word(name, value, ignorable)
                ignorable = False
            elif octet is not None:
                self._byte(bytes([int(octet, 16)]))
            elif symbol is not None:
                ignorable = symbol == b"*"
                self._symbol(symbol)
            elif plain is not None:
                self._byte(plain)
        self._flush_raw()
        self._paragraph()
        self._end_table()
        self.draft.close_headings()
        told: set[str] = set()
        for kind, text in self.notes:
            if text and text not in told:
                told.add(text)
                self.draft.add(text, "note", kind)

    def _word(self, name: str, value: int | None, ignorable: bool) -> None:
        self._flush_raw(keep_skip=name == "u")
        state = self.state
        if name == "u" and value is not None:
            self._unicode(value)
        elif name == "uc":
            self.state = replace(state, skip_after_unicode=max(value or 0, 0))
        elif name in _CHARACTERS or name in ("cell", "row", "nestcell", "nestrow"):
            self._structure(name)
        elif name == "fonttbl":
            self.state = replace(state, target="fonts")
        elif name == "stylesheet":
            self.state = replace(state, target="styles")
        elif name == "info":
            self.state = replace(state, target="info")
        elif name in _INFO and state.target == "info":
            self.state = replace(state, target=f"info {name}")
        elif name in ("footnote", "annotation", "atnauthor"):
            self.state = replace(state, target=name)
            self.texts[name] = []
        elif name == "ftnalt" and state.target == "footnote":
            self.state = replace(state, target="endnote")
            self.texts["endnote"] = []
        elif name in _MARGINS:
            self.state = replace(state, target="margin")
            self.texts["margin"] = []
        elif name in ("shptxt", "dptxbxtext") and state.target in ("text", "drawing"):
            self._paragraph()
            self.state = replace(state, target="text")
        elif name == "shpinst" and state.target == "text":
            self.state = replace(state, target="drawing")
        elif name == "upr":
            self.state = replace(state, target="upr " + state.target)
        elif name == "ud" and state.target.startswith("upr "):
            self.state = replace(state, target=state.target[4:])
        elif name in _SKIPPED or (ignorable and name not in _KEPT):
            self.state = replace(state, target="skip")
        else:
            self._format(name, value)

    def _format(self, name: str, value: int | None) -> None:
        state = self.state
        if name == "ansicpg" and value:
            self.default = codec(value)
            self.state = replace(state, encoding=self.default)
        elif name == "mac":
            self.default = "mac_roman"
            self.state = replace(state, encoding=self.default)
        elif name in ("f", "af") and value is not None:
            if state.target == "fonts":
                self.font = value
            elif name == "f":
                self.state = replace(state, encoding=self.fonts.get(value, self.default))
        elif name == "fcharset" and state.target == "fonts" and self.font >= 0:
            self.fonts[self.font] = self.default if value in (0, 1, None) else codec(_CHARSETS.get(value, 1252))
        elif name == "cpg" and state.target == "fonts" and value:
            self.fonts[self.font] = codec(value)
        elif name == "plain":
            self.state = replace(state, hidden=False, encoding=self.default)
        elif name in ("v", "deleted", "htmlrtf"):
            self.state = replace(state, hidden=value != 0)
        elif name == "pard":
            self.state = replace(state, style=0, level=0, in_table=False)
        elif name == "s" and value is not None:
            if state.target == "styles":
                self.sheet_style = value
            self.state = replace(self.state, style=value)
        elif name == "outlinelevel" and value is not None and 0 <= value < 9:
            self.state = replace(state, level=value + 1)
        elif name in ("intbl", "itap"):
            self.state = replace(state, in_table=value != 0)

    def _structure(self, name: str) -> None:
        """Ends of paragraphs, cells and rows, and characters that have a word of their own."""
        target = self.state.target
        if target != "text":
            self._add(_CHARACTERS.get(name, " "))
        elif name in ("cell", "nestcell"):
            self.cells.append(self._take("text"))
        elif name in ("row", "nestrow"):
            if self.cells:
                self.rows.append(self.cells)
            self.cells = []
        elif name in ("par", "sect", "page") and not self.state.in_table:
            self._paragraph()
        else:
            self._add(_CHARACTERS[name])

    def _symbol(self, symbol: bytes) -> None:
        self._flush_raw()
        text = {b"~": " ", b"_": "-", b"-": "", b"*": "", b"\n": "\n", b"\r": "\n", b"\t": "\t"}.get(symbol)
        if text is None:
            text = symbol.decode("latin-1") if symbol in b"\\{}" else ""
        if self.unicode_skip and text:
            self.unicode_skip -= 1
        elif text == "\n":
            self._structure("par")
        else:
            self._add(text)

    def _unicode(self, value: int) -> None:
        code = value + 65_536 if value < 0 else value
        char = chr(code) if code <= 0x10FFFF else ""
        if "\ud800" <= char <= "\udbff":
            self.half = char
        elif "\udc00" <= char <= "\udfff":
            pair = (self.half + char).encode("utf-16", "surrogatepass") if self.half else b""
            self._add(pair.decode("utf-16", "replace") if pair else "\ufffd")
            self.half = ""
        else:
            self._add(char)
        self.unicode_skip = self.state.skip_after_unicode

    def _byte(self, data: bytes) -> None:
        if self.unicode_skip:
            skipped = min(self.unicode_skip, len(data))
            self.unicode_skip -= skipped
            data = data[skipped:]
        self.raw += data

    def _flush_raw(self, keep_skip: bool = False) -> None:
        if self.raw:
            raw, self.raw = bytes(self.raw), bytearray()
            self._add(raw.decode(self.state.encoding, "replace"))
        if not keep_skip:
            self.unicode_skip = 0

    def _add(self, text: str) -> None:
        target = self.state.target
        if not text or self.state.hidden or target in ("skip", "fonts", "drawing") or target.startswith("upr "):
            return
        if target == "styles":
            match = re.search(r"heading (\d)", text, re.IGNORECASE)
            if match and self.sheet_style >= 0:
                self.headings[self.sheet_style] = int(match.group(1))
        elif target.startswith("info "):
            self.info[target[5:]] = self.info.get(target[5:], "") + text
        elif target != "info":
            self.texts.setdefault(target, []).append(text)

    def _close(self) -> None:
        if not self.stack:
            return
        ended, self.state = self.state.target, self.stack.pop()
        if ended == self.state.target:
            return
        if ended == "styles":
            self.sheet_style = -1
        elif ended == "atnauthor":
            self.author = self._take("atnauthor")
        elif ended == "annotation":
            text = clean(self._take("annotation"))
            self.notes.append(("comment", f"Comment by {self.author}: {text}" if self.author and text else text))
        elif ended in ("footnote", "endnote", "margin"):
            self.notes.append(("page header or footer" if ended == "margin" else ended, clean(self._take(ended))))

    def _take(self, target: str) -> str:
        text = "".join(self.texts.get(target, []))
        self.texts[target] = []
        return text

    def _paragraph(self) -> None:
        text = self._take("text")
        if not text.strip():
            return
        self._end_table()
        level = self.state.level or self.headings.get(self.state.style, 0)
        if level:
            self.draft.heading(level, text)
        else:
            self.draft.text(text)

    def _end_table(self) -> None:
        if self.cells:
            self.rows.append(self.cells)
        self.draft.table(self.rows)
        self.rows, self.cells = [], []
