"""What a model writes keeps its form: paragraphs, headings, lists, tables and code, with markers of every dialect."""

import json
from pathlib import Path

import pytest

from assistant.answers.writing.blocks import blocks_of
from assistant.answers.writing.markers import read_markers
from assistant.answers.writing.replying import with_sources_below
from assistant.answers.writing.review import Reviewer
from assistant.answers.writing.sheet import Sheet
from assistant.answers.writing.sources import Source
from core.types import Chunk, Passage
from retrieval.retriever import Retriever

SOURCE = (
    "# Records\n\n| What | Kept for | Deleted by |\n|---|---|---|\n| Raw events | 90 days | Automatically |\n"
    "| Alerts | 24 months | Automatically |\n| Contracts | 10 years | Legal |\n\n"
    "Legal may declare a hold. A hold stops every deletion until Legal lifts it.\n\n"
    "The agent reads its limit like this:\n\n```python\nretries = limits[0]\nwindows = [1, 2, 3]\n```\n"
)


@pytest.fixture
def reviewer(retriever: Retriever) -> Reviewer:
    source = Source((Passage(Chunk("c", "d", 0, SOURCE, title="Handbook"), 1.0),))
    return Reviewer([source], "How long are records kept?", retriever.embedder, str)


def shown(reviewer: Reviewer, reply: str, piece: int = 5) -> str:
    sheet = Sheet(reviewer, "en")
    pieces = (reply[n : n + piece] for n in range(0, len(reply), piece))
    for block, numbers in with_sources_below(blocks_of(pieces)):
        sheet.take(reviewer.review(block, numbers))
    list(sheet.rest())
    return sheet.text


@pytest.mark.parametrize(
    "reply",
    [
        "Raw events are kept for 90 days. [1]",
        "Raw events are kept for 90 days. Alerts are kept for 24 months. [1]",
        "Raw events are kept for 90 days. [1]\n\nContracts are kept for 10 years. [1]",
        "These are the periods:\n\n- **Raw events:** 90 days [1]\n- **Alerts:** 24 months [1]",
        "## Periods\n\n1. Raw events are kept for 90 days. [1]\n2. Contracts are kept for 10 years. [1]",
        "| What | Kept for |\n|---|---|\n| Raw events | 90 days [1] |\n| Alerts | 24 months [1] |",
        "The agent reads it so: [1]\n\n```python\nretries = limits[0]\nwindows = [1, 2, 3]\n```\n[1]",
        "It reads `retries = limits[0]`, and windows = [1, 2, 3]. [1]",
        "Legal may declare a hold. [1]\n\nThe sources don't say who asks for one.",
    ],
)
@pytest.mark.parametrize("piece", [1, 7, 1_000])
def test_a_right_answer_is_shown_letter_for_letter(reviewer: Reviewer, reply: str, piece: int) -> None:
    assert shown(reviewer, reply, piece) == reply


def test_one_line_below_a_table_stands_for_all_of_it(reviewer: Reviewer) -> None:
    table = "| What | Kept for |\n|---|---|\n| Raw events | 90 days |\n| Alerts | 24 months |\n\nSource: [1]"
    assert shown(reviewer, f"Here is the table:\n\n{table}") == (
        "| What | Kept for |\n|---|---|\n| Raw events | 90 days [1] |\n| Alerts | 24 months [1] |"
    )


def test_only_the_wrong_row_goes(reviewer: Reviewer) -> None:
    text = shown(reviewer, "| What | Kept for |\n|---|---|\n| Raw events | 24 months [1] |\n| Alerts | 24 months [1] |")
    assert text == "| What | Kept for |\n|---|---|\n| Alerts | 24 months [1] |"


def test_a_heading_without_anything_below_goes(reviewer: Reviewer) -> None:
    text = shown(reviewer, "## Costs\n\nIt costs 5 euros. [1]\n\n## Periods\n\nAlerts are kept for 24 months. [1]")
    assert text == "## Periods\n\nAlerts are kept for 24 months. [1]"


def test_wrapping_and_small_talk_around_the_answer_go(reviewer: Reviewer) -> None:
    reply = "```markdown\nBased on the provided sources, here's the answer:\n\nAlerts are kept for 24 months. [1]\n\nLet me know if you need more!\n```"
    assert shown(reviewer, reply) == "Alerts are kept for 24 months. [1]"


STYLES = Path("../shared/reference/scenarios/c05_marker_styles.jsonl")


@pytest.mark.parametrize(
    "written",
    [
        "are kept for 90 days [1].",
        "are kept for 90 days 【1†source】.",
        "are kept for 90 days. \ue200cite\ue202turn0file0\ue201",
        "are kept for 90 days[^1].\n\n[^1]: Handbook",
        "are kept for 90 days (Source 1).",
        "are kept for 90 days [Source 1].",
        "are kept for 90 days (1).",
        "are kept for 90 days ¹.",
        "are kept for 90 days.<sup>1</sup>",
        "are kept for 90 days [1-2].",
        "are kept for 90 days [7].",
        "are kept for 90 days.",
        "are kept for 90 days.\n\nSources: [1]",
    ],
)
def test_every_dialect_of_markers_is_read(reviewer: Reviewer, written: str) -> None:
    assert shown(reviewer, f"Raw events {written}") == "Raw events are kept for 90 days. [1]"


@pytest.mark.parametrize(
    ("text", "bare", "numbers"),
    [
        ("It reads limits[0], and windows = [1, 2, 3] [1].", "It reads limits[0], and windows = [1, 2, 3].", (1,)),
        ("In [2024] it was 20 m² [2].", "In [2024] it was 20 m².", (2,)),
        ("A `x[1]` and ``y[2]`` [3][4]", "A `x[1]` and ``y[2]``", (3, 4)),
    ],
)
def test_what_is_no_marker_stays(text: str, bare: str, numbers: tuple[int, ...]) -> None:
    assert read_markers(text) == (bare, numbers)


def test_the_scenarios_marker_styles_are_all_read() -> None:
    if not STYLES.is_file():
        pytest.skip("the scenarios aren't here")
    for line in STYLES.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        first = case["reply"].split("\n")[0]
        assert read_markers(first)[0] == "Raw telemetry is kept for 90 days.", case["style"]
