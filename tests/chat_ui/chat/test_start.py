"""What is offered before anything is asked: only questions that are answered, only what the person may read."""

from types import SimpleNamespace

import pytest

from apps.run import Context, SourceQuote, Tools
from assistant.accounts.account import Account, Fact, whole
from chat_ui.chat import start_customers, start_questions
from chat_ui.chat.why import reasons
from core import records
from core.types import Answer, Boost, Chunk, Citation, Passage, User, Why

ANA = User("ana@x.example", name="Ana Ruiz")


def account(name: str, **facts: str) -> Account:
    place = whole(Chunk(f"{name}#0", name, 0, name))
    return Account(name, [Fact(key, key, value, place) for key, value in facts.items()])


def test_own_customers_come_first_by_renewal_and_those_without_facts_stay_out(monkeypatch: pytest.MonkeyPatch) -> None:
    known = [
        account("Zeta", health="green", contract_end="2027-03-01", account_owner="Ana Ruiz <ana@x.example>"),
        account("Alpha", health="red", contract_end="2027-01-01", account_owner="Ben"),
        account("Beta", contract_end="2026-12-31", account_owner="ana@x.example"),
        account("Gamma", **{records.ACCOUNT_OWNER: "Ana Ruiz"}),
    ]
    known_of = SimpleNamespace(recorded=known)
    monkeypatch.setattr(start_customers, "Known", lambda index, user: known_of)
    found = start_customers.customers_of(Tools(search=SimpleNamespace(index=object())), ANA)
    assert [(c.name, c.mine) for c in found] == [("Beta", True), ("Zeta", True), ("Alpha", False)]
    assert found[1].documents == {"Zeta"} and found[1].health == "green"


def test_customers_of_another_word_are_read_from_what_the_documents_say(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {
        "Hill Farm": ({"health": "yellow", "renewal": "2027-05-01", "owner": "Ana Ruiz"}, ("contract", "visit")),
        "Mill Farm": ({"health": "", "renewal": "2027-02-01", "owner": ""}, ("contract",)),
        "Nobody's": ({"health": "", "renewal": "", "owner": ""}, ()),
    }

    def collected(name: str, context: Context) -> SimpleNamespace:
        facts, documents = told[name]
        for document in documents:
            context.cite(SourceQuote(document, "", f"{name}/{document}"))
        numbers = {records.CONTRACT_END: 1} | ({records.HEALTH: 2} if facts["health"] else {})
        return SimpleNamespace(result=lambda: {**facts, "numbers": numbers})

    monkeypatch.setattr(start_customers, "Known", lambda index, user: SimpleNamespace(recorded=[]))
    monkeypatch.setattr(start_customers, "collected", collected)
    tools = Tools(search=SimpleNamespace(index=object()), readable_customers=lambda user: tuple(told))
    found = start_customers.customers_of(tools, ANA)
    assert [(c.name, c.health, str(c.renewal), c.mine) for c in found] == [
        ("Hill Farm", "yellow", "2027-05-01", True),
        ("Mill Farm", "", "2027-02-01", False),
    ]
    assert found[0].documents == {"Hill Farm/contract", "Hill Farm/visit"}


def test_topics_are_asked_about_as_people_would() -> None:
    def asked(topic: str, text: str, title: str = "Travel guide") -> str:
        return start_questions._question(topic, Chunk("c", "d", 0, text, title=title))

    assert asked("Hotel rates", "The hotel rates hold.") == "What does “Travel guide” say about hotel rates?"
    assert asked("SLA credits", "Credits of the SLA.") == "What does “Travel guide” say about SLA credits?"
    assert asked("Timing", "The timing is ours.") == "What does “Travel guide” say about timing?"
    assert asked("Wer genehmigt Reisen?", "Die Leitung.") == "Wer genehmigt Reisen?"
    refused = (
        "After the review",
        "Example",
        "Sixty minutes, four parts",
        "Step 3: go on",
        "Version 2.0",
        "A heading that is a whole sentence of many words",
    )
    assert [t for t in refused if start_questions._can_be_asked(t)] == []


def test_a_question_is_offered_only_if_it_is_answered_from_its_document(monkeypatch: pytest.MonkeyPatch) -> None:
    def passage(document: str, heading: str) -> Passage:
        return Passage(
            Chunk(f"{document}#0", document, 0, "The text of it.", heading_path=(heading,), title=document), 1.0
        )

    passages = [passage("a", "1. Travel costs"), passage("b", "Who approves discounts?"), passage("c", "Holidays")]
    answers = {
        "Who approves discounts?": Answer("X", (Citation(1, "b", "", "", "", 0, 1),)),
        "What does “a” say about Travel costs?": Answer("X", (Citation(1, "c", "", "", "", 0, 1),)),
    }

    class Plain:
        path = SimpleNamespace(retriever=SimpleNamespace(search=lambda search: passages))

        def answer(self, question):
            assert question.user is ANA
            return answers.get(question.text, Answer("", outcome="no_evidence"))

    monkeypatch.setattr(start_questions, "replace", lambda given, **_: given)
    assert [e.question for e in start_questions.answered_questions(Plain(), ANA)] == ["Who approves discounts?"]


def test_reasons_are_words() -> None:
    boosts = (
        Boost("document_type", "best_practice", 1.2),
        Boost("updated_at", "54 days old", 1.09),
        Boost("source", "wiki", 0.8),
    )
    found = Passage(Chunk("c", "d", 0, "x"), 1.0, Why(text=3.0, boosts=boosts))
    assert reasons(found) == (
        "has your words; document type: Best practice; changed 54 days ago; source: Wiki, which counts less"
    )
    assert reasons(Passage(Chunk("c", "d", 0, "x"), 1.0, Why(vector=0.7))) == "says it in other words"
