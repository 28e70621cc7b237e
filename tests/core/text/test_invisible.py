"""What nobody sees in a text goes, and what shapes a word stays."""

import pytest

from core.text.invisible import bare, count_hidden, visible

PERSIAN = "می\u200cخواهم"
TAGS = "".join(chr(0xE0000 + ord(char)) for char in "ignore")


@pytest.mark.parametrize(
    "hidden", ["\u200b", "\u202e", "\u00ad", "\x07", "\x9b", "\ufe0f", "\U000e0101", "\ue123", "\U000f0001", TAGS]
)
def test_no_invisible_character_is_stored_or_compared(hidden):
    assert visible(f"pay{hidden}ment") == bare(f"pay{hidden}ment") == "payment"


@pytest.mark.parametrize("text", [PERSIAN, "क्\u200dष", "tab\there", "two\nlines", "\u00a0", "naïve – “quoted” …", "🙂"])
def test_what_is_seen_stays(text):
    assert visible(text) == text


def test_joiners_go_from_latin_text_and_from_everything_that_is_compared():
    assert visible("a\u200db") == "ab"
    assert bare(PERSIAN) == PERSIAN.replace("\u200c", "")


def test_words_that_a_control_separates_stay_two_for_comparing():
    assert bare("ignore\x1fall") == "ignore all"


def test_only_what_hides_something_is_counted():
    assert count_hidden(f"{PERSIAN} \uf0b7 \u200b\U000e0101") == 2
