"""`debrief search`: what is found for a question, by whom it may be read, and why it ranks where it does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer
import yaml
from rich.markup import escape

from core.console import out, print_json
from core.database import open_database
from core.errors import FilterError, QuestionError
from core.identity import asking_user
from core.settings import load_settings
from core.types import Attributes, Passage, Why
from core.yaml_text import load_yaml
from retrieval.query.filters import Exists, names, parse_filter
from retrieval.query.search import Search
from retrieval.query.weights import Weights, parse_weights

_SHOWN_CHARS = 300
# Passages unlike each other are chosen among so many times as many.
DIVERSE_POOL = 4


def register(app: typer.Typer) -> None:
    """Adds the commands to `debrief`."""
    app.command("search")(search)


def search(
    question: Annotated[str, typer.Argument(help="What to look for.")],
    *,
    user: Annotated[str, typer.Option(help="Who looks; default: auth.development_user.")] = "",
    filter_: Annotated[
        list[str] | None, typer.Option("--filter", help="Only documents with this, for example customer=Acme.")
    ] = None,
    weight: Annotated[
        list[str] | None,
        typer.Option("--weight", help="Override a weight, for example 'document_type: {policy: high}'."),
    ] = None,
    context: Annotated[
        list[str] | None, typer.Option("--context", help="The conversation's attribute, for example customer=Acme.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many passages.")] = 10,
    why: Annotated[bool, typer.Option("--why", help="Show every score and weight of each passage.")] = False,
    by_document: Annotated[bool, typer.Option("--by-document", help="Group the passages by document.")] = False,
    diverse: Annotated[
        bool, typer.Option("--diverse", help="Prefer passages that say something new over ever more of the same.")
    ] = False,
    around: Annotated[
        int, typer.Option(min=0, max=20, help="Show so many chunks before and after each passage, too.")
    ] = 0,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Finds the passages that the user may read, best first."""
    # Imported here: `--help` and the errors below shouldn't wait for the model.
    from retrieval.retriever import diversified, group_by_document, open_retriever

    if not question.strip():
        raise QuestionError("The question is empty; write what to look for.")
    settings = load_settings()
    person = asking_user(settings, user, open_database(settings))
    conditions, overrides, attributes = parse_filter(filter_ or None), _weights(weight or ()), _context(context or ())
    retriever = open_retriever(settings)
    wanted = limit * DIVERSE_POOL if diverse else limit
    passages = retriever.search(Search(question, person, wanted, conditions, overrides, attributes))
    if diverse:
        passages = diversified(passages, retriever.embedder, limit)
    if by_document:
        passages = [passage for group in group_by_document(passages).values() for passage in group]
    sections = [retriever.neighbours(p.chunk, person, around, around) for p in passages] if around else []
    if json_:
        found = {"question": question, "user": person.email, "passages": passages}
        print_json({**found, "around": sections} if around else found)
        return
    if not passages:
        out.print("Nothing was found that this user may read" + (" under this filter." if conditions else "."))
        for name in sorted(names(conditions)):
            if not retriever.search(Search(question, person, 1, Exists(name))):
                out.print(f"No document that this user may read and that fits the question has the attribute {name!r}.")
    for number, passage in enumerate(passages, start=1):
        _print(number, passage, why)
        for chunk in sections[number - 1] if around else ():
            mark = "▸" if chunk.id == passage.chunk.id else " "
            out.print(f"   [dim]{mark} {chunk.ordinal + 1}.[/] {escape(' '.join(chunk.text.split()))}")


def _weights(texts: Sequence[str]) -> Weights:
    merged = Weights()
    for text in texts:
        try:
            raw = load_yaml(text)
        except yaml.YAMLError as error:
            raise FilterError(
                f"The weight {text!r} is not valid YAML; write 'document_type: {{policy: high}}'."
            ) from error
        merged = merged.overridden_by(parse_weights(raw, f"--weight {text!r}"))
    return merged


def _context(texts: Sequence[str]) -> Attributes:
    pairs = [text.partition("=") for text in texts]
    for name, sign, value in pairs:
        if not (name.strip() and sign and value.strip()):
            raise FilterError(f"The context {name + sign + value!r} can't be read; write customer=Acme.")
    return {name.strip(): value.strip() for name, _, value in pairs}


def _print(number: int, passage: Passage, why: bool) -> None:
    chunk = passage.chunk
    # A document's first heading often is its title.
    parts = dict.fromkeys((chunk.title or chunk.document_id, *chunk.heading_path))
    place = " › ".join(part for part in parts if part)
    where = f" ({chunk.locator})" if chunk.locator else ""
    out.print(f"[bold]{number}. {escape(place)}[/]{escape(where)}  [dim]{passage.score:.3f}[/]")
    text = " ".join(chunk.text.split())
    out.print("   " + escape(text if len(text) <= _SHOWN_CHARS else text[: _SHOWN_CHARS - 1] + "…"))
    if chunk.url:
        out.print(f"   [dim]{escape(chunk.url)}[/]")
    if why:
        out.print(f"   [cyan]{escape(explained(passage.why))}[/]")


def explained(why: Why) -> str:
    """The scores in one line, in the order in which they came to be."""
    parts = [
        f"text {why.text:.3f}" if why.text is not None else "text –",
        f"vector {why.vector:.3f}" if why.vector is not None else "vector –",
        f"fused {why.fused:.3f}",
        *([f"words {why.words:.3f}"] if why.words is not None else []),
        *(f"{boost.attribute} {boost.value} ×{boost.factor:.2f}" for boost in why.boosts),
    ]
    if why.rerank is not None:
        parts.append(f"re-ranked {why.rerank:.3f}")
    return " · ".join([*parts, f"final {why.final:.3f}"])
