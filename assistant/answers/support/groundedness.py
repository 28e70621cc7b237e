"""Whether a claim of an answer is supported by the passages it cites.

Every fact (number with its unit, date, name, quoted phrase) must stand in the cited passages, and nothing may be
twisted (`entailment.py`). Whether they say the claim, a packaged model judges (`retrieval/models/claims.py`). Where it
isn't installed, more rules and nearness in meaning and in words decide; `groundedness.json` holds the fitted threshold
of the latter (`python -m evals.fitting.groundedness`).
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import exp

import numpy as np

from assistant.answers.reading.evidence import token_vectors_of
from assistant.answers.support.amounts import derived, enumerated, within_range
from assistant.answers.support.entailment import Evidence, misplaced, replaced, reversed_in, twisted
from assistant.answers.support.statements import among, statements_of, terms_of
from assistant.answers.support.windows import WINDOW_CHARS, nearest
from core.arrays import FloatArray
from core.text.detect import detect_language, language_shares
from core.text.facts import Fact, facts, numbers, periods
from core.text.sentences import split_sentences
from core.text.words import words
from core.types import Chunk, Passage
from retrieval.models import TokenEncoder, TokenVectors
from retrieval.models.claims import ClaimJudge

# So sure it must be that a single sentence is in another language than its passages.
_CLEARLY = 0.97
_ANSWERED_IN = frozenset({"en", "de", "es", "fr"})
_TELLING_CHARS = 40
_LONG_NAME = re.compile(
    r"\b[A-ZÀ-Þ][\w’'-]+(?:\s+(?:of|de|für|der|the|and|und|y)\s+|\s+)[A-ZÀ-Þ][\w’'-]+(?:\s+[A-ZÀ-Þ][\w’'-]+)*"
)
# Capitals of so few letters say what something is, not which: "Acme AG", "Example AI".
_SHORT = 3
# So many words, and half of all, make another statement of a claim.
_MOSTLY = 3
# The log-odds that a claim needs of the model: where no rule doubts it, where one does, and where a fact of it doesn't
# stand in the source; chosen on passages kept out of training.
_POSSIBLE, _LIKELY, _SURE = -3.5, -3.0, 0.0
_QUOTATION = "the quotation"
# So many words make a sentence.
_SENTENCE = 4
# From here on a word of the claim counts as said by another word of the passages.
_NEAR = 0.5
_NOUNS_WITH_CAPITALS = "de"


@dataclass(frozen=True, slots=True)
class Check:
    """What the check of one claim found.

    Attributes:
        problems: What isn't in the cited passages, in words for the trace and for the repair.
        score: 0..1, how near the claim is to its passages.
        contradicted: Whether the passages say it otherwise, not just less.
        misstated: Whether a number, a name or a quotation is in none of them.
    """

    passed: bool
    problems: tuple[str, ...]
    score: float
    contradicted: bool = False
    misstated: bool = False


def check_claim(
    claim: str, cited: Sequence[Passage], question: str, encoder: TokenEncoder, judge: ClaimJudge | None = None
) -> Check:
    """Whether the passages in `cited` support the claim (without its markers).

    Args:
        judge: A model that reads both; without one rules and nearness decide.
    """
    if not cited:
        return Check(False, ("it cites no source",), 0.0)
    about = "; ".join(f"{p.chunk.title}, {p.chunk.locator}, {p.chunk.metadata.get('updated_at', '')}" for p in cited)
    evidence = Evidence([statement for passage in cited for statement in statements_of(passage)], about)
    language = _language(claim, cited)
    source = "\n".join(f"{p.chunk.title}\n{' '.join(p.chunk.heading_path)}\n{p.chunk.text}" for p in cited)
    problems = missing = [*_unsupported(claim, source, question, evidence, language)]
    turned: list[str] = []
    if judge is not None:
        rules = _doubts(claim, evidence, language) if language in _languages(cited) else _Rules()
        # "90 days." says something only with what was asked.
        told = f"{question} {claim}" if question and len(claim.split()) < _SENTENCE else claim
        return _judged(told, cited, judge, missing, rules)
    score = groundedness(claim, cited, encoder)
    # Words of two languages can't be compared; what both write alike is all that can be checked here.
    if language in _languages(cited):
        turned = list(twisted(claim, evidence, language))
        problems = [*missing, *turned, *_beside_the_question(claim, question, source)]
        if score < threshold() or _mostly_new(claim, cited, evidence, encoder):
            problems.append(f"its meaning is not in the sources ({score:.2f} of {threshold():.2f})")
    return Check(not problems, tuple(dict.fromkeys(problems)), round(score, 4), bool(turned), bool(missing))


def _beside_the_question(claim: str, question: str, source: str) -> Iterator[str]:
    """An answer in a few words, "every 12 months", is about what the question names: the source must name it, too."""
    asked = terms_of(question)
    if not asked or len(claim.split()) >= _SENTENCE or len(terms_of(claim)) > 1:
        return
    there = frozenset(terms_of(source))
    unknown = [term for term in asked if not among(term, there)]
    if 2 * len(unknown) >= len(asked):
        yield "what the question names is not in the source"


def _judged(claim: str, cited: Sequence[Passage], judge: ClaimJudge, missing: Sequence[str], rules: _Rules) -> Check:
    """What the model finds; the more the rules doubt, the surer it must be."""
    odds = judge.log_odds([(claim, _window(claim, cited))])[0]
    # Other facts can be right without standing there: a sum, a share, a number in words.
    wrong = [*rules.misplaced, *(problem for problem in missing if problem.startswith(_QUOTATION))]
    if missing or rules.replaced:
        found, bar = [*missing, *rules.replaced], _SURE
    else:
        found, bar = list(rules.reversed), _LIKELY if rules.reversed else _POSSIBLE
    score = round(1 / (1 + exp(-odds)), 4)
    problems = wrong if odds >= bar else [*wrong, *found, f"its meaning is not in the sources ({score:.2f})"]
    return Check(not problems, tuple(dict.fromkeys(problems)), score, bool(wrong), bool(missing and problems))


@dataclass(frozen=True)
class _Rules:
    """What the rules of `entailment.py` doubt in a claim."""

    misplaced: Sequence[str] = ()
    replaced: Sequence[str] = ()
    reversed: Sequence[str] = ()


def _doubts(claim: str, evidence: Evidence, language: str) -> _Rules:
    return _Rules(
        [*misplaced(claim, evidence)], [*replaced(claim, evidence)], [*reversed_in(claim, evidence, language)]
    )


def _window(claim: str, cited: Sequence[Passage]) -> str:
    """Of each cited document what stands nearest to the claim, under the first one's title."""
    texts: dict[str, list[str]] = {}
    for passage in cited:
        texts.setdefault(passage.chunk.document_id, []).append(passage.chunk.text)
    share = WINDOW_CHARS // len(texts)
    near = [nearest(claim, "\n\n".join(found), share) for found in texts.values()]
    return "\n".join([*filter(None, [cited[0].chunk.title]), "\n\n".join(near)])


