"""The part of a text that a claim is read with."""

from assistant.answers.support.windows import nearest

FILLER = " ".join(f"Paragraph {n} is about the weather and the harvest." for n in range(40))
TABLE = "| Item | Price |\n|---|---|\n" + "\n".join(f"| Thing{n} | {n} euros |" for n in range(60))


def test_a_short_text_is_read_whole() -> None:
    assert nearest("Anything.", "One. Two.") == "One. Two."


def test_the_sentences_with_the_claims_rare_words_are_read() -> None:
    text = f"{FILLER} Deposits are refunded within ten days. {FILLER}"
    found = nearest("The deposit: deposits are refunded after ten days.", text, 300)
    assert "Deposits are refunded within ten days." in found
    assert len(found) <= 300


def test_a_row_keeps_its_header() -> None:
    found = nearest("Thing47 costs 47 euros.", TABLE, 200)
    assert found.startswith("| Item | Price |\n|---|---|\n")
    assert "| Thing47 | 47 euros |" in found


def test_one_endless_sentence_is_cut() -> None:
    assert len(nearest("word", "word " * 1_000, 200)) == 200
