"""Quarterly health-check reports: the same sections and tables each quarter, so that two can be compared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from samples.builders.source import Source, make, render
from samples.builders.world import CONTENT, World, email_of, load_world, name_of, number

# When a quarter's report is written: (created, updated).
_DATES = {
    "2026-Q1": ("2026-04-09", "2026-04-14"),
    "2026-Q2": ("2026-07-08", "2026-07-13"),
    "2026-Q3": ("2026-10-07", "2026-11-13"),
}
_FINAL = "1.1 of 13 November 2026, with the decisions of the business review"
_VERSIONS = {"2026-Q1": "1.0 of 14 April 2026", "2026-Q2": "1.0 of 13 July 2026", "2026-Q3": _FINAL}
_MONTHS = {"2026-Q1": ("01", "02", "03"), "2026-Q2": ("04", "05", "06"), "2026-Q3": ("07", "08", "09")}


def sources() -> Iterator[Source]:
    """One report for each customer and quarter that content/health_checks.yaml tells of."""
    stories = yaml.safe_load((CONTENT / "health_checks.yaml").read_text(encoding="utf-8"))
    world = load_world()
    for customer, story in stories.items():
        for quarter, notes in story["quarters"].items():
            created, updated = _DATES[quarter]
            front = {
                "title": f"{world['customers'][customer]['name']} – health check Q{quarter[-1]} {quarter[:4]}",
                "created": created,
                "updated": updated,
                "authors": [world["customers"][customer]["consultant"], world["customers"][customer]["csm"]],
                "document_type": "health_check",
                "customer": world["customers"][customer]["name"],
                "customer_id": world["customers"][customer]["id"],
                "region": world["customers"][customer]["region"],
                "industry": world["customers"][customer]["industry"],
                "quarter": quarter,
                "confidentiality": "customer-confidential",
                "status": "current" if quarter == "2026-Q3" else "superseded",
            }
            path = f"health-checks/{customer}/{quarter}-health-check.{story['format']}"
            yield make("s3", path, front, render(_report(world, customer, quarter, notes)).strip() + "\n")


def status(world: World, key: str, value: float) -> str:
    """Whether a metric meets its target."""
    target, better = world["metrics"][key]["target"], world["metrics"][key]["better"]
    if target is None:
        return "for information"
    met = value >= target if better == "higher" else value <= target
    return "on target" if met else "off target"


def incidents_of(world: World, customer: str, quarter: str) -> list[dict[str, Any]]:
    """The customer's critical and high incidents of the quarter."""
    return [
        i
        for i in world["incidents"]
        if i["customer"] == customer and str(i["date"])[5:7] in _MONTHS[quarter] and str(i["date"])[:4] == quarter[:4]
    ]


def _report(world: World, customer: str, quarter: str, notes: dict[str, Any]) -> str:
    facts = world["customers"][customer]
    lines = ["## Summary", "", notes["summary"], "", "## Account", "", "| Field | Value |", "|---|---|"]
    lines += [
        f"| Customer | {facts['name']}, {facts['city']} |",
        f"| Period | Q{quarter[-1]} {quarter[:4]} |",
        f"| Overall health | {notes['health']} |",
        f"| Prepared by | {name_of(facts['consultant'])} and {name_of(facts['csm'])} ({email_of(facts['csm'])}) |",
        f"| Contract end | {facts['renewal']} |",
        f"| Version | {_VERSIONS[quarter]} |",
    ]
    lines += ["", "## Key metrics", "", "| Metric | Unit | Value | Target | Status |", "|---|---|---|---|---|"]
    for key, value in world["quarters"][customer][quarter].items():
        what = world["metrics"][key]
        cells = [what["name"], what["unit"], number(value), number(what["target"]), status(world, key, value)]
        lines.append("| " + " | ".join(cells) + " |")
    lines += ["", "## Licence use", "", "| Product | Licensed | In use | Use in % |", "|---|---|---|---|"]
    for product, units in facts["subscriptions"].items():
        used = notes.get("used", {}).get(product)
        if product == "watchtower":
            used = world["quarters"][customer][quarter]["endpoints_covered"]
        if used is not None:
            name = world["products"][product]["name"]
            lines.append(f"| {name} | {number(units)} | {number(used)} | {100 * used / units:.1f} |")
    lines += ["", "## Notable incidents", ""]
    found = incidents_of(world, customer, quarter)
    if found:
        times = "Detected after (minutes) | Contained after (hours)"
        lines += [f"| Incident | Date | Severity | What happened | {times} | Cause |", "|---|---|---|---|---|---|---|"]
        for i in found:
            row = [str(i[key]) for key in ("id", "date", "severity", "title", "detect_min", "contain_h", "cause")]
            lines.append("| " + " | ".join(row) + " |")
    else:
        lines.append("No critical or high incidents in this quarter.")
    lines += ["", "## What went well", "", *(f"- {line}" for line in notes["well"])]
    lines += ["", "## Risks", "", "| Risk | Likelihood | Impact | Mitigation |", "|---|---|---|---|"]
    lines += ["| " + " | ".join(row) + " |" for row in notes["risks"]]
    lines += ["", "## Recommendations", "", "| No. | Recommendation | Owner | Due | Status |", "|---|---|---|---|---|"]
    lines += ["| " + " | ".join(str(c) for c in row) + " |" for row in notes["recommendations"]]
    lines += ["", "## Next steps", "", notes["next"]]
    return "\n".join(lines) + "\n"