def unsupported_facts(sentence: str, source: str, question: str = "") -> tuple[str, ...]:
    """The facts of the sentence that `source` doesn't have. Names that the question brought up are let through."""
    passage = Passage(Chunk("", "", 0, source), 0.0)
    language = _language(sentence, [passage])
    return tuple(dict.fromkeys(_unsupported(sentence, source, question, Evidence(statements_of(passage)), language)))


def _unsupported(claim: str, source: str, question: str, evidence: Evidence, language: str) -> Iterator[str]:
    known = [*numbers(source), *periods(source)]
    claimed = [*numbers(claim), *periods(claim)]
    folded = _folded(source)
    for fact in facts(claim):
        if fact.kind == "quote":
            if _folded(fact.value) not in folded:
                yield f"the quotation “{fact.shown}”"
        elif fact.kind == "name":
            if unknown := _unknown_name(fact, claim, source, question, language):
                yield f"the name {unknown}"
        elif not (
            evidence.supports(fact)
            or (fact.value, fact.unit) == ("1", "")
            or derived(fact, claim, claimed, known)
            or enumerated(fact, claim)
            or within_range(fact, evidence.statements)
        ):
            yield _missing(fact, known)


def _missing(fact: Fact, known: Sequence[Fact]) -> str:
    if fact.kind == "period":
        return f"the period “{fact.shown}”"
    alike = any(fact.value == other.value and other.kind == "number" for other in known)
    return f"the unit of {fact.shown}" if alike else f"the number {fact.shown}"


