"""A server of the Model Context Protocol as a plugin: its tools as forms, or as look-ups if an administrator says so.

Which tools there are, and their forms, stand in a file that `debrief actions tools NAME` writes and an administrator
has looked at. A tool that is another one when it is called isn't called. What a tool says is shown as a text and
nothing else: it confirms no form, and calls no other tool.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import SecretStr

from actions.kinds.kind import ActionKind, Draft, Lookup, Operation, Record, SignIn, WebSettings
from actions.kinds.openapi.document import TEXTS, Document, Part, Unshowable
from actions.kinds.openapi.operations import sent_values
from actions.tokens import PersonToken
from core.errors import ActionError, Busy, Refused, SettingsError, Unsure
from core.nearest import nearest
from core.text.invisible import visible

if TYPE_CHECKING:
    from mcp import Client

_Result = TypeVar("_Result")
_MOST_TOOLS, _MOST_BYTES, _MOST_CHARS = 500, 1_000_000, 2_000
_TITLES = ("title", "subject", "summary", "name")


class McpSettings(WebSettings):
    """The server, at the address of its Streamable HTTP, and its tools.

    Attributes:
        document: The file that `debrief actions tools NAME` has written.
        operations: The tools that people may use; there is no "all" here.
        token: Sent as `Authorization: Bearer`. Write it as ${NAME}.
        trust_annotations: Whether what the server says of its tools counts: one that only reads is looked things up
            with and has no form, one that can be repeated is sent again after a silence. Without it every tool writes.
    """

    document: Path
    token: SecretStr | None = None
    trust_annotations: bool = False


class McpServer:
    """The server, as the operations speak to it: a connection for each call."""

    def __init__(self, settings: McpSettings, signed_in: PersonToken | None = None) -> None:
        self.settings = settings
        self._signed_in = signed_in
        # Of the file, filled in with the operations; by name.
        self.tools: dict[str, Mapping[str, Any]] = {}

    def listed(self) -> list[dict[str, Any]]:
        """The tools that the server has now. Raises Busy or Refused."""

        async def ask(client: Client) -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = []
            cursor = None
            while True:
                page = await client.list_tools(cursor=cursor)
                found += [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in page.tools]
                cursor = page.next_cursor
                if not cursor or len(found) > _MOST_TOOLS:
                    return found[:_MOST_TOOLS]

        return self._run(ask, Busy)

    def call(self, tool: Mapping[str, Any], values: Mapping[str, Any], *, writes: bool) -> Any:
        """What the tool answers, called once, if it is still the one of the file.

        Raises:
            Refused: it is another tool by now, or it says no.
            Busy: the server wasn't reached. Unsure: it was, and gave no answer to a write.
        """
        begun: list[bool] = []

        async def ask(client: Client) -> Any:
            page = await client.list_tools()
            now = {t.name: t.model_dump(mode="json", by_alias=True, exclude_none=True) for t in page.tools}
            if mark_of(now.get(str(tool["name"]), {})) != mark_of(tool):
                raise Refused(
                    f"{self.settings.name} has changed its tool {tool['name']} since it was taken in; look at it with "
                    f"`debrief actions tools {self.settings.name}`, then confirm again."
                )
            begun.append(True)
            return await client.call_tool(str(tool["name"]), dict(values))

        said = self._run(ask, Unsure if writes else Busy, begun)
        if said.is_error:
            raise Refused(f"{self.settings.name} refuses it: {_text(said)[:300] or 'it gives no reason'}.")
        return said

    def _run(
        self,
        ask: Callable[[Client], Coroutine[Any, Any, _Result]],
        lost: type[ActionError],
        begun: Sequence[bool] = (True,),
    ) -> _Result:
        import anyio

        if self._signed_in is not None:
            self._signed_in.bearer("")  # says at once who isn't signed in
        problems: list[ActionError] = []
        try:
            return anyio.run(self._connected, ask, problems)
        except Exception as error:
            causes = [*_causes(error), *problems]
            refused = next((c for c in causes if isinstance(c, Refused)), None)
            if refused is not None:
                raise refused from error
            why = next((" ".join(str(c).split()) for c in reversed(causes) if str(c)), type(error).__name__)[:200]
            told = f"{self.settings.name} doesn't answer properly ({why}); check its url and token."
            raise (lost if begun else Busy)(told) from error

    async def _connected(
        self, ask: Callable[[Client], Coroutine[Any, Any, _Result]], problems: list[ActionError]
    ) -> _Result:
        import anyio
        import httpx2
        from mcp import Client
        from mcp.client.streamable_http import streamable_http_client

        token = self.settings.token.get_secret_value() if self.settings.token else ""
        headers = {"Authorization": f"Bearer {token}"} if token and self._signed_in is None else {}
        signing = None if self._signed_in is None else _signing(self._signed_in, problems)
        timeout = self.settings.timeout_s
        with anyio.fail_after(timeout):
            # No redirect: where a form goes is the settings' address alone.
            async with httpx2.AsyncClient(
                headers=headers, auth=signing, timeout=timeout, follow_redirects=False
            ) as http:
                transport = streamable_http_client(self.settings.url, http_client=http)
                async with Client(transport, read_timeout_seconds=timeout, cache=None) as client:
                    return await ask(client)


def _signing(person: PersonToken, problems: list[ActionError]) -> Any:
    """What signs the client's requests as the person. Why it can't any more goes to `problems`: the client loses it."""
    import httpx2

    class Signing(httpx2.Auth):
        def auth_flow(self, request: Any) -> Any:
            try:
                yield from person.auth_flow(request)
            except ActionError as error:
                problems.append(error)
                raise

    return Signing()


def mark_of(tool: Mapping[str, Any]) -> str:
    """The SHA-256 of what people were shown of a tool: its name, words, form and annotations."""
    told = {key: tool.get(key) for key in ("name", "title", "description", "inputSchema", "annotations")}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def offered(settings: McpSettings, path: Callable[[Path], Path]) -> tuple[Operation, ...]:
    """The tools that the settings choose, but for those that only look up.

    Raises:
        SettingsError: the file isn't there or wrong, a tool isn't in it, or needs what no form can show.
    """
    known = {tool["name"]: tool for tool in read_tools(path(settings.document), settings.name)}
    if not settings.operations:
        names = ", ".join(known) or "none"
        raise SettingsError(f"{settings.name}: choose `operations`; the server has {names}.")
    made = []
    for wanted in settings.operations:
        if wanted not in known:
            raise SettingsError(f"{settings.name} has no tool {wanted!r}; {nearest(wanted, list(known), 'tools')}")
        if not _only_reads(known[wanted], settings):
            made.append(_operation(known[wanted], settings))
    return tuple(made)


def read_tools(file: Path, name: str) -> list[dict[str, Any]]:
    """The tools of the file. Raises SettingsError: it isn't there, or no list of tools."""
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise SettingsError(f"{file} has over {_MOST_BYTES:,} bytes; take the tools out that nobody needs.")
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"{file} can't be read ({error}); `debrief actions tools {name}` writes it from the server."
        ) from error
    if not isinstance(found, list) or not all(isinstance(t, dict) and isinstance(t.get("name"), str) for t in found):
        raise SettingsError(f"{file} is no list of tools; `debrief actions tools {name}` writes it from the server.")
    return found


