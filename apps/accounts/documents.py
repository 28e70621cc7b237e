"""Documents of the index by customer, kind and day: all that fit, newest first, for steps and for an app's form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from apps.accounts.collect import of_customer, resolved_customer, vocabulary
from apps.language import App, AppFile, Input
from apps.run import Context, InputsWrong, Problem
from apps.run.indexed import file_of
from apps.run.inputs import shown
from core.errors import AppError
from core.nearest import nearest
from core.types import Chunk
from retrieval.query.filters import Filter, all_of, parse_filter

DOCUMENT_TYPES = ("document", "documents")


def found_documents(
    context: Context, *, filters: Filter | None = None, customer: str = "", kind: str = "", since: str = ""
) -> list[Chunk]:
    """The first chunk of every document that the person may read and that fits, newest first.

    Args:
        kind: contract, report, meeting, letter or advice, whatever this company calls it.
        since: The earliest day, ISO.

    Raises:
        AppError: nothing is indexed, or no such customer is in the person's documents.
    """
    words = vocabulary(context)
    about = of_customer(resolved_customer(customer, context, words), words) if customer else None
    chunks = context.documents(all_of(filters, about), f"{customer} {kind}".strip() or "document")
    fitting = [c for c in chunks if (not kind or words.type_of(c) == kind) and words.dated(c) >= since]
    return sorted(sorted(fitting, key=lambda c: c.title), key=words.dated, reverse=True)


def candidates(item: Input, values: Mapping[str, Any], context: Context) -> list[Chunk]:
    """The documents that a field of a form may be, newest first; of the customer that another field names."""
    customer = str(values.get(item.customer) or "") if item.customer else ""
    return found_documents(context, filters=parse_filter(item.filter), customer=customer, kind=item.kind)


def with_documents(app: App, values: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """The values of a form with every document that was chosen, or stands for none chosen, as the file that it is.

    Raises:
        InputsWrong: a document isn't among those that the person may read and the field allows.
    """
    found = dict(values)
    problems: list[Problem] = []
    for item in app.inputs:
        if item.type in DOCUMENT_TYPES:
            try:
                found[item.name] = _chosen(item, values, context)
            except AppError as error:
                problems.append(Problem(item.name, f"'{shown(item)}': {error}"))
    if problems:
        raise InputsWrong(app.name, problems)
    return found


def _chosen(item: Input, values: Mapping[str, Any], context: Context) -> Any:
    raw = values.get(item.name)
    given = [] if raw is None else raw if isinstance(raw, list) else [raw]
    if given and all(isinstance(one, AppFile) for one in given):
        return raw
    if not given and not item.latest:
        return raw
    known = candidates(item, values, context)
    if not given:
        chosen = known[: item.latest if item.type == "documents" else 1]
        if not chosen and item.required:
            raise AppError(
                f"there is none{_told(item, values)} that {context.user.email} may read; add it, or attach a file."
            )
        files: list[AppFile] = [_file(chunk, context) for chunk in chosen]
    else:
        files = [one if isinstance(one, AppFile) else _file(_named(str(one), known), context) for one in given]
    return files if item.type == "documents" else files[0] if files else None


def _named(wanted: str, known: Sequence[Chunk]) -> Chunk:
    """The document of that id or title. Raises AppError when there is none among them."""
    low = wanted.casefold()
    found = [c for c in known if c.document_id == wanted or c.title.casefold() == low]
    if len({c.document_id for c in found}) > 1:
        raise AppError(f"{len(found)} documents are called {wanted!r}; give one's id, such as {found[0].document_id}.")
    if found:
        return found[0]
    titles = list(dict.fromkeys(c.title for c in known))
    raise AppError(f"no document that you may choose is called {wanted!r}; {nearest(wanted, titles, 'documents')}")


def _file(chunk: Chunk, context: Context) -> AppFile:
    return file_of(context.searcher().document(chunk.document_id, context.user) or [chunk])


def _told(item: Input, values: Mapping[str, Any]) -> str:
    """What was looked for, in words."""
    parts = [item.kind and f" of the kind {item.kind}", item.filter and f" with {item.filter}"]
    customer = values.get(item.customer) if item.customer else ""
    return "".join(filter(None, [*parts, customer and f" of {customer}"]))
