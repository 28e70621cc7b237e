"""Confluence's storage format → HTML that says the same to a parser of web pages.

The format is XHTML with elements of its own (`ac:`, `ri:`): macros, links, task lists, layouts. Text that another page
owns isn't pulled in: who may read that page is that page's matter, so an include is named, not shown.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from html.entities import name2codepoint

from lxml import etree

_AC, _RI = "http://atlassian.com/content", "http://atlassian.com/resource/identifier"
_ENTITY = re.compile(r"&(?P<name>[A-Za-z][A-Za-z0-9]*);")
_XML_OWN = frozenset(("amp", "lt", "gt", "quot", "apos"))
# Macros that show a picture of what stands elsewhere, or nothing that is read.
_SILENT = frozenset(
    "toc toc-zone children anchor pagetree recently-updated contentbylabel attachments livesearch profile gallery "
    "change-history space-attachments blog-posts popular-labels widget iframe drawio gliffy chart".split()
)
_KEPT = ("href", "colspan", "rowspan")
_CODE = frozenset(("code", "noformat"))
_INCLUDES = frozenset(("include", "excerpt-include"))

Names = Mapping[str, str]


def accounts_in(storage: str) -> list[str]:
    """The accounts that the text mentions."""
    return re.findall(r'ri:(?:account-id|username)="([^"]+)"', storage)


def to_html(storage: str, names: Names) -> str:
    """The text as HTML, without its outermost element.

    Args:
        names: Account → the name to show for a mention of it.
    """
    text = _ENTITY.sub(_character, storage)
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=False)
    wrapped = f'<root xmlns:ac="{_AC}" xmlns:ri="{_RI}">{text}</root>'
    root = etree.fromstring(wrapped.encode(), parser)
    return "" if root is None else _Writer(names).inside(root)


class _Writer:
    """Writes elements as HTML."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._own: dict[str, Callable[[etree._Element], str]] = {
            "structured-macro": self._macro,
            "macro": self._macro,
            "link": self._link,
            "image": lambda element: "",
            "emoticon": lambda element: html.escape(element.get(f"{{{_AC}}}emoji-fallback", "")),
            "placeholder": lambda element: "",
            "parameter": lambda element: "",
            "task-list": lambda element: f"<ul>{self.inside(element)}</ul>",
            "task": self._task,
            "adf-extension": self._extension,
        }

    def inside(self, element: etree._Element) -> str:
        """The text and the children of an element."""
        parts = [html.escape(element.text or "", quote=False)]
        for child in element:
            parts.append(self._element(child))
            parts.append(html.escape(child.tail or "", quote=False))
        return "".join(parts)

    def _element(self, element: etree._Element) -> str:
        if not isinstance(element.tag, str):
            return ""
        name = etree.QName(element)
        if name.namespace == _AC:
            own = self._own.get(name.localname)
            return own(element) if own else self._block(element, name.localname)
        if name.namespace == _RI:
            return ""
        if name.localname == "time":
            return html.escape(element.get("datetime") or "")
        kept = "".join(f' {key}="{html.escape(element.get(key, ""))}"' for key in _KEPT if key in element.attrib)
        if name.localname in ("br", "hr"):
            return f"<{name.localname}>"
        return f"<{name.localname}{kept}>{self.inside(element)}</{name.localname}>"

    def _block(self, element: etree._Element, name: str) -> str:
        """Layouts and bodies stand as blocks; inline ones as they are."""
        inner = self.inside(element)
        return inner if name.startswith(("inline-", "plain-text", "link-body")) else f"<div>{inner}</div>"

    def _macro(self, element: etree._Element) -> str:
        name = element.get(f"{{{_AC}}}name", "")
        if name in _SILENT:
            return ""
        if name in _CODE:
            return f"{self._title(element)}<pre>{html.escape(_child(element, 'plain-text-body'), quote=False)}</pre>"
        if name in _INCLUDES:
            page = element.find(f".//{{{_RI}}}page")
            title = "" if page is None else page.get(f"{{{_RI}}}content-title", "")
            return f"<p>Includes the page “{html.escape(title)}”.</p>" if title else ""
        if name == "status":
            return f"{html.escape(_parameter(element, 'title'), quote=False)}"
        if name == "jira":
            return html.escape(_parameter(element, "key") or _parameter(element, "jqlQuery"), quote=False)
        body = element.find(f"{{{_AC}}}rich-text-body")
        inner = self.inside(body) if body is not None else html.escape(_child(element, "plain-text-body"), quote=False)
        return f"<div>{self._title(element)}{inner}</div>" if inner.strip() else ""

    def _title(self, element: etree._Element) -> str:
        title = _parameter(element, "title")
        return f"<p><strong>{html.escape(title, quote=False)}</strong></p>" if title else ""

    def _task(self, element: etree._Element) -> str:
        status = element.findtext(f"{{{_AC}}}task-status") or ""
        body = element.find(f"{{{_AC}}}task-body")
        text = "" if body is None else self.inside(body)
        return f"<li>{'[x]' if status == 'complete' else '[ ]'} {text}</li>"

    def _link(self, element: etree._Element) -> str:
        for name in ("link-body", "plain-text-link-body"):
            body = element.find(f"{{{_AC}}}{name}")
            if body is not None and (text := self.inside(body)).strip():
                return text
        user = element.find(f"{{{_RI}}}user")
        if user is not None:
            account = user.get(f"{{{_RI}}}account-id") or user.get(f"{{{_RI}}}username") or ""
            return html.escape(self._names.get(account, ""), quote=False)
        for kind, key in (("page", "content-title"), ("blog-post", "content-title"), ("attachment", "filename")):
            target = element.find(f"{{{_RI}}}{kind}")
            if target is not None:
                return html.escape(target.get(f"{{{_RI}}}{key}", ""), quote=False)
        return ""

    def _extension(self, element: etree._Element) -> str:
        """The cloud's newer blocks carry what older readers are to show instead."""
        fallback = element.find(f"{{{_AC}}}adf-fallback")
        return "" if fallback is None else f"<div>{self.inside(fallback)}</div>"


def _child(element: etree._Element, name: str) -> str:
    return "".join(found.text or "" for found in element.findall(f"{{{_AC}}}{name}"))


def _parameter(element: etree._Element, name: str) -> str:
    for found in element.findall(f"{{{_AC}}}parameter"):
        if found.get(f"{{{_AC}}}name") == name:
            return "".join(found.itertext()).strip()
    return ""


def _character(match: re.Match[str]) -> str:
    """HTML's names of characters, which XML doesn't know, as the characters."""
    name = match["name"]
    if name in _XML_OWN:
        return match[0]
    return chr(name2codepoint[name]) if name in name2codepoint else ""
