"""`debrief model`: language models on this machine."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, cast, get_args

import typer
from rich.markup import escape
from rich.table import Table

from core.console import out, print_json
from core.database import open_database, utc_now
from core.errors import ModelError, SettingsError
from core.llm.calling import NEARLY
from core.llm.hub import fetch_folder, fetch_from_hub
from core.llm.local.gguf import Gguf, read_gguf
from core.llm.local.lease import DEFAULT_CONTEXT, available_memory_bytes
from core.llm.local.store import find_model, is_intact, models_folder, stored_models
from core.llm.names import LOCAL, is_local
from core.llm.probe import probe
from core.llm.speech import FILES, REPOSITORY, STANDARD
from core.llm.usage import By, ModelUsage
from core.settings import LlmSettings, load_settings

_GB = 1e9
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    group = typer.Typer(rich_markup_mode=None, no_args_is_help=True)
    group.command("get")(get)
    group.command("list")(list_)
    group.command("check")(check)
    group.command("usage")(usage)
    app.add_typer(group, name="model", help="Language models: on this machine, and what all of them are used for.")


def get(
    name: Annotated[
        str,
        typer.Argument(
            help="OWNER/REPOSITORY of a hub, with :q5_k_m for another file of it; or `small`; or `speech`, "
            "the model that writes down recordings."
        ),
    ],
) -> None:
    """Fetches a GGUF file from a hub into the models' folder, goes on where it broke off, and checks it."""
    if name == "speech":
        folder = fetch_folder(REPOSITORY, models_folder() / STANDARD, FILES)
        out.print(f"The speech model is in {escape(str(folder))}; recordings are heard with the next `debrief sync`.")
        return
    file = fetch_from_hub(name)
    model = read_gguf(file)
    out.print(f"{escape(model.name)} is in {escape(str(file))} ({model.size_bytes / _GB:.1f} GB).")
    out.print(
        f"Use it with `llm.model: local:{escape(file.stem)}`; try it with `debrief model check {escape(file.stem)}`."
    )


def list_(json_: JsonOption = False) -> None:
    """Shows the models in the models' folder: size, context, memory, and which one `local` stands for."""
    rows = [_facts(file) for file in stored_models()]
    if json_:
        print_json({"folder": str(models_folder()), "models": rows})
        return
    if not rows:
        out.print(f"There is no model in {escape(str(models_folder()))}; fetch one with `debrief model get`.")
        return
    table = Table("name", "kind", "size", "context", "memory", "")
    for number, row in enumerate(rows):
        if "problem" in row:
            table.add_row(escape(str(row["name"])), escape(str(row["problem"])))
            continue
        table.add_row(
            escape(str(row["name"])), escape(str(row["architecture"])), f"{row['size_gb']:.1f} GB",
            f"{row['context_tokens']:,}", f"{row['memory_gb']:.1f} GB", "`local`" if number == 0 else "",
        )  # fmt: skip
    out.print(table)
    out.print(f"[dim]{escape(str(models_folder()))}[/]")


def check(
    name: Annotated[str, typer.Argument(help="A model of the list, or a file; default: what llm.model names.")] = "",
    *,
    json_: JsonOption = False,
) -> None:
    """Checks that a model's file is whole and fits into memory, starts it, and says how fast it reads and writes."""
    settings, data_dir = _settings()
    model = _named(name or (settings.model if is_local(settings.model) else LOCAL))
    gguf = find_model(model)
    intact = is_intact(gguf.path)
    if intact is False:
        raise ModelError(f"{gguf.path} isn't what was fetched any more; delete it and fetch it again.")
    tried = probe(model, settings, data_dir)
    if tried.failure:
        raise ModelError(tried.failure)
    if json_:
        print_json({**_facts(gguf.path), "intact": intact, "said": tried.said, "concerns": list(tried.concerns())})
        return
    out.print(f"{escape(gguf.name)}, {escape(str(gguf.path))}")
    out.print("The file is what was fetched." if intact else "Nothing says what the file was when it was fetched.")
    out.print(f"It {tried.said}.".replace("It first", "First"))
    for concern in tried.concerns():
        out.print(f"[yellow]{escape(concern)}[/]")


def usage(
    by: Annotated[str, typer.Option(help=f"{', '.join(get_args(By))}.")] = "month",
    *,
    days: Annotated[int, typer.Option(min=1, help="Of the last so many days.")] = 365,
    json_: JsonOption = False,
) -> None:
    """Shows calls, tokens and cost of all language models, and how much of llm.budget is used."""
    if by not in get_args(By):
        raise SettingsError(f"--by is {by!r}; choose one of {', '.join(get_args(By))}.")
    settings = load_settings()
    kept = ModelUsage(open_database(settings))
    rows = kept.sums(cast("By", by), utc_now() - timedelta(days=days))
    shares = kept.shares(settings.llm.budget, "")
    if json_:
        print_json({"by": by, "rows": rows, "budget": [{"limit": limit, "used": share} for limit, share in shares]})
        return
    table = Table(by, "calls", "tokens read", "tokens written", "cost")
    for row in rows:
        table.add_row(
            escape(row.of or "–"),
            f"{row.calls:,}",
            f"{row.input_tokens:,}",
            f"{row.output_tokens:,}",
            f"{row.cost:.4f}",
        )
    out.print(table)
    for limit, share in shares:
        out.print(f"[{'yellow' if share >= NEARLY else 'dim'}]{share:.0%} of {limit} is used.[/]", markup=True)


def _named(name: str) -> str:
    return name if is_local(name) else f"{LOCAL}:{name}"


def _settings() -> tuple[LlmSettings, Path | None]:
    """The workspace's; outside of one the defaults, since models belong to the machine."""
    try:
        settings = load_settings()
    except SettingsError:
        return LlmSettings(), None
    return settings.llm, settings.data_path


def _facts(file: Path) -> dict[str, object]:
    try:
        model: Gguf = read_gguf(file)
    except ModelError as error:
        return {"name": file.stem, "file": str(file), "problem": str(error)}
    return {
        "name": file.stem,
        "file": str(file),
        "architecture": model.architecture,
        "size_gb": round(model.size_bytes / _GB, 2),
        "context_tokens": model.context_tokens,
        "memory_gb": round(model.memory_bytes(DEFAULT_CONTEXT) / _GB, 1),
        "memory_free_gb": round(available_memory_bytes() / _GB, 1),
    }
