"""The customers that forms offer where a company has its own word for them."""

from types import SimpleNamespace

import pytest

from apps.accounts import AccountsFile, Vocabulary
from chat_ui.parts import customers
from core.types import User

ANN = User("ann@pools.example")


@pytest.fixture
def found(monkeypatch):
    """Makes the documents' own attribute, and the words of the company, what a test says."""

    def say(attributed=(), words=None, names=("Ashby Lido", "Marl House")):
        customers._customers.clear()
        monkeypatch.setattr(customers, "facets", lambda *_: {"customer": list(attributed)})
        tools = SimpleNamespace(words=lambda: words or Vocabulary(), readable_customers=lambda _: names)
        monkeypatch.setattr(customers.session, "tools", lambda: tools)

    return say


def test_customers_under_another_word_are_offered_with_what_told_them(found):
    file = AccountsFile.model_validate(
        {"metadata": {"customer": ["customer", "bather"]}, "customers": {"lines": ["Heim"]}}
    )
    found(words=Vocabulary(file, drafted=True))
    assert customers.customers_for(ANN) == ["Ashby Lido", "Marl House"]
    note = customers.word_note(ANN)
    assert "2 customers (Ashby Lido, Marl House), as the attribute “bather” and the line “Heim” say" in note
    found(words=Vocabulary(file))
    assert customers.word_note(ANN) == ""


def test_where_the_usual_attribute_tells_nothing_else_is_looked_for(found):
    found(attributed=["Quay Spa"], words=Vocabulary(drafted=True))
    assert customers.customers_for(ANN) == ["Quay Spa"] and customers.word_note(ANN) == ""