def _only_reads(tool: Mapping[str, Any], settings: McpSettings) -> bool:
    return settings.trust_annotations and (tool.get("annotations") or {}).get("readOnlyHint") is True


def parts_of(tool: Mapping[str, Any], name: str) -> tuple[tuple[Part, ...], list[tuple[str, ...]]]:
    """The fields of a tool's form, and where it must have objects.

    Raises:
        SettingsError: it needs something that a form can't show.
    """
    schema = tool.get("inputSchema") or {}
    body = {"content": {"application/json": {"schema": schema}}}
    try:
        document, operation = Document(schema), {"parameters": [], "requestBody": body}
        return document.parts("", operation), document.needed_objects(operation)
    except Unshowable as error:
        raise SettingsError(f"{name}: the tool {tool['name']} can't be offered: {error}") from error


def _operation(tool: Mapping[str, Any], settings: McpSettings) -> Operation:
    parts, objects = parts_of(tool, settings.name)
    names = [part.field.name for part in parts]

    def write(client: McpServer, draft: Draft) -> Record:
        _, _, values = sent_values("", parts, draft, objects)
        return _record(client.call(tool, values, writes=True), draft)

    title = str(tool.get("title") or (tool.get("annotations") or {}).get("title") or tool["name"])
    repeatable = settings.trust_annotations and (tool.get("annotations") or {}).get("idempotentHint") is True
    return Operation(
        re.sub(r"[^a-z0-9]+", "_", str(tool["name"]).lower()).strip("_"),
        visible(title)[:80],
        (str(tool["name"]).casefold(), title.casefold()),
        tuple(part.field for part in parts),
        write,
        find=None if repeatable else _find,
        repeatable=repeatable,
        title_field=next((n for n in _TITLES if n in names), ""),
        text_field=next((n for n in TEXTS if n in names), ""),
    )


