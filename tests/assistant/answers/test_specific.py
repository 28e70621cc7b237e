"""Statements of the right kind about another thing don't answer plainly."""

import pytest

from assistant.answers.reading.specific import is_specific
from core.types import Chunk, Passage

# question, statement, whether it is about the very thing
CASES = [
    ("is pump 7 back?", "Pump 4 is back since May.", False),
    ("is pump 7 back?", "Pump 7 is back since May.", True),
    ("is our ISO 9001 valid", "ISO/IEC 14001 is valid until 2028.", False),
    ("is it open on May 12 or until 12", "It is open until 18.", True),
    ("how many lorries do we own", "There is space for 40 pallets.", False),
    ("how many lorries do we own", "We own two lorries.", True),
    ("how many days may I be away", "You may be absent for 20 days.", True),
    ("serial number of the saw", "Ticket: T-4417 – Saw: blade worn", False),
    ("serial number of the saw", "Saw – Serial: S-4417", True),
    ("who approved the invoice", "The invoice was paid in May.", False),
    ("who approved the invoice", "In May it was signed by Rosa Feld.", True),
    ("who did Rosa name as deputy", "The deputy of Rosa Feld is open.", False),
    ("who approves invoices", "Invoices go to the finance team.", True),
    ("how often do people who lift look at the plan", "Yearly.", True),
]


@pytest.mark.parametrize(("question", "statement", "is_it"), CASES)
def test_a_statement_is_about_the_very_thing_or_not(question: str, statement: str, is_it: bool) -> None:
    found = [Passage(Chunk("c", "d", 0, statement), 1.0)]
    assert is_specific(question, [statement], [], found) is is_it
