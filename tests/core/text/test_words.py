import pytest

from core.text.words import content_words, overlap, stem, terms, words


@pytest.mark.parametrize(
    ("one", "other"),
    [("sensors", "sensor"), ("companies", "company"), ("planned", "planning"), ("Atlas's", "Atlas"), ("rates", "rate")],
)
def test_endings_come_off(one, other):
    assert stem(one) == stem(other)


@pytest.mark.parametrize("word", ["sla", "2026", "bus", "q3x1"])
def test_short_words_and_numbers_stay(word):
    assert stem(word) == word


def test_terms_are_what_a_sentence_is_about():
    assert terms("So, yeah, I think we’ll need the follow-up on 3 sensors.") == ["follow-up", "3", stem("sensor")]
    assert terms("Ja, gut, das haben wir dann.") == []


def test_content_words_are_never_none():
    assert content_words("Who is it?") == words("Who is it?")
    assert content_words("Was this the Zürich site?") == ["zurich", "site"]


def test_overlap_is_the_share_of_the_shorter_text():
    assert overlap("Ship the sensors", "We will ship three sensors to the Linz site on Monday") == 1.0
    assert overlap("", "anything") == 0.0


def test_function_words_match_with_and_without_their_accents():
    assert content_words("Für wen ist über Nacht Geld?") == words("wen Nacht Geld")
    assert content_words("cuando y cuándo, où et ou") == words("cuando y cuándo, où et ou")
    # What is a word in English stays one.
    assert content_words("an Uber to the fur shop") == words("Uber fur shop")
