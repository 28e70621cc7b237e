"""A written answer under review: its blocks, the claims in them, what each rests on, and what is shown of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from assistant.answers.support.groundedness import Check, check_claim, unsupported_facts
from assistant.answers.writing.blocks import Block
from assistant.answers.writing.markers import read_markers
from assistant.answers.writing.sources import Source
from core.tables import is_rule_line, split_row
from core.text.cues import is_chatter, is_gap, says_nothing
from core.text.sentences import split_sentences
from core.text.words import content_words
from core.types import Passage
from retrieval.models import TokenEncoder
from retrieval.models.claims import ClaimJudge

Outcome = Literal["passed", "attributed", "gap", "added", "around", "failed", "repaired", "marked", "left out"]
UNCHECKED = Check(False, ("no source says it",), 0.0)
ADDED = "(Not from the documents)"
# So many other sources are tried for a claim whose own don't say it.
_ELSEWHERE = 5
# From this nearness on a source that wasn't named may stand behind a claim.
_NEAR_ENOUGH = 0.62
_EMPHASIS = re.compile(r"(\*\*|__|\*|_(?=\w)|(?<=\w)_|~~)")
_LEAD = re.compile(r"^\s*(?:(?:[-*+•]|\d{1,3}[.)]|[a-z][.)])\s+|#{1,6}\s+|>\s*)")
_LEADING = re.compile(r"^(?:\s*[\[【]\^?\d[\d,;\s–-]*(?:†[^】\]]*)?[\]】])+")
_FENCE = re.compile(r"^\s*(?:```|~~~).*$", re.MULTILINE)
_INLINE = re.compile(r"`+([^`]+)`+")
_CODE_TOKEN = re.compile(r"\w+")


@dataclass
class Claim:
    """A sentence, a list item or a table's row.

    Attributes:
        text: As it was written, without markers.
        numbers: The sources that it names.
        before: What stands between it and the claim before in its block.
        rests_on: The sources that are shown with it.
        header: Of a table's row what stands above its cells; None for anything else.
    """

    text: str
    numbers: tuple[int, ...] = ()
    before: str = ""
    outcome: Outcome = "failed"
    check: Check = UNCHECKED
    rests_on: tuple[int, ...] = ()
    header: tuple[str, ...] | None = None

    @property
    def shown(self) -> bool:
        """Whether it is part of the answer."""
        return self.outcome not in {"failed", "left out"}


@dataclass
class ReviewedBlock:
    """A block and its claims. A heading and what leads in to a list are shown only with what follows them."""

    block: Block
    claims: list[Claim] = field(default_factory=list)
    leads: bool = False
    fixed: str = ""  # of a table its header and rule

    @property
    def failed(self) -> list[Claim]:
        """The claims that aren't shown as they are."""
        return [claim for claim in self.claims if claim.outcome == "failed"]

    @property
    def shown(self) -> list[Claim]:
        """The claims that are part of the answer."""
        return [claim for claim in self.claims if claim.shown]


