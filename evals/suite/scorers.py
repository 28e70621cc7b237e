"""The scorers: what was observed of a case → scores, each with the reason for it.

Every value but seconds, tokens and cost is better the higher it is, 0..1. A scorer that has nothing to say about a
case gives no score, so a mean is over the cases that it concerns. Tests prove that a bad system gets a bad score
from each of them (tests/evals/suite/test_scorers.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from apps.publish.testing import unmet
from assistant.answers.support.groundedness import unsupported_facts
from assistant.question import RECORDS, SEARCH
from core.text.detect import detect_language
from core.text.locale import long_date
from core.text.sentences import split_sentences
from core.text.words import content_words
from core.types import Answer, Citation, Passage, User
from evals.metrics import ndcg, recall, reciprocal_rank
from evals.suite.facts import normalised, other_number, says, without_markers
from evals.suite.leaks import leaks
from evals.suite.subject import Observed, World
from evals.suite.suites import Case

# So much of a statement's content words must stand in what it cites.
_WORDS_SHARED = 0.5


@dataclass(frozen=True, slots=True)
class Score:
    """One metric of one case. `value` None: unscored, which isn't the same as wrong."""

    metric: str
    value: float | None
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class Sample:
    """What a scorer sees."""

    case: Case
    user: User
    observed: Observed
    world: World

    @property
    def answer(self) -> Answer:
        return self.observed.answer

    @property
    def from_app(self) -> bool:
        """Whether an app made the answer: its facts are computed or drafted, and its sources listed as a whole."""
        return self.answer.route.startswith("app:")


Scorer = Callable[[Sample], Iterable[Score]]


def retrieval(sample: Sample) -> Iterator[Score]:
    """recall@5, recall@10, ndcg@10 and mrr over documents. Where one document is enough, the best one found counts."""
    wanted = sample.case.expected_documents
    if not wanted or sample.case.is_for_app:
        return
    ranking = list(sample.observed.ranking)
    relevant = dict.fromkeys(wanted, 1.0)
    places = [f"{d} at {ranking.index(d) + 1}" if d in ranking else f"{d} not found" for d in wanted]
    why = "; ".join(places)
    if sample.case.documents_needed == "any":
        best = next((d for d in ranking if d in relevant), wanted[0])
        relevant = {best: 1.0}
    yield Score("recall@5", recall(ranking, relevant, 5), why)
    yield Score("recall@10", recall(ranking, relevant, 10), why)
    yield Score("ndcg@10", ndcg(ranking, relevant, 10), why)
    yield Score("mrr", reciprocal_rank(ranking, relevant), why)


def facts(sample: Sample) -> Iterator[Score]:
    """fact_coverage: the share of the expected facts that the answer says; no_contradiction: it says nothing else."""
    expected, text = sample.case.expected_facts, without_markers(sample.answer.text)
    answered = sample.answer.outcome == "answered"
    if expected:
        said = [fact for fact in expected if sample.answer.found and says(text, fact)]
        lacking = [fact for fact in expected if fact not in said]
        yield Score("fact_coverage", len(said) / len(expected), f"lacks {lacking}" if lacking else "says all")
    if answered and (expected or sample.case.contradictions):
        # "90 days instead of 180" gives the old value beside the right one; that contradicts nothing.
        sentences = [span.text for span in split_sentences(text)]
        alone = "\n".join(t for t in sentences if not any(says(t, fact) for fact in expected))
        wrong = [c for c in sample.case.contradictions if says(alone, c)]
        wrong += [f"{n} instead of {f}" for f in expected if (n := other_number(text, f))]
        yield Score("no_contradiction", float(not wrong), f"says {wrong}" if wrong else "nothing contradicts")


