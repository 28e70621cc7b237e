"""A run as one HTML file that needs nothing else: trends, tags, and the worst cases beside the baseline."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from core.tables import read_rows
from evals.report.plots import tag_plot, trend_plot
from evals.report.report import QUALITY, Report, in_words, metric_table, side_by_side, verdict_line, worst_cases
from evals.suite import Result, by_tag
from evals.suite.scorers import LOWER_IS_BETTER

_WORST = 12
_MOST_TAGS = 24
_TAG_METRICS = ("outcome", "fact_coverage", "citation_precision")
_STYLE = """
:root{color-scheme:light dark;--ink:#1d2430;--quiet:#566072;--line:#d5dae3;--back:#fff;--mark:#1f5fbf;--bad:#b3261e;
  --good:#1b6e3c}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ef;--quiet:#a3adbd;--line:#3a4250;--back:#14181f;--mark:#7fb0ff;
  --bad:#ff8a80;--good:#7fd6a1}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--back);max-width:1080px;margin:2rem auto;
  padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}.quiet{color:var(--quiet)}.worse{color:var(--bad)}
  .better{color:var(--good)}
.plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(240px,1fr));gap:.5rem}
  .plots.wide{grid-template-columns:repeat(auto-fill,minmax(330px,1fr))}
figure{margin:0;border:1px solid var(--line);border-radius:6px;padding:.4rem}figcaption{font-size:.85rem}
svg{width:100%;font:10px system-ui,sans-serif;fill:var(--quiet)}polyline{fill:none;stroke:var(--mark);stroke-width:2}
circle,rect{fill:var(--mark)}.axis,.bar{stroke:var(--line)}.tick{stroke:var(--bad);stroke-width:2}
table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid var(--line);padding:.3rem .5rem;
  text-align:left;vertical-align:top}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:1rem}.pair>div{border:1px solid var(--line);border-radius:6px;
  padding:.5rem;white-space:pre-wrap;overflow-wrap:anywhere}
h3{overflow-wrap:anywhere}.scroll{overflow-x:auto}td{overflow-wrap:anywhere}
@media(max-width:700px){.pair{grid-template-columns:1fr}.plots{grid-template-columns:1fr 1fr}
  .plots.wide{grid-template-columns:1fr}figcaption b{display:block}td,th{padding:.3rem .25rem;font-size:.85rem}}
"""


def page(report: Report) -> str:
    """The report as a whole HTML document. Everything that comes from documents or people is escaped."""
    run = report.run
    body = [
        f"<h1>Evaluation {escape(run.id)}</h1>",
        f'<p class="{"worse" if report.failed else "better"}">{escape(verdict_line(report))}</p>',
        f"<p>{escape(' '.join(in_words(report)))}</p>",
        f'<p class="quiet">Started {run.started_at:%Y-%m-%d %H:%M} UTC.</p>',
        *_gates(report),
        "<h2>Trend</h2>",
        f'<div class="plots">{"".join(_trends(report))}</div>',
        "<h2>By tag</h2>",
        '<p class="quiet">The red tick is the baseline; in brackets the number of cases.</p>',
        f'<div class="plots wide">{"".join(_tags(report))}</div>',
        "<h2>Metrics</h2>",
        _table(metric_table(run.summary, report.differences)),
        *_modes(report),
        "<h2>Worst cases, beside the baseline</h2>",
        *[_pair(result, report.baseline_results.get(result.case_id)) for result in _shown(report)],
        "<h2>What was measured</h2>",
        _environment(report),
    ]
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width">'
        f"<title>Evaluation {escape(run.id)}</title><style>{_STYLE}</style></head><body><main>"
        + "\n".join(body)
        + "</main></body></html>\n"
    )


def _gates(report: Report) -> list[str]:
    if not report.failed:
        return []
    items = "".join(
        f'<li class="worse">{escape(f.message)}: {escape(", ".join(f.cases[:20]))}</li>' for f in report.failed
    )
    return ["<h2>Gates that failed</h2>", f"<ul>{items}</ul>"]


def _modes(report: Report) -> list[str]:
    """Both modes side by side, where both were run."""
    lines = [line for line in side_by_side(report) if line]
    return [f"<h2>{escape(lines[0].removeprefix('## '))}</h2>", _table(lines[1:])] if lines else []


def _trends(report: Report) -> list[str]:
    runs = [*(r for r in report.earlier if r.id != report.run.id), report.run]
    labels = [f"{r.started_at:%Y-%m-%d %H:%M}" for r in runs]
    plots = []
    for metric in report.run.summary:
        measured = [r.summary.get(metric) for r in runs]
        values = [m.value if m else None for m in measured]
        plots.append(trend_plot(metric, values, labels, [m.error if m else 0.0 for m in measured]))
    return plots


def _tags(report: Report) -> list[str]:
    plots = []
    for metric in _TAG_METRICS:
        rows = dict(list(by_tag(report.results.values(), metric).items())[:_MOST_TAGS])
        if rows:
            before = by_tag(report.baseline_results.values(), metric)
            plots.append(f"<figure><figcaption>{metric}</figcaption>{tag_plot(metric, rows, before)}</figure>")
    return plots


def _shown(report: Report) -> list[Result]:
    """The worst cases, and before them those that fell most beyond noise; being slower makes no answer bad."""
    worse = [d for d in report.differences if d.verdict == "worse" and d.metric not in LOWER_IS_BETTER]
    fell = [c.case_id for d in worse for c in d.fell[:4]]
    worst = [r.case_id for r in worst_cases(report.results, _WORST)]
    return [report.results[i] for i in dict.fromkeys([*fell, *worst]) if i in report.results]


def _pair(now: Result, before: Result | None) -> str:
    return (
        f"<h3>{escape(now.case_id)}: {escape(now.question)}</h3>"
        f'<p class="quiet">{escape(now.user)} · expected {escape(now.expected)} · {escape(", ".join(now.tags))}</p>'
        f'<div class="pair"><div>{_side("Now", now)}</div><div>{_side("Baseline", before)}</div></div>'
    )


def _side(name: str, result: Result | None) -> str:
    if result is None:
        return f"<b>{name}</b>: not there"
    faults = "\n".join(
        f'<span class="worse">{escape(s.metric)} {s.value:.2f}</span> {escape(s.explanation[:300])}'
        for s in result.scores
        if s.metric in QUALITY and s.value is not None and s.value < 1
    )
    answer = escape(result.answer or result.message)
    return f"<b>{name}</b> {escape(result.outcome)} · trace {escape(result.trace_id or '–')}\n{answer}\n\n{faults}"


def _environment(report: Report) -> str:
    before = report.baseline.environment if report.baseline else {}
    rows = "".join(
        f"<tr><td>{escape(k)}</td><td>{escape(str(v))}</td><td>{escape(str(before.get(k, '')))}</td></tr>"
        for k, v in report.run.environment.items()
    )
    return f'<div class="scroll"><table><tr><th></th><th>now</th><th>baseline</th></tr>{rows}</table></div>'


def _table(lines: Sequence[str]) -> str:
    """A Markdown table's lines as HTML."""
    header, *rows = read_rows("\n".join(lines))
    head = "".join(f"<th>{escape(c)}</th>" for c in header)
    body = "".join("<tr>" + "".join(f"<td>{escape(c)}</td>" for c in row) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><tr>{head}</tr>{body}</table></div>'