def _find(client: McpServer, _draft: Draft) -> Record | None:
    raise ActionError(
        f"{client.settings.name} may have it already, and can't be searched; look there, then settle it: it is there, "
        "or it isn't and is sent again."
    )


def _record(said: Any, draft: Draft) -> Record:
    told = said.structured_content if isinstance(said.structured_content, Mapping) else {}
    number = next((str(told[k]) for k in ("id", "key", "number") if told.get(k) not in (None, "")), draft.key)
    link = next((str(told[k]) for k in ("url", "link", "html_url") if str(told.get(k, "")).startswith("https://")), "")
    title = next((v for v in draft.values.values() if v), "") or _text(said) or number
    return Record(number[:200], link[:2_000], title[:200])


def _looked_up(client: McpServer, words: str) -> list[Record]:
    """What the tools that only read say of the words; each needs one text, and no more."""
    found = []
    for tool in _readers(client.settings):
        schema = tool.get("inputSchema") or {}
        (name,) = schema.get("required") or list(schema.get("properties") or {})[:1]
        said = client.call(tool, {name: words}, writes=False)
        found.append(Record(str(tool["name"]), "", _text(said)))
    return found


def _readers(settings: McpSettings) -> list[dict[str, Any]]:
    # Relative to the settings' folder it was read already, when the actions were opened.
    known = read_tools(settings.document, settings.name)
    chosen = [t for t in known if t["name"] in settings.operations and _only_reads(t, settings)]
    return [t for t in chosen if _takes_words(t.get("inputSchema") or {})]


def _takes_words(schema: Mapping[str, Any]) -> bool:
    properties = schema.get("properties") or {}
    names = schema.get("required") or list(properties)[:1]
    return len(names) == 1 and (properties.get(names[0]) or {}).get("type") == "string"


def _text(said: Any) -> str:
    """What a tool says, as one text without what nobody sees."""
    parts = [str(getattr(part, "text", "")) for part in said.content]
    return visible(" ".join(" ".join(parts).split()))[:_MOST_CHARS]


def _causes(error: BaseException) -> list[BaseException]:
    """The error and those that it was raised for, groups opened, the innermost last."""
    inner = list(error.exceptions) if isinstance(error, BaseExceptionGroup) else []
    return [error, *(cause for part in inner for cause in _causes(part))]


KIND = ActionKind(
    "mcp",
    "MCP",
    McpSettings,
    McpServer,
    (),
    lookups=(Lookup("find", "Look up", _looked_up),),
    offers=offered,
    # RFC 8707: the token is for this server, and worth nothing at another.
    sign_in=lambda settings: SignIn(parameters={"resource": settings.url}),
)