def citations(sample: Sample) -> Iterator[Score]:
    """citation_recall: statements that their quotes support; citation_precision: citations that exist and support.

    `source_correct` is whether an expected document is among the cited, `source_current` that no stale one is.
    """
    answer, case = sample.answer, sample.case
    if not answer.found:
        return
    # An app's result is checked by what the case expects of it; its evidence needs no markers in the text.
    if not sample.from_app:
        yield from _supported_statements(sample)
    # A file that the person attached is no document of the index.
    checked = [c for c in answer.citations if c.document_id or not sample.from_app]
    bad = [f"[{c.marker}] {p}" for c in checked if (p := _citation_problem(sample, c))]
    if checked:
        yield Score("citation_precision", 1 - len(bad) / len(checked), "; ".join(bad) or "all hold")
    cited = {c.document_id for c in answer.citations}
    if case.expected_documents:
        hit = cited & set(case.expected_documents)
        enough = len(hit) == len(set(case.expected_documents)) if case.documents_needed == "all" else bool(hit)
        yield Score("source_correct", float(enough), f"cites {sorted(cited) or 'nothing'}")
    if case.stale_documents:
        stale = sorted(cited & set(case.stale_documents))
        yield Score("source_current", float(not stale), f"rests on {stale}" if stale else "no stale source")


def groundedness(sample: Sample) -> Iterator[Score]:
    """The share of statements whose facts, and most of whose words, stand in the passages that the answer had."""
    if sample.answer.outcome != "answered" or sample.from_app:
        return
    source = "\n".join(
        [
            f"{p.chunk.title}\n{' '.join(p.chunk.heading_path)}\n{p.chunk.text}\n{_dated(p)}"
            for p in sample.answer.passages
        ]
    )
    found = [(s, _unsupported(s, source, sample.case.question)) for s in _statements(sample.answer)]
    loose = [f"“{s[:80]}”: {why}" for s, why in found if why]
    if found:
        yield Score("groundedness", 1 - len(loose) / len(found), "; ".join(loose) or "every statement stands there")


def _dated(passage: Passage) -> str:
    """The version and the days of a passage's document, as an answer names them."""
    metadata = passage.chunk.metadata
    days = [metadata.get(name) for name in ("valid_from", "valid_until", "as_of", "updated_at", "created_at")]
    told = [long_date(day, language) for day in days if day for language in ("en", "de", "es", "fr")]
    return "\n".join([f"version {metadata.get('version', '')}", *told])


def outcome(sample: Sample) -> Iterator[Score]:
    """outcome: it ended as it should; answered_plainly: what could be answered was, without "what they say about it".

    Findings are right for both: they show what answers, and they claim no answer where there is none.
    """
    got, wanted = sample.answer.outcome, (sample.case.outcome, *sample.case.also_accepted_outcomes)
    right = got in wanted or (got == "partly" and bool({"answered", "no_evidence"} & set(wanted)))
    yield Score("outcome", float(right), f"{got}, expected {' or '.join(wanted)}")
    if sample.case.outcome == "answered":
        yield Score("answered_plainly", float(got == "answered"), got)


def routing(sample: Sample) -> Iterator[Score]:
    """Whether the question went where it should."""
    if sample.case.route:
        # Whether records or sentences answer a plain question is the product's affair.
        taken = SEARCH if sample.answer.route == RECORDS else sample.answer.route
        right = taken == sample.case.route
        yield Score("routing", float(right), f"{sample.answer.route}, expected {sample.case.route}")


def leakage(sample: Sample) -> Iterator[Score]:
    """no_leak: 1, or 0 with everything that the person shouldn't have seen. Gated at 1 by default."""
    found = leaks(sample.case, sample.user, sample.answer, sample.observed.ranking, sample.world)
    yield Score("no_leak", float(not found), "; ".join(found) or "nothing forbidden is shown")


def assertions(sample: Sample) -> Iterator[Score]:
    """The share of the case's own assertions that hold, and of what it expects of an app's outputs."""
    case, run = sample.case, sample.observed.run
    if not case.assertions and not case.expect:
        return
    text = without_markers(sample.answer.text)
    broken = []
    for a in case.assertions:
        if a.contains and normalised(a.contains) not in normalised(text):
            broken.append(f"lacks {a.contains!r}")
        elif a.excludes and normalised(a.excludes) in normalised(text):
            broken.append(f"has {a.excludes!r}")
        elif a.matches and not re.search(a.matches, text):
            broken.append(f"nothing matches {a.matches!r}")
    for wanted in case.expect:
        problems = unmet(wanted, run) if run is not None else [f"the app didn't run: {text[:120]}"]
        broken += [" ".join(problems)] if problems else []
    share = 1 - len(broken) / (len(case.assertions) + len(case.expect))
    yield Score("assertions", share, "; ".join(broken) or "all hold")


