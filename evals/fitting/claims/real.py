"""Claims made of real texts: their own sentences, with one thing changed or none, in the same language or another.

Read are the sets of a folder with xquad, nomiracl, conditionalqa, mtrag, sourcegraph_handbook and tatqa, laid out as
in docs/evaluation.md; what isn't there is left out.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from core.text.sentences import sentence_texts
from evals.fitting.claims.texts import Pair, shown

_NUMBER = re.compile(r"(?<![\d.,])\d[\d.,]*\d(?![\d])|(?<![\d.,])\d(?![\d.,])")
_NAME = re.compile(r"(?<=[a-zà-ÿ,;] )(?:[A-ZÀ-Þ][\w’'-]+ )*[A-ZÀ-Þ][\w’'-]{2,}")
_SHORTEST, _LONGEST = 35, 320
_AROUND = 5
# Paragraphs of xquad that tests of the check use.
_TESTED = frozenset("p205 p092 p046 p050 p186 p158 p152 p000 p044 p218 p156 p123".split())


def pairs(folder: Path, seed: int) -> Iterator[Pair]:
    """The claims of all sets in `folder`."""
    rng = random.Random(seed)
    yield from _parallel(folder / "xquad" / "corpus.jsonl", rng)
    for group, language, title, sentences in _texts(folder):
        for place, sentence in enumerate(sentences):
            text = shown(title, " ".join(sentences[max(0, place - 2) : place + _AROUND - 2]))
            yield from _changed(sentence, text, language, group, rng)
    yield from _tables(folder / "tatqa" / "tatqa_dataset_dev.json", rng)


def named(folder: Path) -> dict[str, tuple[str, str]]:
    """The passages that `texts/real.txt` names: "ref:id" → (title, text); what isn't in `folder` is left out."""
    lines = _lines(folder / "xquad" / "corpus.jsonl")
    found = {f"ref:{r['id']}": (r["title"].replace("_", " "), r["text"]) for r in lines}
    for row in _lines(folder / "nomiracl" / "fr.jsonl"):
        found.update({f"ref:nm-{row['id']}": (p["title"], p["text"]) for p in row["passages"][:1]})
    for page, evidences in _pages(folder).items():
        found[f"ref:cq-{page.replace(' ', '-')}"] = (page, "\n".join(evidences[:7])[:900])
    return found


def _changed(sentence: str, text: str, language: str, group: str, rng: random.Random) -> Iterator[Pair]:
    if not _SHORTEST < len(sentence) < _LONGEST:
        return
    yield Pair(_reworded(sentence, language, rng), text, True, "same", language, group)
    for kind, false in _falsified(sentence, text, language, rng):
        if false not in text:
            yield Pair(false, text, False, kind, language, group)
            return


def _falsified(sentence: str, text: str, language: str, rng: random.Random) -> Iterator[tuple[str, str]]:
    """Ways to make the sentence false, in any order."""
    ways = [_other_number, _other_name, _exchanged_names, _other_word, _negated]
    rng.shuffle(ways)
    for way in ways:
        if (false := way(sentence, text, language, rng)) and false != sentence:
            yield way.__name__.strip("_"), false


def _other_number(sentence: str, text: str, language: str, rng: random.Random) -> str:
    own, all_numbers = _NUMBER.findall(sentence), _NUMBER.findall(text)
    if not own:
        return ""
    number = rng.choice(own)
    alike = [n for n in all_numbers if n not in own and len(n) == len(number)]
    digit = rng.choice([place for place, char in enumerate(number) if char.isdigit()])
    other = number[:digit] + rng.choice("123456789".replace(number[digit], "")) + number[digit + 1 :]
    return sentence.replace(number, rng.choice(alike) if alike and rng.random() < 0.6 else other, 1)


def _other_name(sentence: str, text: str, language: str, rng: random.Random) -> str:
    own = _NAME.findall(sentence) if language != "de" else []
    others = [name for name in _NAME.findall(text) if name not in sentence]
    return sentence.replace(rng.choice(own), rng.choice(others), 1) if own and others else ""


def _exchanged_names(sentence: str, text: str, language: str, rng: random.Random) -> str:
    own = sorted(set(_NAME.findall(sentence))) if language != "de" else []
    if len(own) < 2:
        return ""
    one, other = rng.sample(own, 2)
    listed = rf"{re.escape(one)} (?:and|or|y|o|et|ou) {re.escape(other)}"
    if one in other or other in one or re.search(listed, sentence):
        return ""
    return sentence.replace(one, "\0").replace(other, one).replace("\0", other)


