"""Any system with an OpenAPI 3 document: the writing operations that the settings choose, each with its form.

The document says which fields there are; where they are sent is the settings' `url` alone, and no redirect is followed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
from pydantic import SecretStr

from actions.kinds.kind import ActionKind, Draft, Operation, Record, SignIn, WebSettings
from actions.kinds.openapi.document import (
    FORM_FIELDS,
    TEXTS,
    Document,
    Part,
    Unshowable,
    body_type,
    kind_of,
    read_document,
)
from actions.wire import Wire
from core.errors import ActionError, Refused, SettingsError
from core.nearest import nearest

_TITLES = ("title", "subject", "summary", "name")


class OpenApiSettings(WebSettings):
    """The system and its document.

    Attributes:
        document: An OpenAPI 3 file, JSON or YAML, at most 1 MB.
        operations: The operationIds that people may use; there is no "all" here.
        token: Sent in `header`, behind `prefix`. Write it as ${NAME}.
        key_header: The header for our key, where the system takes a key only once.
    """

    document: Path
    token: SecretStr | None = None
    header: str = "Authorization"
    prefix: str = "Bearer "
    key_header: str = ""


class Plugin:
    """The system, as the operations speak to it."""

    def __init__(self, settings: OpenApiSettings, signed_in: httpx.Auth | None = None) -> None:
        secret = settings.token.get_secret_value() if settings.token else ""
        headers = {settings.header: settings.prefix + secret} if secret and signed_in is None else {}
        self.settings = settings
        self.wire = Wire(settings.name, settings.url, settings.timeout_s, headers=headers, auth=signed_in)


def offered(settings: OpenApiSettings, path: Callable[[Path], Path]) -> tuple[Operation, ...]:
    """The operations that the settings choose. Raises SettingsError: the document or one of them can't be used."""
    file = path(settings.document)
    document = replace(read_document(file), signed_by=settings.header)
    known = dict(document.operations())
    _check_host(document, settings, file)
    if not settings.operations:
        raise SettingsError(f"{settings.name}: choose `operations` of {file}; it has {', '.join(known) or 'none'}.")
    made = []
    for wanted in settings.operations:
        if wanted not in known:
            raise SettingsError(f"{file} has no operation {wanted!r}; {nearest(wanted, list(known), 'operations')}")
        method, address, item = known[wanted]
        if method == "get":
            raise SettingsError(f"{file}: {wanted} only reads; choose operations that write.")
        try:
            parts = document.parts(address, item)
        except Unshowable as error:
            raise SettingsError(
                f"{file}: {wanted} can't be offered: {str(error).rstrip('.')}; choose another operation, or describe "
                "in a copy of the document only what a form is to send."
            ) from error
        made.append(_operation(wanted, (method, address, item), parts, document.needed_objects(item)))
    return tuple(made)


def _check_host(document: Document, settings: OpenApiSettings, file: Path) -> None:
    servers = document.content.get("servers") or ()
    hosts = {host for server in servers if (host := urlsplit(str(server.get("url", ""))).hostname)}
    mine = urlsplit(settings.url).hostname
    if hosts and mine not in hosts and mine not in ("127.0.0.1", "localhost"):
        raise SettingsError(f"{file} is for {', '.join(sorted(hosts))}, and url is {mine}; correct one of them.")


