"""`debrief capacity`."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from core.console import err, out, print_json
from core.errors import SettingsError
from operations.capacity import Need, Size, coefficients, cost, needs

_TIMES = {"": 1, "k": 1_000, "m": 1_000_000, "g": 1_000_000_000}
_PRICES = ("core", "memory", "disk")


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("capacity")(capacity_command)


def capacity_command(
    *,
    documents: Annotated[str, typer.Option(help="How many documents: 20000, 20k, 10M.")],
    questions_per_day: Annotated[str, typer.Option(help="How many questions a day: 500, 200k.")] = "1k",
    languages: Annotated[str, typer.Option(help="Languages of documents and questions: en,de.")] = "en",
    changed: Annotated[float, typer.Option(help="The share of the documents that changes in a day.")] = 0.01,
    prices: Annotated[
        str,
        typer.Option(help="For the cost: core=0.04,memory=0.005 (an hour; memory a GB), disk=0.1 (a GB and month)."),
    ] = "",
    coefficients_file: Annotated[
        Path | None,
        typer.Option("--coefficients", help="Your own measurements, in the form of operations/capacity.yaml."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Says what a deployment of a size needs: cores, memory, disk and cost, from measured figures."""
    model = "english" if {one.strip() for one in languages.split(",")} == {"en"} else "multilingual"
    if not 0 <= changed <= 1:
        raise SettingsError(f"--changed {changed} is no share; write 0.01 for one document in a hundred.")
    size = Size(_count("--documents", documents), _count("--questions-per-day", questions_per_day), model, changed)
    lines = needs(size, coefficients(coefficients_file))
    month = cost(lines, _priced(prices)) if prices else None
    if as_json:
        print_json({"size": asdict(size), "needs": [asdict(line) for line in lines], "cost_per_month": month})
        return
    out.print(f"{size.documents:,} documents, {size.questions:,} questions a day, embedding.model: {size.model}")
    for line in lines:
        out.print(f"  {line.what:<36}{_shown(line):>14}   {_grown(line)}{line.rests_on}", highlight=False)
    if month is not None:
        out.print(f"A month costs {month:,.2f} at these prices, without a language model, a network and people.")
    if any(line.beyond > 1 for line in lines):
        err.print("× N: so many times larger than anything that was measured; measure it before you rely on it.")


def _count(option: str, text: str) -> int:
    found = re.fullmatch(r"\s*(\d[\d,_]*(?:\.\d+)?)\s*([kmg]?)\s*", text, re.IGNORECASE)
    count = int(float(re.sub("[,_]", "", found[1])) * _TIMES[found[2].lower()]) if found else 0
    if count < 1:
        raise SettingsError(f"{option} {text!r} is no count; write 20000, 20k or 10M.")
    return count


def _priced(text: str) -> dict[str, float]:
    found = dict(re.findall(r"(\w+)\s*=\s*(\d+(?:\.\d+)?)", text))
    if set(found) != set(_PRICES):
        raise SettingsError(f"--prices {text!r} can't be used; write core=0.04,memory=0.005,disk=0.1.")
    return {name: float(price) for name, price in found.items()}


def _shown(line: Need) -> str:
    amount, unit = line.amount, line.unit
    if unit == "B":
        amount, unit = amount / 1e9, "GB"
    digits = 0 if float(amount).is_integer() or amount >= 100 else 2 if amount < 10 else 1
    return f"{amount:,.{digits}f} {unit}".strip()


def _grown(line: Need) -> str:
    return f"× {line.beyond:,.0f}  " if line.beyond > 1.5 else ""
