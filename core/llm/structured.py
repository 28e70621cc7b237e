"""A reply as a value of a pydantic class, over LangChain's `with_structured_output`; validated, and repaired once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from core.llm.calls import Usage
from core.llm.chunks import read_chunk
from core.llm.thoughts import without_thoughts

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

Schema = TypeVar("Schema", bound=BaseModel)
_OBJECT = re.compile(r"\{.*\}", re.DOTALL)


def ask_for(
    chat: BaseChatModel,
    messages: list[Any],
    schema: type[Schema],
    note: Callable[[list[Any]], None] = lambda _: None,
) -> tuple[Schema | None, Usage]:
    """The value and the tokens of one call, or of two when the first reply didn't fit; None when neither did.

    Args:
        note: Is told what is sent, with the schema as the last message.
    """
    usage, sent = Usage(), messages
    for _ in range(2):
        note([*sent, ("schema", json.dumps(schema.model_json_schema()))])
        value, problem, text, used = _once(chat, sent, schema)
        usage += used
        if value is not None:
            return value, usage
        said = f"That doesn't fit: {problem}. Reply with one JSON object of this schema and nothing else:\n"
        asked = said + json.dumps(schema.model_json_schema())
        sent = [*messages, ("assistant", text), ("user", asked)] if text.strip() else [*messages, ("user", asked)]
    return None, usage


def _once(chat: BaseChatModel, messages: list[Any], schema: type[Schema]) -> tuple[Schema | None, str, str, Usage]:
    """(value, what is wrong with it, the reply's text, tokens)."""
    try:
        # As a JSON schema: given the class, some packages validate by themselves, and the reply is lost with the error.
        found: Any = chat.with_structured_output(schema.model_json_schema(), include_raw=True).invoke(messages)
        raw, parsed = found["raw"], found["parsed"]
    except NotImplementedError:  # a class that has no such output gets the schema in words, by the second call
        raw, parsed = chat.invoke(messages), None
    read = read_chunk(raw)
    text = without_thoughts(read.text) if parsed is None else json.dumps(parsed)
    inner = _OBJECT.search(text)
    try:
        return schema.model_validate_json(inner.group() if inner else text), "", text, read.usage
    except ValidationError as wrong:
        first = wrong.errors()[0]
        where = ".".join(map(str, first["loc"]))
        return None, f"{where}: {first['msg']}" if where else first["msg"], text, read.usage
