"""Text formats: Markdown, plain text, HTML, WebVTT transcripts and e-mails."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from pathlib import Path

from samples.builders.markdown import Block, parse, plain, runs
from samples.builders.source import Source
from samples.builders.world import at, email_of, load_world, name_of

_TURN = re.compile(r"(?P<speaker>[^:\n]{2,40}): (?P<text>.+)")
# Talk runs at about 150 words a minute, and a cue in the usual tools lasts a few seconds.
_SECONDS_PER_WORD = 0.4


def write_markdown(source: Source, target: Path) -> None:
    """Writes the text as it is, under its title."""
    target.write_text(f"# {source.title}\n\n{source.body}", encoding="utf-8")


def write_plain(source: Source, target: Path) -> None:
    """Writes the text without any marks."""
    target.write_text(f"{source.title}\n\n{plain(source.body)}", encoding="utf-8")


def write_html(source: Source, target: Path) -> None:
    """Writes a handbook page with navigation and footer around the text, as a real wiki has them."""
    body = "\n".join(_html(parse(source.body)))
    title, language = html.escape(source.title), source.attributes["language"]
    target.write_text(
        f"""<!DOCTYPE html>
<html lang="{language}">
<head><meta charset="utf-8"><title>{title}</title><meta name="author" content="{name_of(source.authors[0])}"></head>
<body>
<nav><a href="/">Handbook</a> <a href="/products/">Products</a> <a href="/policies/">Policies</a></nav>
<main>
<h1>{title}</h1>
{body}
</main>
<footer>Northgate Security Services · last change {source.updated}</footer>
</body>
</html>
""",
        encoding="utf-8",
    )


def html_body(source: Source) -> str:
    """The text alone as HTML, without page furniture."""
    return "\n".join(_html(parse(source.body)))


def write_transcript(source: Source, target: Path) -> None:
    """Writes "Speaker: words" lines as WebVTT cues with voice tags and plausible times."""
    lines, second = ["WEBVTT", "", f"NOTE {source.title}", ""], 2.0
    for turn in _TURN.finditer(source.body):
        for sentences in _cues(turn["text"]):
            end = second + max(1.5, len(sentences.split()) * _SECONDS_PER_WORD)
            lines += [f"{_clock(second)} --> {_clock(end)}", f"<v {turn['speaker']}>{sentences}</v>", ""]
            second = end + 0.4
        second += 0.8
    target.write_text("\n".join(lines), encoding="utf-8")


def write_email(source: Source, target: Path) -> None:
    """Writes an RFC 5322 message; `from`, `to` and `cc` come from the front matter."""
    message = EmailMessage(policy=SMTP)
    message["From"] = _address(source.attributes["from"])
    message["To"] = ", ".join(_address(a) for a in source.attributes["to"])
    if source.attributes.get("cc"):
        message["Cc"] = ", ".join(_address(a) for a in source.attributes["cc"])
    message["Date"] = format_datetime(at(source.updated, 10))
    message["Subject"] = source.title
    message["Message-ID"] = (
        f"<{source.path.rsplit('/', 1)[-1].removesuffix('.eml')}@{load_world()['company']['domain']}>"
    )
    message.set_content(plain(source.body), cte="quoted-printable")
    target.write_bytes(bytes(message))


def _address(person: str) -> str:
    for customer in load_world()["customers"].values():
        for contact in customer["contacts"]:
            if contact["name"] == person:
                return formataddr((person, contact["email"]))
    return formataddr((name_of(person), email_of(person)))


def _cues(text: str) -> list[str]:
    """The turn cut after sentence ends into cues of about 25 words."""
    cues: list[str] = [""]
    for sentence in re.split(r"(?<=[.?!]) ", text):
        if cues[-1] and len(cues[-1].split()) + len(sentence.split()) > 25:
            cues.append("")
        cues[-1] = f"{cues[-1]} {sentence}".strip()
    return cues


def _clock(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes // 60):02d}:{int(minutes % 60):02d}:{rest:06.3f}"


def _html(blocks: list[Block]) -> Iterator[str]:
    tags = {"bullet": "ul", "number": "ol"}
    opened = ""
    for block in blocks:
        wanted = tags.get(block.kind, "")
        if opened != wanted:
            if opened:
                yield f"</{opened}>"
            if wanted:
                yield f"<{wanted}>"
            opened = wanted
        if block.kind == "heading":
            yield f"<h{block.level}>{_inline(block.text)}</h{block.level}>"
        elif block.kind == "table":
            yield "<table>"
            for index, row in enumerate(block.rows):
                cell = "th" if index == 0 else "td"
                yield "<tr>" + "".join(f"<{cell}>{_inline(c)}</{cell}>" for c in row) + "</tr>"
            yield "</table>"
        elif wanted:
            yield f"<li>{_inline(block.text)}</li>"
        else:
            tag = "blockquote" if block.kind == "quote" else "p"
            yield f"<{tag}>{_inline(block.text)}</{tag}>"
    if opened:
        yield f"</{opened}>"


def _inline(text: str) -> str:
    return "".join(f"<strong>{html.escape(p)}</strong>" if bold else html.escape(p) for p, bold in runs(text))
