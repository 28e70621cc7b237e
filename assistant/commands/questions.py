"""`debrief ask`, `trace`, `style` and `forget`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from apps.language import App
from assistant.answers import Styles, deep_link
from assistant.answers.form.style import merged, parse_style
from assistant.app_runs import AppAnswers
from assistant.ask import Assistant
from assistant.commands.inputs import Parse, attachment, form_lines, given_inputs, read_file
from assistant.events import Stage
from assistant.open import open_assistant
from assistant.question import ATTACHED, RESEARCH, SEARCH, Question
from assistant.records import Traces
from assistant.records.retention import forget as forget_old
from assistant.records.still_readable import Readable, trace_as_readable, trace_documents
from core.console import err, out, print_json
from core.database import open_database
from core.errors import QuestionError
from core.identity import asking_user
from core.llm import SentPrompt
from core.settings import AnswerStyle, RetentionSettings, Settings, load_settings
from core.types import Answer, Citation, User
from retrieval.engines.open import open_generations
from retrieval.query import parse_filter

_QUOTE_CHARS = 300
_parse: dict[str, Parse] = {}
_readable: dict[str, Callable[[Settings], Readable]] = {}


def ask(
    question: Annotated[str, typer.Argument(help="What you want to know.")],
    *,
    user: Annotated[str, typer.Option(help="Who asks; default: auth.development_user.")] = "",
    conversation: Annotated[str | None, typer.Option(help="Continue the conversation with this id.")] = None,
    filter_: Annotated[
        list[str] | None, typer.Option("--filter", help="Only documents with this, for example document_type=policy.")
    ] = None,
    app: Annotated[str, typer.Option("--app", help="Use this app instead of the router's choice.")] = "",
    search: Annotated[bool, typer.Option("--search", help="Use plain search instead of the router's choice.")] = False,
    research: Annotated[
        bool, typer.Option("--research", help="Have a language model look it up from all sides, and write a report.")
    ] = False,
    input_: Annotated[
        list[str] | None, typer.Option("--input", help="name=value for the form of --app; a path for a file.")
    ] = None,
    attach: Annotated[list[Path] | None, typer.Option("--attach", help="A file to work on or to ask about.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print the answer as one JSON object.")] = False,
) -> None:
    """Answers a question from the documents that the user may read, with citations, or by the app that fits it."""
    if sum(map(bool, (app, search, research))) > 1:
        raise QuestionError("--app, --search and --research exclude each other; give one of them.")
    if input_ and not app:
        raise QuestionError("--input fills the form of an app; name the app with --app.")
    settings = load_settings()
    asking = asking_user(settings, user, open_database(settings))
    filters = parse_filter(filter_ or None)
    attachments = tuple(attachment(read_file(file, _parse["file"])) for file in attach or [])
    assistant = open_assistant(settings, readable=_readable_in(settings))
    inputs = given_inputs(_app(assistant, app), input_, _parse["file"]) if input_ else {}
    answer: Answer | None = None
    asked = Question(
        question,
        asking,
        conversation_id=conversation,
        filters=filters,
        route=SEARCH if search else RESEARCH if research else f"app:{app}" if app else None,
        attachments=attachments,
        inputs=inputs,
    )
    for event in assistant.ask(asked):
        if isinstance(event, Answer):
            answer = event
        elif isinstance(event, Stage) and not json_ and err.is_terminal:
            err.print(f"[dim]{escape(event.name)}: {escape(event.detail)}[/]")
    assert answer is not None
    if json_:
        print_json(answer)
    else:
        _print_answer(answer)
    if answer.outcome == "needs_input" and answer.route.startswith("app:") and not json_:
        name = answer.route.removeprefix("app:")
        err.print(f"Ask again with --app {name} and what it needs, or with --search for plain search:")
        for line in form_lines(_app(assistant, name), answer.choices):
            err.print(f"  {line}", markup=False)


def trace(
    trace_id: Annotated[str, typer.Argument(help="The id that `debrief ask` prints.")],
    *,
    user: Annotated[str, typer.Option(help="Whose answer; default: auth.development_user.")] = "",
    prompt: Annotated[
        bool, typer.Option("--prompt", help="Print what language models were sent, word for word.")
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print the trace as one JSON object.")] = False,
) -> None:
    """Shows how an answer came about: searches, passages with their scores, checks, model, time in each stage."""
    settings = load_settings()
    engine = open_database(settings)
    asking = asking_user(settings, user, open_database(settings))
    administrator = bool(set(asking.groups) & set(settings.auth.admin_groups))
    record = Traces(engine).load(trace_id, asking, everyone=administrator)
    if prompt:
        _check_may_read(record, asking, settings)
        _print_prompts(Traces(engine).prompts(trace_id), trace_id, as_json=json_)
        return
    record = trace_as_readable(record, _readable_in(settings)(trace_documents(record), asking))
    if json_:
        print_json(record)
    else:
        _print_trace(record)


def style(
    *,
    audience: Annotated[str | None, typer.Option(help='For a language model, for example "executives".')] = None,
    length: Annotated[str | None, typer.Option(help="short, normal or detailed.")] = None,
    tone: Annotated[str | None, typer.Option(help='For a language model, for example "plain and friendly".')] = None,
    format_: Annotated[str | None, typer.Option("--format", help="prose or bullets.")] = None,
    reset: Annotated[bool, typer.Option("--reset", help="Back to what the deployment has.")] = False,
    user: Annotated[str, typer.Option(help="Whose answers; default: auth.development_user.")] = "",
    json_: Annotated[bool, typer.Option("--json", help="Print the style as one JSON object.")] = False,
) -> None:
    """Shows how your answers are written, or changes it. What isn't named stays; an empty text takes it back."""
    settings = load_settings()
    engine = open_database(settings)
    asking, styles = asking_user(settings, user, engine), Styles(engine)
    named = {"audience": audience, "length": length, "tone": tone, "format": format_}
    changes = {key: value for key, value in named.items() if value is not None}
    if reset or changes:
        kept = AnswerStyle() if reset else styles.of(asking)
        styles.choose(asking, parse_style({**kept.model_dump(exclude_defaults=True), **changes}))
    own = styles.of(asking)
    shown = merged(settings.answer.style, own).model_dump()
    if json_:
        print_json(shown)
        return
    for key, value in shown.items():
        source = "your own" if getattr(own, key) else "the deployment's" if value else "not set"
        out.print(f"[bold]{key:<10}[/] {escape(value or '–')} [dim]({source})[/]")


