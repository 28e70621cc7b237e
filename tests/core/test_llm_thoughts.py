import pytest

from core.llm.replies import appended
from core.llm.thoughts import Thoughts, unfenced, without_thoughts

TEXTS = [
    ("<think>90? [2]</think>\n\nKept.", "Kept."),
    ("<think>never closed [2]", ""),
    ("<thinking>a</thinking>\n<think>b</think>C", "C"),
    ("A\n<think>x</think>\nB", "A\nB"),
    ("<tool_call>\n{}\n</tool_call>", ""),
    ("<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>Kept.", "Kept."),
    ("Write the <think> tag inline.", "Write the <think> tag inline."),
    ("```\n<think>\n```\nok", "```\n<think>\n```\nok"),
    ("< 5 days", "< 5 days"),
    ("<thi", "<thi"),
    ("a\n  b\n```py\nx\n```\n", "a\n  b\n```py\nx\n```\n"),
]


@pytest.mark.parametrize(("text", "shown"), TEXTS)
def test_thoughts_are_taken_out_wherever_the_stream_is_split(text: str, shown: str) -> None:
    for size in range(1, len(text) + 1):
        thoughts = Thoughts()
        pieces = [thoughts.feed(text[n : n + size]) for n in range(0, len(text), size)]
        assert "".join([*pieces, thoughts.end()]) == shown


def test_text_without_a_tag_isnt_held_back() -> None:
    thoughts = Thoughts()
    assert [thoughts.feed(piece) for piece in ("It ", "costs ", "49")] == ["It ", "costs ", "49"]


def test_a_whole_reply_may_have_lost_its_opening_tag() -> None:
    assert without_thoughts("Let me see [2].\n</think>\n\nKept.") == "Kept."


def test_a_fence_around_everything_is_taken_off_and_one_within_stays() -> None:
    assert unfenced("```markdown\n# A\n\n- b\n```") == "# A\n\n- b"
    assert unfenced("Run:\n```\nx\n```") == "Run:\n```\nx\n```"
    assert unfenced("```\na\n```\nthen\n```\nb\n```") == "```\na\n```\nthen\n```\nb\n```"


@pytest.mark.parametrize(
    ("text", "more", "added"),
    [
        ("It costs 49 dol", "lars.", "lars."),
        ("It costs 49 dollars a", "49 dollars a month.", " month."),
        ("It costs 49", "It costs 49 dollars.", " dollars."),
        ("x" * 50, "x" * 45 + " and so on", None),
        ("It costs", "  ", None),
    ],
)
def test_what_is_added_to_a_cut_text_repeats_nothing(text: str, more: str, added: str | None) -> None:
    assert appended(text, more) == added
