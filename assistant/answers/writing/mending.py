"""What becomes of claims that failed, or that a model is to judge: one call for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pydantic import BaseModel, Field

from assistant.answers.writing.markers import read_markers
from assistant.answers.writing.review import Claim, ReviewedBlock, Reviewer
from assistant.answers.writing.sources import rendered_sources
from core.errors import ModelError
from core.llm import ChatModels, Spending
from prompts import load_prompt


class Correction(BaseModel):
    """A statement as the sources say it; an empty text if they don't."""

    number: int
    text: str = ""


class Corrections(BaseModel):
    """The reply to prompts/repair.md."""

    corrections: list[Correction] = Field(default_factory=list)


class Verdict(BaseModel):
    """Whether the sources say a statement."""

    number: int
    supported: bool
    reason: str = ""


class Verdicts(BaseModel):
    """The reply to prompts/verify.md."""

    verdicts: list[Verdict] = Field(default_factory=list)


@dataclass(frozen=True)
class Mender:
    """Asks the models about the claims of one answer."""

    models: ChatModels
    reviewer: Reviewer
    fence: str
    spent: Spending

    def verify(self, blocks: Sequence[ReviewedBlock]) -> str:
        """Lets the model for "verify" judge all claims; why it didn't, in words, empty if it did.

        What it finds unsupported is failed. What only the local check doubted, and it supports, is shown; a number, a
        name or a quotation that stands in no source stays out.
        """
        claims = [c for b in blocks for c in b.claims if c.text and (c.rests_on or c.outcome == "failed")]
        if not claims:
            return ""
        try:
            reply = self.models.structured("verify", self._asked("verify", claims), Verdicts, self.spent)
        except ModelError as error:
            return str(error)
        judged = {verdict.number: verdict for verdict in reply.verdicts}
        for number, claim in enumerate(claims, start=1):
            verdict = judged.get(number)
            if verdict is None:
                continue
            if not verdict.supported:
                problem = f"the model that verifies: {verdict.reason or 'not supported'}"
                claim.outcome, claim.rests_on = "failed", ()
                claim.check = replace(claim.check, passed=False, problems=(*claim.check.problems, problem))
            elif claim.outcome == "failed" and not claim.check.misstated and self._known(claim):
                claim.outcome, claim.rests_on = "passed", self._known(claim)
        return ""

    def repair(self, blocks: Sequence[ReviewedBlock]) -> str:
        """Has all failed claims corrected in one call, and checks what comes back; why not, empty if it was done."""
        failed = [claim for block in blocks for claim in block.failed]
        if not failed:
            return ""
        try:
            reply = self.models.structured("answer", self._asked("repair", failed), Corrections, self.spent)
        except ModelError as error:
            return str(error)
        texts = {correction.number: correction.text.strip() for correction in reply.corrections}
        for number, claim in enumerate(failed, start=1):
            self._corrected(claim, texts.get(number, ""))
        return ""

    def _corrected(self, claim: Claim, text: str) -> None:
        bare, numbers = read_markers(text, self.reviewer.verbatim)
        if not bare or "\n" in bare:
            return
        again = self.reviewer.corrected(claim, self.reviewer.clean(bare), numbers)
        # That the sources don't say it is no correction of what was said.
        if again.outcome in {"passed", "attributed"} and again.text:
            claim.text, claim.check, claim.outcome = again.text, again.check, "repaired"
            claim.rests_on = again.rests_on

    def _asked(self, prompt: str, claims: Sequence[Claim]) -> list[tuple[str, str]]:
        listed = []
        for number, claim in enumerate(claims, start=1):
            sources = "".join(f"[{n}]" for n in claim.rests_on or self._known(claim))
            found = f"\n   found: {'; '.join(claim.check.problems)}" if prompt == "repair" else ""
            listed.append(f"{number}. {claim.text.strip()} {sources}{found}")
        sources = rendered_sources(self.reviewer.sources, self.fence)
        return load_prompt(prompt).render(fence=self.fence, sources=sources, statements="\n".join(listed))

    def _known(self, claim: Claim) -> tuple[int, ...]:
        return tuple(n for n in claim.numbers if 1 <= n <= len(self.reviewer.sources))