def forget(
    *,
    conversations_days: Annotated[
        int | None, typer.Option(min=1, help="Conversations not continued for so long; default: the settings'.")
    ] = None,
    traces_days: Annotated[
        int | None, typer.Option(min=1, help="Traces of questions asked before so long; default: the settings'.")
    ] = None,
    audit_days: Annotated[
        int | None, typer.Option(min=1, help="Entries of the audit trail from before so long; default: the settings'.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print how many as one JSON object.")] = False,
) -> None:
    """Deletes everybody's old conversations, traces and audit entries, as `debrief serve` does each day."""
    settings = load_settings()
    chosen = settings.retention
    given = {"conversations_days": conversations_days, "traces_days": traces_days, "audit_days": audit_days}
    if any(days is not None for days in given.values()):
        chosen = RetentionSettings(**given)
    if chosen == RetentionSettings():
        raise QuestionError(
            "Nothing says what is old; set retention.conversations_days, retention.traces_days or retention.audit_days "
            f"in {settings.file}, or name --conversations-days, --traces-days or --audit-days."
        )
    done = forget_old(open_database(settings), chosen)
    if json_:
        print_json(done)
    else:
        audited = f" and {done.audited} audit entries" if done.audited else ""
        out.print(f"Deleted {done.conversations} conversations and {done.traces} traces{audited}.")


def register(app: typer.Typer, parse: Parse, readable: Callable[[Settings], Readable]) -> None:
    """Adds the commands to `debrief`.

    Args:
        parse: Turns a file's bytes and name into text.
        readable: Which of some documents a person may read now.
    """
    _parse["file"], _readable["now"] = parse, readable
    app.command("ask")(ask)
    app.command("trace")(trace)
    app.command("style")(style)
    app.command("forget")(forget)


def _readable_in(settings: Settings) -> Readable:
    return _readable["now"](settings)


def _app(assistant: Assistant, name: str) -> App:
    assert isinstance(assistant.router, AppAnswers)
    return assistant.router.app(name)


def _print_answer(answer: Answer) -> None:
    if answer.understood:
        out.print(f"[dim]Understood as: {escape(answer.understood)}[/]")
    out.print(escape(answer.text))
    if answer.choices and answer.route == SEARCH:
        out.print()
        for choice in answer.choices:
            out.print(f"  • {escape(choice)}")
    if answer.citations:
        out.print()
    for citation in {c.marker: c for c in answer.citations}.values():
        _print_citation(citation)
    for note in answer.notes:
        out.print(f"[dim]{escape(note)}[/]")
    if answer.offers:
        apps = ", ".join(f"--app {offer.removeprefix('app:')}" for offer in answer.offers)
        out.print(f"[dim]More can be had with {escape(apps)}.[/]")
    details = [f"confidence {answer.confidence:.2f}"]
    if answer.route != "search":
        details.append(f"route {answer.route}")
    if answer.trace_id:
        details.append(f"trace {answer.trace_id}")
    out.print(f"\n[dim]{escape(' · '.join(details))}[/]")