def _other_word(sentence: str, text: str, language: str, rng: random.Random) -> str:
    contraries = _stored(language)["contraries"]
    known = [word for word in re.findall(r"\w+", sentence) if word in contraries]
    if not known:
        return ""
    word = rng.choice(known)
    return re.sub(rf"\b{word}\b", contraries[word], sentence, count=1)


def _negated(sentence: str, text: str, language: str, rng: random.Random) -> str:
    stored = _stored(language)
    without = re.sub(stored["negation"], "", sentence, count=1)
    return without if without != sentence else re.sub(stored["verb"], stored["with_negation"], sentence, count=1)


def _reworded(sentence: str, language: str, rng: random.Random) -> str:
    """The sentence with other words for the same and, perhaps, without what stands in brackets."""
    text = re.sub(r" ?\([^()]*\)", "", sentence) if rng.random() < 0.7 else sentence
    for word, other in _stored(language)["synonyms"].items():
        if rng.random() < 0.7:
            text = re.sub(rf"\b{word}\b", other, text, count=1)
    return text


@cache
def _stored(language: str) -> dict[str, Any]:
    loaded = yaml.safe_load(files("evals.fitting.claims").joinpath("real.yaml").read_text(encoding="utf-8"))[language]
    sides = [pair.split("/") for pair in loaded["contraries"].split()]
    loaded["contraries"] = {a: b for one, other in sides for a, b in ((one, other), (other, one))}
    loaded["synonyms"] = dict(pair.split("/") for pair in loaded["synonyms"].split(", "))
    return dict(loaded)


def _parallel(file: Path, rng: random.Random) -> Iterator[Pair]:
    """Sentences of xquad with the same passage in other languages."""
    rows = {row["id"]: row for row in _lines(file)}
    for name, row in rows.items():
        language, _, paragraph = name.partition("-")
        if language not in ("en", "de", "es") or paragraph in _TESTED:
            continue
        own = sentence_texts(row["text"])
        for other in ("en", "de", "es"):
            there = sentence_texts(rows[f"{other}-{paragraph}"]["text"])
            if len(there) != len(own):
                continue
            for place, sentence in enumerate(own):
                window = shown(row["title"].replace("_", " "), " ".join(there[max(0, place - 2) : place + 3]))
                yield from _changed(sentence, window, language, "xquad" if other == language else "cross", rng)


def _texts(folder: Path) -> Iterator[tuple[str, str, str, list[str]]]:
    """(set, language, title, sentences) of the texts in one language."""
    for language in ("en", "de", "es", "fr"):
        for row in _lines(folder / "nomiracl" / f"{language}.jsonl"):
            for passage in row["passages"][:3]:
                yield "nomiracl", language, passage["title"], sentence_texts(passage["text"])
    for page, evidences in _pages(folder).items():
        yield "gov", "en", page, evidences
    for row in _lines(folder / "mtrag" / "corpus.jsonl"):
        yield "mtrag", "en", row["title"][:80], sentence_texts(row["text"])
    for file in sorted((folder / "sourcegraph_handbook" / "docs").rglob("*.md")):
        for paragraph in file.read_text(encoding="utf-8").split("\n\n"):
            if 150 < len(paragraph) < 900 and paragraph[0].isalpha():
                yield "handbook", "en", file.stem.replace("-", " "), sentence_texts(paragraph)


def _pages(folder: Path) -> dict[str, list[str]]:
    """The evidence sentences of each government page."""
    pages: dict[str, dict[str, None]] = {}
    for row in _lines(folder / "conditionalqa" / "train.jsonl"):
        title = row["page"].split("/")[-1].replace("-", " ")
        pages.setdefault(title, {}).update(dict.fromkeys(row["evidences"]))
    return {title: list(evidences) for title, evidences in pages.items()}


def _tables(file: Path, rng: random.Random) -> Iterator[Pair]:
    """Cells of tatqa's tables as sentences, and whether a row rose or fell."""
    for item in json.loads(file.read_text(encoding="utf-8")) if file.is_file() else ():
        header, *rows = item["table"]["table"]
        lines = [header, ["---"] * len(header), *rows]
        text = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        cells = [
            (row, place) for row in rows for place in range(1, len(row)) if row[0] and header[place] and row[place]
        ]
        rng.shuffle(cells)
        for (row, place), (other, column) in pairwise(cells[:8]):
            told = f"In {header[place]}, {row[0]} was {{}}."
            yield Pair(told.format(row[place]), text, True, "cell", "en", "tatqa")
            if other[column] != row[place]:
                yield Pair(told.format(other[column]), text, False, "other cell", "en", "tatqa")


def _lines(file: Path) -> Sequence[Mapping[str, Any]]:
    if not file.is_file():
        return ()
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