def effort(sample: Sample) -> Iterator[Score]:
    """seconds, and tokens and cost if a model was called."""
    yield Score("seconds", round(sample.observed.seconds, 4))
    if sample.observed.tokens:
        yield Score("tokens", float(sample.observed.tokens))
        yield Score("cost", sample.observed.cost)


SCORERS: tuple[Scorer, ...] = (
    retrieval, facts, citations, groundedness, outcome, routing, leakage, assertions, effort,
)  # fmt: skip
# Of these, less is better.
LOWER_IS_BETTER = frozenset({"seconds", "tokens", "cost", "everyday_wrong"})


def _supported_statements(sample: Sample) -> Iterator[Score]:
    answer, supported, loose = sample.answer, 0, []
    statements = [(m, s) for m in split_sentences(answer.text) if (s := without_markers(m.text).strip())]
    if answer.outcome == "partly":
        # What stands around the findings, such as what they don't say, is the answer's own and claims nothing.
        statements = [
            (m, s) for m, s in statements if any(c.begin < m.end and c.end > m.begin for c in answer.citations)
        ]
    # The heading of a table, and what only leads in to what follows, claim nothing.
    statements = [(m, s) for m, s in statements if m.kind not in {"header", "heading"} and not s.endswith(":")]
    for span, text in statements:
        covering = [c for c in answer.citations if c.begin < span.end and c.end > span.begin]
        quotes = "\n".join(f"{c.title}\n{c.quote}" for c in covering)
        # Names may stand elsewhere in the cited document, as the headings of a quoted row do; numbers may not.
        around = [
            sample.world.documents[c.document_id].text for c in covering if c.document_id in sample.world.documents
        ]
        known = "\n".join([sample.case.question, *around])
        why = _unsupported(text, quotes, known) if covering else "no citation"
        supported += not why
        if why:
            loose.append(f"“{text[:80]}”: {why}")
    if statements:
        yield Score("citation_recall", supported / len(statements), "; ".join(loose) or "every statement is cited")


def _citation_problem(sample: Sample, citation: Citation) -> str:
    """Why the citation doesn't hold: its document isn't there, hasn't these words, or says something else."""
    document = sample.world.documents.get(citation.document_id)
    if document is None:
        return f"{citation.document_id} isn't in the index"
    if normalised(citation.quote) not in normalised(document.text):
        return f"“{citation.quote[:60]}” doesn't stand in {citation.document_id}"
    statement = without_markers(sample.answer.text[citation.begin : citation.end]).strip()
    if not statement or sample.from_app:
        return ""
    shared = _share(statement, f"{citation.title}\n{citation.quote}")
    return "" if shared >= _WORDS_SHARED / 2 else f"“{citation.quote[:60]}” has little of what it is cited for"


def _statements(answer: Answer) -> list[str]:
    spans = split_sentences(answer.text)
    return [text for span in spans if (text := without_markers(span.text).strip()) and content_words(text)]


def _unsupported(statement: str, source: str, question: str) -> str:
    problems = unsupported_facts(statement, source, question)
    if any(problem.startswith("the period") for problem in problems):
        # "per year" may be the heading of a quoted row's column, as a name may.
        nowhere = unsupported_facts(statement, f"{source}\n{question}", question)
        problems = tuple(p for p in problems if not p.startswith("the period") or p in nowhere)
    problems = tuple(p for p in problems if not _is_difference(p, statement))
    if problems:
        return ", ".join(problems)
    if detect_language(statement) != detect_language(source[:2_000]):
        return ""  # Words of another language can't be looked up; facts could.
    shared = _share(statement, source)
    return "" if shared >= _WORDS_SHARED else f"only {shared:.0%} of its words"


def _is_difference(problem: str, row: str) -> bool:
    """Whether what isn't quoted is the difference of two numbers of a table's row, which are judged by themselves."""
    told = re.fullmatch(r"the number ([−+-]?[\d.,]+)", problem)
    if told is None or not row.startswith("|"):
        return False
    values = [float(value.replace(",", "")) for value in re.findall(r"\d[\d,]*(?:\.\d+)?", row)]
    wanted = abs(float(re.sub(r"[^\d.]", "", told[1]) or "nan"))
    return any(abs(abs(a - b) - wanted) < 1e-6 for a, b in combinations(values, 2))


def _share(statement: str, source: str) -> float:
    wanted = set(content_words(statement))
    return len(wanted & set(content_words(source))) / len(wanted) if wanted else 1.0