def _print_citation(citation: Citation) -> None:
    place = citation.locator or (f"page {citation.page}" if citation.page else "")
    head = f"[{citation.marker}] {citation.title or citation.document_id}" + (f", {place}" if place else "")
    out.print(f"[bold]{escape(head)}[/]")
    link = deep_link(citation)
    if link:
        out.print(f"    [dim]{escape(link)}[/]")
    quote = " ".join(citation.quote.split())
    out.print(f"    “{escape(quote[:_QUOTE_CHARS])}{'…' if len(quote) > _QUOTE_CHARS else ''}”")


def _check_may_read(record: Mapping[str, Any], reader: User, settings: Settings) -> None:
    """Nothing, if the person may read all documents that the prompts quote, as they are now.

    Raises:
        QuestionError: there is one that they may not read, or that is gone; attachments are their owner's alone.
    """
    own = record["user"] == reader.email.lower()
    given = [document for document in record.get("given", ()) if not (own and document.startswith(f"{ATTACHED}:"))]
    index = open_generations(settings).read() if given else None
    hidden = [document for document in given if index is None or not index.document(document, reader)]
    if hidden:
        raise QuestionError(
            f"The prompts of {record['id']} quote {len(hidden)} of {len(given)} documents that you may not read, or "
            "that are gone; somebody who may read them all can print them."
        )


def _print_prompts(prompts: Sequence[SentPrompt], trace_id: str, *, as_json: bool) -> None:
    if as_json:
        print_json(prompts)
        return
    if not prompts:
        raise QuestionError(
            f"No prompt is kept of {trace_id}: no language model was asked, or llm.keep_prompts is false."
        )
    for number, sent in enumerate(prompts, start=1):
        out.rule(f"{number}. {escape(sent.task)}, {escape(sent.model)}", align="left")
        for role, text in sent.messages:
            out.print(f"[bold]{escape(role)}:[/]")
            # As it is: neither wrapped nor with brackets read as markup.
            out.print(text, markup=False, highlight=False, soft_wrap=True)
            out.print()


def _print_trace(record: Mapping[str, Any]) -> None:
    facts = {
        "question": record["question"],
        "asked": f"{record['asked_at']:%Y-%m-%d %H:%M:%S} UTC by {record['user']}",
        "searched": " | ".join(record["searched"]),
        "looked up": "; ".join(f"{s['doing']} ({s['passages']})" for s in record.get("steps", ())),
        "route": " – ".join(part for part in (record["route"], record["route_reason"]) if part),
        "outcome": f"{record['outcome']}, confidence {record['confidence']:.2f}",
        "seconds": ", ".join(f"{name} {seconds:.3f}" for name, seconds in record["seconds"].items()),
        "signals": ", ".join(f"{name} {value:.2f}" for name, value in record["signals"].items()),
        "guardrails": "; ".join(record["guardrails"]),
        "notes": "; ".join(record["notes"]),
    }
    for name, value in facts.items():
        if value:
            out.print(f"[bold]{name:<10}[/] {escape(str(value))}")
    for call in record["models"]:
        out.print(
            f"[bold]model     [/] {escape(call['model'])}, prompt {escape(call['prompt'])}, "
            f"{call['input_tokens']} + {call['output_tokens']} tokens, cost {call['cost']:.6f}, {call['seconds']} s"
            f"{_ended(call)}"
        )
    for failed in record.get("failures", ()):
        out.print(f"[bold]failed    [/] {escape(failed['said'])} [dim]{escape(failed['detail'])}[/]")
    if record["passages"]:
        table = Table("passage", "place", "text", "vector", "fused", "boosts", "final")
        for passage in record["passages"]:
            why = passage["why"]
            boosts = " ".join(f"{b['attribute']}={b['value']}×{b['factor']:.2f}" for b in why["boosts"])
            scores = (_figure(why["text"]), _figure(why["vector"]), _figure(why["fused"]))
            title = str(passage["title"] or passage["document_id"])
            table.add_row(escape(title), escape(passage["locator"]), *scores, escape(boosts), _figure(passage["score"]))
        out.print(table)
    for check in record["checks"]:
        problems = "; ".join(check.get("problems", ()))
        out.print(f"[bold]{check['outcome']:<10}[/] {escape(check['sentence'])} [dim]{escape(problems)}[/]")
    out.print(f"\n{escape(record['answer'])}")
    for given in record["feedback"]:
        out.print(
            f"[bold]feedback  [/] {given['rating']} {escape(', '.join(given['reasons']))} {escape(given['comment'])}"
        )


def _ended(call: Mapping[str, Any]) -> str:
    """How a call ended when it isn't by the model's own end."""
    stop = call.get("stop", "end")
    return "" if stop == "end" else f", ended by: {stop}"


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
