"""`debrief accounts draft | check`: how this company calls the facts of its customers, and what is known of one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from apps.accounts import ACCOUNTS_FILE, collected, contradiction_text, load_accounts
from apps.accounts.draft import drafted
from apps.accounts.draft_text import draft_text
from apps.accounts.proposed import with_proposals
from apps.run import Context
from assistant.app_runs import open_tools
from assistant.app_runs.tools import writing_model
from core.console import err, out, print_json
from core.database import open_database
from core.errors import AppError, ModelError
from core.identity import asking_user
from core.settings import load_settings
from retrieval.retriever import open_retriever

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
AsUser = Annotated[str, typer.Option("--user", help="Who acts; default: auth.development_user.")]

accounts_app = typer.Typer(no_args_is_help=True, help="How your company calls the facts of its customers.")


def register(app: typer.Typer) -> None:
    """Adds the commands to `debrief`."""
    app.add_typer(accounts_app, name="accounts")


@accounts_app.command("draft")
def draft(
    save: Annotated[
        Path | None, typer.Option(help=f"Write it there, such as {ACCOUNTS_FILE}; default: print it.")
    ] = None,
) -> None:
    """Proposes an accounts.yaml from what is indexed, with examples and gaps as comments, for a person to confirm."""
    settings = load_settings()
    if save is not None and save.exists():
        raise AppError(f"{save} is there already; choose another name, or remove it.")
    retriever = open_retriever(settings)
    proposed = drafted(retriever.index.chunks(), retriever.embedder, settings.company)
    if (model := writing_model(settings)) is not None:
        try:
            proposed = with_proposals(proposed, model.fill)
        except ModelError as error:
            err.print(f"This is drafted without a language model, since {error}", markup=False)
    if not proposed.survey.customers:
        err.print(
            "No document says whose it is, in an attribute, a line or its folder; say in accounts.yaml what does "
            "(metadata: customer, customers: lines, customers: folders), or map an attribute in the source's `mapping`."
        )
    text = draft_text(proposed)
    if save is None:
        print(text, end="")
        return
    save.write_text(text, encoding="utf-8")
    beside = settings.path(Path(ACCOUNTS_FILE))
    out.print(f"Wrote {save}; read it through. It counts once it is {beside}.", markup=False)


@accounts_app.command("check")
def check(
    customer: Annotated[str, typer.Argument(help="A customer's name or number.")],
    user: AsUser = "",
    as_json: AsJson = False,
) -> None:
    """Shows each fact of a customer with its document, the place there, its day, and whether the customer may know."""
    settings = load_settings()
    person = asking_user(settings, user, open_database(settings))
    written = load_accounts(settings.path(Path(ACCOUNTS_FILE))) is not None
    facts = collected(customer, Context(person, open_tools(settings, None, open_retriever(settings))))
    known = facts.result()
    remarks = [f"Not found: {', '.join(known['gaps'])}."] if known["gaps"] else []
    remarks += [contradiction_text(one) for one in known["contradictions"]]
    remarks += [
        f"Which way is better for {m['name']} is unknown." for m in known["metrics"] if m["better"] == "neither"
    ]
    if known["report"]["stale"] and known["metrics"]:
        remarks.append(f"The newest figures are of {known['report']['period']}, more than a quarter ago.")
    if as_json:
        print_json({"customer": facts.customer, "accounts_file": written, "facts": facts.places, "remarks": remarks})
        return
    out.print(_table(facts.places))
    for remark in remarks:
        out.print(remark, markup=False)
    if not written:
        out.print(
            f"There is no {ACCOUNTS_FILE}; this is read by a draft that nobody has confirmed (debrief accounts draft)."
        )


def _table(places: list[dict[str, Any]]) -> Table:
    table = Table("fact", "value", "document", "place", "day", "customer may know")
    for p in places:
        cells = [str(p[key]) for key in ("fact", "value", "document", "place", "day")]
        table.add_row(*map(escape, cells), "yes" if p["for_customers"] else "no")
    return table