def _operation(
    name: str,
    called: tuple[str, str, Mapping[str, Any]],
    parts: tuple[Part, ...],
    objects: Sequence[tuple[str, ...]],
) -> Operation:
    method, address, item = called

    def write(client: Plugin, draft: Draft) -> Record:
        path, query, body = sent_values(address, parts, draft, objects)
        key = client.settings.key_header
        headers = {part.keys[0]: draft.values[part.field.name] for part in parts if _is_sent_as_header(part, draft)}
        sent: dict[str, Any] = {"json": body or None}
        if media_type.casefold().startswith(FORM_FIELDS):
            sent = {"data": dict(_form_fields(body))}
        elif media_type and body:
            headers["Content-Type"] = media_type
        headers |= {key: draft.key} if key else {}
        said = client.wire.write(method.upper(), path, params=query, headers=headers, **sent)
        return _record(said, draft)

    media_type = body_type((item.get("requestBody") or {}).get("content") or {})
    names = [part.field.name for part in parts]
    title = str(item.get("summary") or name)
    return Operation(
        re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_"),
        title,
        (name.casefold(), title.casefold()),
        tuple(part.field for part in parts),
        write,
        find=_find,
        title_field=next((n for n in _TITLES if n in names), ""),
        text_field=next((n for n in TEXTS if n in names), ""),
    )


def _find(client: Plugin, _draft: Draft) -> Record | None:
    if client.settings.key_header:
        return None
    raise ActionError(
        f"{client.settings.name} may have it already, and can't be searched by its document; look there, then settle "
        "it: it is there, or it isn't and is sent again."
    )


def sent_values(
    address: str, parts: Sequence[Part], draft: Draft, objects: Sequence[tuple[str, ...]] = ()
) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """(Path, query, body) with the draft's values; what is empty isn't sent, but for objects that must be there."""
    query: dict[str, Any] = {}
    body: dict[str, Any] = {}
    for part in parts:
        value = _value(part.schema, draft.values.get(part.field.name, ""))
        if value is None:
            continue
        if part.place == "path":
            # A value of dots alone would be another address.
            address = address.replace("{" + part.keys[0] + "}", quote(str(value), safe="").replace(".", "%2E"))
        elif part.place == "header":
            continue
        elif part.place == "query":
            query[part.keys[0]] = value
        else:
            inner = body
            for key in part.keys[:-1]:
                inner = inner.setdefault(key, {})
            inner[part.keys[-1]] = value
    for keys in objects:
        inner = body
        for key in keys:
            inner = inner.setdefault(key, {})
    return address, query, body


def _value(schema: Mapping[str, Any], text: str) -> Any:
    """The text as its schema has it; None for an empty one."""
    if not text:
        return None
    kind = kind_of(schema)
    if kind == "array":
        lines = [line.strip() for line in text.split("\n") if line.strip()]
        allowed = [str(value) for value in schema["items"].get("enum") or lines]
        for line in lines:
            if line not in allowed:
                raise Refused(f"{line[:80]!r} isn't allowed in the list; {nearest(line, allowed, 'allowed values')}")
        return [_value(schema["items"], line) for line in lines]
    if kind == "boolean":
        return text == "true"
    if kind not in ("integer", "number"):
        return text
    try:
        return int(float(text)) if kind == "integer" else float(text)
    except ValueError as error:
        raise Refused(f"{text[:80]!r} is no number; write one a line.") from error


def _form_fields(value: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, Any]]:
    """The body as form fields: what is within an object as outer[inner], a list's values under one name."""
    for key, inner in value.items():
        name = f"{within}[{key}]" if within else key
        if isinstance(inner, Mapping):
            yield from _form_fields(inner, name)
        else:
            yield name, str(inner).lower() if isinstance(inner, bool) else inner


def _is_sent_as_header(part: Part, draft: Draft) -> bool:
    return part.place == "header" and bool(draft.values.get(part.field.name))


def _record(said: Any, draft: Draft) -> Record:
    told: Mapping[str, Any] = said if isinstance(said, Mapping) else {}
    number = next((str(told[k]) for k in ("id", "key", "number") if told.get(k) not in (None, "")), draft.key)
    link = next((str(told[k]) for k in ("html_url", "web_url", "link", "url") if told.get(k)), "")
    return Record(number, link, next((v for v in draft.values.values() if v), number)[:200])


KIND = ActionKind("openapi", "OpenAPI", OpenApiSettings, Plugin, (), offers=offered, sign_in=lambda _: SignIn())
