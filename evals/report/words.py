"""What the metrics are called for people, and what each says in a line."""

from __future__ import annotations

from collections.abc import Mapping

from evals.metrics import Measured

# Metric → (what it is called, what it says).
METRICS: Mapping[str, tuple[str, str]] = {
    "outcome": ("Right kind of answer", "it answered, declined or asked back as it should"),
    "answered_plainly": ("Answered plainly", "what could be answered was, not only shown as findings"),
    "fact_coverage": ("Facts said", "of the facts that a right answer says, how many the answer says"),
    "no_contradiction": ("Nothing false", "it says nothing that is known to be wrong"),
    "citation_precision": ("Citations that hold", "of its citations, how many have the words that they are cited for"),
    "citation_recall": ("Statements with a source", "of its statements, how many a quoted passage supports"),
    "groundedness": ("Rests on the documents", "of its statements, how many stand in the passages that it had"),
    "source_correct": ("Source named right", "it names the version and the day of its document as they are"),
    "source_current": ("Source of today", "it doesn't rest on a document that another has replaced"),
    "recall@5": ("Found among the first 5", "the documents that answer the question are among the first five"),
    "recall@10": ("Found among the first 10", "the documents that answer the question are among the first ten"),
    "ndcg@10": ("Order of what was found", "the documents that answer stand before those that don't"),
    "mrr": ("First right document", "1 if the first document found answers, 1/2 if the second does, and so on"),
    "no_leak": ("Nothing closed shown", "the person saw nothing that is closed to them"),
    "routing": ("Went the right way", "the question went to the app, or the search, that it should"),
    "assertions": ("Own checks", "of the checks that the case itself makes, how many hold"),
    "seconds": ("Seconds to the answer", "less is better"),
    "tokens": ("Tokens of models", "less is better"),
    "cost": ("Cost of models", "less is better"),
}
# Metrics that are 0 or 1 for each case, of which a count says more than a mean.
COUNTED = ("outcome", "answered_plainly", "no_contradiction", "no_leak", "routing", "source_current", "source_correct")


def label(metric: str) -> str:
    """What the metric is called: "Facts said"; one that isn't known here is called by its own name."""
    return METRICS.get(metric, (metric.replace("_", " "), ""))[0]


def meaning(metric: str) -> str:
    """What it says, in a line; empty for one that isn't known here."""
    return METRICS.get(metric, ("", ""))[1]


def value_in_words(metric: str, measured: Measured) -> str:
    """The value with how many cases it is of: "222 of 283", "94 % over 283 cases", "0.41 over 283 cases"."""
    if metric in COUNTED:
        return f"{round(measured.value * measured.n)} of {measured.n}"
    cases = f"over {measured.n} case{'s' * (measured.n != 1)}"
    if metric in ("seconds", "tokens", "cost") or measured.value > 1:
        return f"{measured.value:,.2f} {cases}"
    return f"{measured.value:.0%} {cases}"
