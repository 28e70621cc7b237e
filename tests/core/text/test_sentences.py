import pytest

from core.text.sentences import sentence_texts, split_sentences


def texts(text: str) -> list[str]:
    return [span.text for span in split_sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("Dr. Smith met Mr. J. Doe at 5 p.m. on Friday.", ["Dr. Smith met Mr. J. Doe at 5 p.m. on Friday."]),
        ("It cost $3.5 million. It grew 2.4%.", ["It cost $3.5 million.", "It grew 2.4%."]),
        ("他来了。你好吗？很好！", ["他来了。", "你好吗？", "很好！"]),
        ("هل هذا صحيح؟ نعم.", ["هل هذا صحيح؟", "نعم."]),
        ("यह सही है। वह गलत है।", ["यह सही है।", "वह गलत है।"]),
        ("- first item\n- second item. With more.", ["- first item", "- second item.", "With more."]),
        ("1. Open it\n2. Close it", ["1. Open it", "2. Close it"]),
        ("A sentence that a hard\nwrap has cut. Next.", ["A sentence that a hard\nwrap has cut.", "Next."]),
        ("# Heading\nText here.", ["# Heading", "Text here."]),
        ("| a | b |\n|---|---|\n| 1 | 2 |", ["| a | b |", "| 1 | 2 |"]),
        ("Das gilt z.B. für Kunden. Ende.", ["Das gilt z.B. für Kunden.", "Ende."]),
        ("Der Plan gilt bis 3. Dezember. Ende.", ["Der Plan gilt bis 3. Dezember.", "Ende."]),
        ("Im 3. Quartal sank die Zahl. Ende.", ["Im 3. Quartal sank die Zahl.", "Ende."]),
        ("Es waren 12. Danach kam keiner.", ["Es waren 12.", "Danach kam keiner."]),
        ("He said “Stop.” Then he left.", ["He said “Stop.”", "Then he left."]),
        ("Am 28. September kam Dr. Weber. Er blieb.", ["Am 28. September kam Dr. Weber.", "Er blieb."]),
        ("Wir haben 3. Danach kam keine mehr.", ["Wir haben 3.", "Danach kam keine mehr."]),
        ("Bis zum 12. Schuljahr. Ende.", ["Bis zum 12. Schuljahr.", "Ende."]),
        # Written with spaces, in German and Spanish.
        ("Getränke, z. B. Wasser, Saft u. Ä. im Haus.", ["Getränke, z. B. Wasser, Saft u. Ä. im Haus."]),
        ("Er starb 138 n. Chr. in Baiae.", ["Er starb 138 n. Chr. in Baiae."]),
        ("Vive en EE. UU. Es feliz.", ["Vive en EE. UU.", "Es feliz."]),
        # An abbreviation may end a sentence, too.
        ("At 5 p.m. The gate closes.", ["At 5 p.m.", "The gate closes."]),
        ("The call is at 5 p.m. ET.", ["The call is at 5 p.m. ET."]),
        ("We buy from Acme Inc. It is cheap.", ["We buy from Acme Inc.", "It is cheap."]),
        ("Is it allowed? No. Ask first. See No. 5.", ["Is it allowed?", "No.", "Ask first.", "See No. 5."]),
        ("You and I. Did Albert S. Jones call?", ["You and I.", "Did Albert S. Jones call?"]),
        ("It stays at 30 °C. Then it falls.", ["It stays at 30 °C.", "Then it falls."]),
        # A quotation and an ellipsis, within a sentence and at its end.
        ("He asked “Why?” and left.", ["He asked “Why?” and left."]),
        ("Er sagte: „Nein.“ Dann ging er.", ["Er sagte: „Nein.“", "Dann ging er."]),
        ("I was . . . well, here… or there.", ["I was . . . well, here… or there."]),
        ("", []),
        ("   \n \n", []),
    ],
)
def test_splits(text: str, expected: list[str]) -> None:
    assert texts(text) == expected


def test_offsets_find_the_sentence_again() -> None:
    text = "First one.  Second, 3.5 units.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- item\n\n第三句。第四句。"
    for span in split_sentences(text):
        assert text[span.begin : span.end] == span.text


def test_sentences_as_they_are_read_aloud():
    assert sentence_texts("- First\n  item. Next one.\n\n* Last") == ["First item.", "Next one.", "Last"]
