"""What a model wrote for an app's step, held against its sources by the claim checks of answers.

A mail has sentences that no source says and that say nothing: a greeting, a question, a name below it. They stay. What
the author's own prompt says may be said, too; it is no source that a marker could name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from apps.run.context import GivenSource, Reviewed
from assistant.answers.support.groundedness import Check, check_claim
from assistant.answers.writing.blocks import Block, blocks_of
from assistant.answers.writing.mending import Mender
from assistant.answers.writing.review import Claim, ReviewedBlock, Reviewer, plain_text
from assistant.answers.writing.sheet import Sheet
from assistant.answers.writing.sources import Source, fence_for
from assistant.app_runs.change_claims import told_change
from assistant.checks import load_guardrails, without_foreign_links
from core.llm import ChatModels, Spending
from core.settings import Settings
from core.text.detect import detect_language
from core.text.facts import facts
from core.text.words import content_words
from core.types import Chunk, Passage
from retrieval.models import TokenEncoder

_GREETING = re.compile(r"[,:]\s*$")
# A name, or a farewell and a name, below a text.
_SIGNATURE_WORDS = 6


@dataclass(frozen=True)
class TextReview:
    """Checks texts; with models, one call may correct what failed."""

    encoder: TokenEncoder
    models: ChatModels | None
    settings: Settings

    def __call__(self, text: str, sources: Sequence[GivenSource], prompt: str) -> Reviewed:
        """What of the text stands, with the numbers of its sources, and the statements that don't."""
        numbered = _numbered(sources)
        reviewer = Reviewer(numbered, prompt, self.encoder, self._clean)
        sheet = Sheet(reviewer, detect_language(text))
        blocks = [block for block in blocks_of([text]) if block.kind != "sources"]
        asked = Passage(Chunk("", "", 0, prompt), 0.0)
        reviewed = [self._lenient(reviewer.review(b), n, len(blocks), asked, numbered) for n, b in enumerate(blocks)]
        for one in reviewed:
            sheet.take(one)
        self._mend(sheet, prompt)
        failed = [c for one in reviewed for c in one.failed]
        for claim in failed:
            claim.outcome = "left out"
        list(sheet.release())
        return Reviewed(sheet.text.strip(), tuple(plain_text(claim.text) for claim in failed))

    def _lenient(
        self, reviewed: ReviewedBlock, place: int, count: int, asked: Passage, sources: Sequence[Source]
    ) -> ReviewedBlock:
        """The block with what the prompt itself says, and with what says nothing, let through."""
        for claim in reviewed.claims:
            self._weigh_change(claim, sources)
        for claim in reviewed.failed:
            text = plain_text(claim.text)
            if _says_nothing(text, reviewed.block, place, count) or self._asked_for(text, asked):
                claim.outcome, claim.rests_on, claim.check = "around", (), Check(True, (), 1.0)
            elif not claim.numbers and (found := self._translated(text, sources)) is not None:
                claim.outcome, claim.check = "attributed", found
                claim.rests_on = tuple(n for n, s in enumerate(sources, start=1) if s.text)[:1]
        return reviewed

    @staticmethod
    def _weigh_change(claim: Claim, sources: Sequence[Source]) -> None:
        """Lets a true sentence of change stand that the rules refuse, and refuses one that turns its source round."""
        named = claim.numbers or tuple(range(1, len(sources) + 1))
        texts = {n: sources[n - 1].text for n in named if n <= len(sources) and sources[n - 1].text}
        right = told_change(plain_text(claim.text), texts.values())
        if right is False:
            claim.outcome, claim.rests_on = "failed", ()
            claim.check = Check(False, ("the change is told otherwise than in the sources",), 0.0, contradicted=True)
        elif right and claim.outcome == "failed":
            rests = next(n for n, text in texts.items() if told_change(plain_text(claim.text), [text]))
            claim.outcome, claim.rests_on, claim.check = "attributed", (rests,), Check(True, (), 1.0)

    def _translated(self, text: str, sources: Sequence[Source]) -> Check | None:
        """The check of what says the sources in another language, whose words can't be compared; None if it fails.

        Which of several sources it is can't be told then, so only a text from one may do without numbers.
        """
        told = [passage for source in sources if source.text for passage in source.passages]
        if len(told) != 1 or detect_language(text) == detect_language(told[0].chunk.text):
            return None
        check = check_claim(text, told, "", self.encoder)
        return check if check.passed else None

    def _asked_for(self, text: str, asked: Passage) -> bool:
        return bool(asked.chunk.text) and check_claim(text, [asked], "", self.encoder).passed

    def _mend(self, sheet: Sheet, prompt: str) -> None:
        """Lets a model correct once what failed, where the settings say so."""
        if self.models is None or self.settings.answer.unsupported != "repair" or not sheet.failing:
            return
        fence = fence_for(prompt, sheet.reviewer.sources)
        Mender(self.models, sheet.reviewer, fence, Spending()).repair(sheet.waiting)

    def _clean(self, text: str) -> str:
        return without_foreign_links(text, load_guardrails(self.settings).links.allow)


def _says_nothing(text: str, block: Block, place: int, count: int) -> bool:
    """Whether the text is a greeting, a question or a signature, and has no fact that could be wrong."""
    if any(fact.kind != "name" for fact in facts(text)):
        return False
    if text.endswith("?"):
        return True
    last = place >= count - 2 and not text.endswith(".") and len(text.split()) <= _SIGNATURE_WORDS
    return block.kind == "paragraph" and (last or (len(content_words(text)) <= 4 and bool(_GREETING.search(text))))


def _numbered(sources: Sequence[GivenSource]) -> list[Source]:
    """The sources at the places that their numbers name; those in between are empty."""
    known = {source.number: source for source in sources}
    return [_source(known.get(number), number) for number in range(1, max(known, default=0) + 1)]


def _source(given: GivenSource | None, number: int) -> Source:
    text, title = (given.text, given.title) if given is not None else ("", "")
    return Source((Passage(Chunk(f"given:{number}", f"given:{number}", 0, text, title=title, end=len(text)), 0.0),))