def _mostly_new(claim: str, cited: Sequence[Passage], evidence: Evidence, encoder: TokenEncoder) -> bool:
    """Whether half of the claim's words, three at least, are neither in the passages nor near one of theirs."""
    tokens, nearness = _nearness(claim, cited, encoder)
    said = new = 0
    for match in re.finditer(r"[^\W\d_]+(?:[-'’][^\W_]+)*", claim):
        terms = terms_of(match.group())
        said += bool(terms)
        if terms and not all(among(term, evidence.terms) for term in terms):
            inside = nearness[(tokens.begins >= match.start()) & (tokens.ends <= match.end())]
            new += len(inside) > 0 and float(inside.mean()) < _NEAR
    return new >= _MOSTLY and new >= said / 2


def groundedness(sentence: str, cited: Sequence[Passage], encoder: TokenEncoder) -> float:
    """0..1: how near each word of the sentence is, in its context, to some word of the cited passages, on average.

    Source: the precision of BERTScore (Zhang and others, ICLR 2020). The passages' token vectors are those that were
    computed when they were searched for evidence.
    """
    nearness = _nearness(sentence, cited, encoder)[1]
    return float(nearness.mean()) if len(nearness) else 0.0


def _nearness(text: str, cited: Sequence[Passage], encoder: TokenEncoder) -> tuple[TokenVectors, FloatArray]:
    """(the text's tokens, how near each is to its nearest of the passages)."""
    own = encoder.encode_tokens([text], query=True)[0]
    texts = [p.chunk.text for p in cited]
    there = [v.vectors for v in token_vectors_of(texts, [split_sentences(t) for t in texts], encoder)]
    there = [vectors for vectors in there if len(vectors)]
    if not there or not len(own.vectors):
        return own, np.zeros(len(own.vectors), np.float32)
    return own, (own.vectors @ np.concatenate(there).T).max(axis=1)


@cache
def threshold() -> float:
    """The fitted score from which a sentence counts as supported."""
    stored = json.loads(files("assistant.answers.support").joinpath("groundedness.json").read_text(encoding="utf-8"))
    return float(stored["threshold"])


def _unknown_name(fact: Fact, claim: str, source: str, question: str, language: str) -> str:
    """What of the name neither source nor question has; in German a name is what no noun looks like."""
    there = frozenset(words(f"{source} {question}"))
    run = re.sub(r"['’]s\b", "", fact.value).split()
    if "".join(word[0] for word in run).casefold() in there and len(run) > 1:
        return ""  # "United States" where the source has "US"
    there |= _initials(source)
    new = [word for word in run if not all(_known(part, there) for part in words(word))]
    if len(new) < len(run):
        new = [word for word in new if not (word.isupper() and len(word) <= _SHORT)]
    if language in _NOUNS_WITH_CAPITALS and (len(new) < 2 or not _named(claim, fact.begin)):
        return ""
    return " ".join(run) if new else ""


def _known(name: str, there: frozenset[str]) -> bool:
    """Whether the name is there, as it is or with the ending of a genitive or plural on one side."""
    return name in there or any(
        {name, other} == {short, short + ending}
        for other in there
        for short in (min(name, other, key=len),)
        for ending in ("s", "n", "en", "es", "in")
    )


def _initials(source: str) -> frozenset[str]:
    """What names of several words are shortened to: "eu" of "European Union"."""
    runs = _LONG_NAME.findall(source)
    return frozenset("".join(word[0] for word in run.split() if word[0].isupper()).casefold() for run in runs)


def _named(claim: str, begin: int) -> bool:
    """Whether what begins here has no article before it, as names haven't."""
    return re.search(r"\b(?:d(?:er|ie|as|en|em|es)|eine?[rnms]?)\s$", claim[:begin], re.IGNORECASE) is None


def _languages(cited: Sequence[Passage]) -> set[str]:
    return {detect_language(p.chunk.text) for p in cited}


def _language(claim: str, cited: Sequence[Passage]) -> str:
    """The claim's language; that of its passages unless it is clearly another."""
    theirs = _languages(cited)
    mine, share = next(iter(language_shares(claim, _ANSWERED_IN | theirs)), ("", 0.0))
    if mine in theirs or (share >= _CLEARLY and len(claim) >= _TELLING_CHARS):
        return mine
    return sorted(theirs)[0]


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    return " ".join(re.sub(r"[^\w'%€$£.,-]+", " ", plain).split())