@dataclass(frozen=True)
class Reviewer:
    """Checks the blocks of one answer against its sources.

    Attributes:
        clean: Takes out of a text what may not be shown, such as foreign links.
        judge: A model that reads claims with their sources; None leaves them to rules.
    """

    sources: Sequence[Source]
    question: str
    encoder: TokenEncoder
    clean: Callable[[str], str]
    may_add: bool = False
    judge: ClaimJudge | None = None

    def review(self, block: Block, numbers: tuple[int, ...] = ()) -> ReviewedBlock:
        """The block with its claims checked.

        Args:
            numbers: The sources of a line below it; for claims that name none.
        """
        if block.kind in {"heading", "rule"}:
            return ReviewedBlock(block, [self._around(block.text)], leads=True)
        if block.kind == "code":
            return ReviewedBlock(block, [self._code(block.text, numbers)])
        if block.kind == "table":
            return self._table(block, numbers)
        claims = _carried(list(self._claims(block.text)), numbers)
        leads = block.end and len(claims) == 1 and claims[0].text.rstrip("*_ ").endswith(":") and block.kind != "item"
        checked = [self._around(c.text, c.numbers) if leads else self.checked(c) for c in claims]
        return ReviewedBlock(block, [c for c in checked if c.text], leads=leads)

    def checked(self, claim: Claim) -> Claim:
        """The claim with what its check found."""
        if claim.text.lstrip("-*• ").startswith(ADDED):
            return replace(claim, outcome="added" if self.may_add else "failed", numbers=())
        if not claim.numbers and is_chatter(claim.text):
            return replace(claim, text="", outcome="left out")
        plain = plain_text(self._without_quoted_code(claim.text))
        check, rests_on = self._supported(plain, claim.numbers)
        if check.passed:
            outcome: Outcome = "passed" if set(rests_on) <= set(claim.numbers) else "attributed"
            return replace(claim, outcome=outcome, check=check, rests_on=rests_on)
        if is_gap(plain) and not check.contradicted:
            return replace(claim, outcome="gap", check=check)
        return replace(claim, outcome="failed", check=check)

    def corrected(self, claim: Claim, text: str, numbers: tuple[int, ...]) -> Claim:
        """Another text in the claim's place, checked; a table's row must stay one of as many cells."""
        if claim.header is None:
            return self.checked(Claim(text, numbers, claim.before))
        if len(split_row(text)) != len(split_row(claim.text)) or not text.lstrip().startswith("|"):
            return replace(claim, outcome="failed")
        return self._row(Claim(text, numbers, claim.before, header=claim.header))

    def passages(self, numbers: Sequence[int]) -> list[Passage]:
        """The passages of the numbered sources."""
        return [passage for n in numbers if 1 <= n <= len(self.sources) for passage in self.sources[n - 1].passages]

    @property
    def verbatim(self) -> str:
        """Everything that the sources say."""
        return "\n".join(source.text for source in self.sources)

    def _without_quoted_code(self, text: str) -> str:
        """The text without the numbers of code that a source has letter for letter."""
        flat = " ".join(self.verbatim.split())

        def told(match: re.Match[str]) -> str:
            return re.sub(r"\d+", "", match.group()) if " ".join(match.group(1).split()) in flat else match.group()

        return _INLINE.sub(told, text)

    def _claims(self, text: str) -> Iterator[Claim]:
        """The sentences with the markers behind them."""
        end = 0
        waiting: Claim | None = None
        for span in split_sentences(text) or ():
            lead = _LEADING.match(span.text)
            written, begin = span.text, span.begin
            if waiting is not None and lead:
                waiting.numbers = (*waiting.numbers, *read_markers(lead.group())[1])
                written, begin = span.text[lead.end() :], span.begin + lead.end()
            bare, numbers = read_markers(written, self.verbatim)
            if bare:
                if waiting is not None:
                    yield waiting
                between = text[end : begin + len(written) - len(written.lstrip())]
                waiting = Claim(self.clean(bare), numbers, between if end else text[:begin])
            elif waiting is not None:
                waiting.numbers = (*waiting.numbers, *numbers)
            end = span.end
        if waiting is not None:
            yield waiting

    def _around(self, text: str, numbers: tuple[int, ...] = ()) -> Claim:
        """A heading or a lead-in: shown unless it has facts that no source has."""
        bare = self.clean(read_markers(text, self.verbatim)[0])
        if is_chatter(plain_text(bare)):
            return Claim("", outcome="left out")
        problems = unsupported_facts(_LEAD.sub("", plain_text(bare)), self.verbatim, self.question)
        wrong = tuple(p for p in problems if not p.startswith("the name"))
        named = tuple(n for n in numbers if 1 <= n <= len(self.sources))
        check = Check(not wrong, wrong, 1.0)
        return Claim(bare, numbers, outcome="left out" if wrong else "around", check=check, rests_on=named)

    def _code(self, text: str, numbers: tuple[int, ...]) -> Claim:
        """Code is shown letter for letter where a source has its lines, or at least its words."""
        inner = _FENCE.sub("", text)
        for number in (*numbers, *(n for n in range(1, len(self.sources) + 1) if n not in numbers)):
            if 1 <= number <= len(self.sources) and _has_code(self.sources[number - 1].text, inner):
                return Claim(text, numbers, outcome="passed", rests_on=(number,), check=Check(True, (), 1.0))
        return Claim(text, numbers, check=Check(False, ("the code is in no source",), 0.0))

    def _table(self, block: Block, numbers: tuple[int, ...]) -> ReviewedBlock:
        lines = block.text.splitlines()
        head = 2 if len(lines) > 1 and is_rule_line(lines[1]) else 0
        header = tuple(split_row(read_markers(lines[0], self.verbatim)[0])) if head else ()
        claims = []
        for line in lines[head:]:
            bare, own = read_markers(line, self.verbatim)
            claims.append(Claim(self.clean(bare), own or numbers, "\n", header=header))
        claims = [self._row(claim) for claim in _carried(claims, ())]
        fixed = "\n".join(self.clean(read_markers(line, self.verbatim)[0]) for line in lines[:head])
        return ReviewedBlock(block, claims, fixed=fixed)

    def _row(self, claim: Claim) -> Claim:
        """A row is checked cell by cell, each with its label and what stands above it."""
        cells = [plain_text(cell) for cell in split_row(claim.text)]
        header = claim.header or ()
        above = header if len(header) == len(cells) else ("",) * len(cells)
        label = cells[0] if cells else ""
        told = [f"{label} {h} {c}" for h, c in zip(above[1:], cells[1:], strict=True) if not says_nothing(c)]
        found = [self._supported(" ".join(text.split()), claim.numbers) for text in told or [label]]
        failed = next((check for check, _ in found if not check.passed), None)
        if failed is not None:
            return replace(claim, outcome="failed", check=failed)
        rests_on = tuple(dict.fromkeys(n for _, numbers in found for n in numbers))
        outcome: Outcome = "passed" if set(rests_on) <= set(claim.numbers) else "attributed"
        return replace(claim, outcome=outcome, check=found[0][0], rests_on=rests_on)

    def _supported(self, text: str, numbers: Sequence[int]) -> tuple[Check, tuple[int, ...]]:
        """What the check found, and the sources that say it: those named, or others that do."""
        named = [n for n in numbers if 1 <= n <= len(self.sources)]
        alone = {n: self._check(text, [n]) for n in named}
        if passing := [n for n in named if alone[n].passed]:
            return alone[passing[0]], tuple(passing)
        together = self._check(text, named) if len(named) > 1 else None
        if together is not None and together.passed:
            return together, tuple(named)
        if any(check.contradicted for check in alone.values()):
            return together or alone[named[0]], ()
        others = {n: self._check(text, [n]) for n in self._nearest(text, named)}
        best = max(others.values(), key=lambda check: check.score, default=None)
        if best is not None and best.passed and best.score >= _NEAR_ENOUGH:
            return best, (next(n for n, check in others.items() if check is best),)
        for n in others if named else ():
            both = self._check(text, [*named, n])
            if both.passed and both.score > max(check.score for check in alone.values()):
                return both, (*named, n)
        failed = together or (alone[named[0]] if named else best)
        return (UNCHECKED if failed is None or failed.passed else failed), ()

    def _check(self, text: str, numbers: Sequence[int]) -> Check:
        # Words about a computed table ("the sum of all fees") are in no text that the model has learnt to read.
        computed = any(self.sources[n - 1].is_computed for n in numbers)
        judge = None if computed else self.judge
        return check_claim(text, self.passages(numbers), self.question, self.encoder, judge)

    def _nearest(self, text: str, but: Sequence[int]) -> list[int]:
        """The other sources that share most words with the text."""
        wanted = set(content_words(text))
        shared = {
            n: len(wanted & set(content_words(source.text)))
            for n, source in enumerate(self.sources, start=1)
            if n not in but
        }
        return sorted(shared, key=lambda n: (-shared[n], n))[:_ELSEWHERE]


def plain_text(text: str) -> str:
    """A claim as it is compared: without emphasis, list marks and code marks."""
    return " ".join(_EMPHASIS.sub("", _LEAD.sub("", text)).replace("`", "").split())


def _carried(claims: list[Claim], numbers: tuple[int, ...]) -> list[Claim]:
    """Claims without markers get those of the next one, or of the line below."""
    following = numbers
    for claim in reversed(claims):
        if claim.numbers:
            following = claim.numbers
        elif not is_gap(plain_text(claim.text)):
            claim.numbers = following
    return claims


def _has_code(source: str, code: str) -> bool:
    lines = [" ".join(line.split()) for line in code.splitlines() if line.strip()]
    flat = " ".join(source.split())
    if lines and all(line in flat for line in lines):
        return True
    wanted, there = _CODE_TOKEN.findall(code), set(_CODE_TOKEN.findall(source))
    numbers = [token for token in wanted if any(c.isdigit() for c in token)]
    return bool(wanted) and all(n in there for n in numbers) and sum(t in there for t in wanted) >= 0.8 * len(wanted)
