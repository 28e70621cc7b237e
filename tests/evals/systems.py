"""A small world, a good system, and bad ones for the scorers to find out."""

from __future__ import annotations

import random
from dataclasses import replace

from core.identity import Directory
from core.types import Answer, Chunk, Citation, Passage, User
from evals.suite.subject import IndexedDocument, Observed, World
from evals.suite.suites import Case

ANA = "ana@x.example"
EVERYONE = frozenset({"everyone"})
TEXTS = {
    "docs:retention.md": ("Retention policy", "Raw telemetry is kept for 90 days. Alerts are kept for 24 months."),
    "docs:old.md": ("Retention policy 2023", "Raw telemetry is kept for 180 days in the old policy."),
    "docs:travel.md": ("Travel policy", "The daily allowance is EUR 42 for a full day of travel."),
    "docs:board.md": (
        "Board pack third quarter",
        "The operating margin of the third quarter was 14.2 percent after the reorganisation of sales.",
    ),
    **{f"docs:filler{n}.md": (f"Filler {n}", f"Nothing of interest number {n} stands here.") for n in range(40)},
}
WORLD = World(
    {
        i: IndexedDocument(
            title, text, f"https://x.example/{i}", frozenset({"group:board"}) if "board" in i else EVERYONE
        )
        for i, (title, text) in TEXTS.items()
    },
    Directory({ANA: User(ANA)}),
)
CASES = [
    Case(
        id="kept", question="How long is raw telemetry kept?", user=ANA, expected_facts=("90 days",),
        contradictions=("180 days",), expected_documents=("docs:retention.md",), stale_documents=("docs:old.md",),
        route="search", tags=("policy",), assertions=({"contains": "telemetry"},),
    ),
    Case(
        id="travel", question="What is the daily allowance?", user=ANA, expected_facts=("EUR 42",),
        expected_documents=("docs:travel.md",), route="search", tags=("policy",), assertions=({"excludes": "EUR 99"},),
    ),
    Case(
        id="margin", question="What was the operating margin?", user=ANA, outcome="no_evidence",
        forbidden_documents=("docs:board.md",), tags=("restricted",),
    ),
    Case(id="lunch", question="What is for lunch?", user=ANA, outcome="no_evidence", tags=("unanswerable",)),
]  # fmt: skip
SENTENCES = {
    "kept": ("docs:retention.md", "Raw telemetry is kept for 90 days."),
    "travel": ("docs:travel.md", "The daily allowance is EUR 42 for a full day of travel."),
}


def passage(document: str) -> Passage:
    title, text = TEXTS[document]
    return Passage(Chunk(f"{document}#0", document, 0, text, title=title), 1.0)


def quoted(document: str, sentence: str, **changes: object) -> Answer:
    text = f"{sentence} [1]"
    citation = Citation(1, document, TEXTS[document][0], "", sentence, 0, len(sentence), f"{document}#0")
    return replace(Answer(text, (citation,), passages=(passage(document),), trace_id="t1"), **changes)


class Good:
    """Answers what it should from the right document, and abstains from the rest."""

    def missing(self, case: Case) -> str:
        return ""

    def observe(self, case: Case, user: User) -> Observed:
        if case.id not in SENTENCES:
            return Observed(Answer("Nothing found.", outcome="no_evidence", trace_id="t1"))
        return Observed(self.answer(case), self.ranking(case), 0.1)

    def answer(self, case: Case) -> Answer:
        return quoted(*SENTENCES[case.id])

    def ranking(self, case: Case) -> tuple[str, ...]:
        first = SENTENCES[case.id][0]
        return (first, *(d for d in TEXTS if d != first and "board" not in d))


class RandomRetrieval(Good):
    def ranking(self, case: Case) -> tuple[str, ...]:
        documents = [d for d in TEXTS if "board" not in d and "filler" in d]
        return tuple(random.Random(case.id).sample(documents, 20))


class WrongCitations(Good):
    """The right words, said to stand in another document."""

    def answer(self, case: Case) -> Answer:
        good = super().answer(case)
        return replace(good, citations=tuple(replace(c, document_id="docs:filler1.md") for c in good.citations))


class UnrelatedQuotes(Good):
    """Quotes that exist and support nothing."""

    def answer(self, case: Case) -> Answer:
        good = super().answer(case)
        quote = TEXTS["docs:filler2.md"][1]
        return replace(
            good, citations=tuple(replace(c, document_id="docs:filler2.md", quote=quote) for c in good.citations)
        )


class InventedNumbers(Good):
    def answer(self, case: Case) -> Answer:
        document, sentence = SENTENCES[case.id]
        return quoted(document, sentence.replace("90 days", "400 days").replace("EUR 42", "EUR 99"))


class OldPolicy(Good):
    def answer(self, case: Case) -> Answer:
        return quoted("docs:old.md", TEXTS["docs:old.md"][1])


class NoCitations(Good):
    def answer(self, case: Case) -> Answer:
        return replace(super().answer(case), citations=())


class WrongRoute(Good):
    def answer(self, case: Case) -> Answer:
        return replace(super().answer(case), route="app:follow_up_email")


class Abstains(Good):
    def observe(self, case: Case, user: User) -> Observed:
        return Observed(Answer("Nothing found.", outcome="no_evidence"), seconds=0.1)


class NeverSure(Good):
    """Finds what answers, and never says that it does."""

    def observe(self, case: Case, user: User) -> Observed:
        good = super().observe(case, user)
        return replace(good, answer=replace(good.answer, outcome="partly"))


class NeverAbstains(Good):
    def observe(self, case: Case, user: User) -> Observed:
        return Observed(quoted(*SENTENCES["kept"]), seconds=0.1)
