"""Whether statements have the kind of fact that a question asks for."""

import pytest

from assistant.answers.reading.kinds import asks_for_one_fact, has_kind_asked_for

HAVE = [
    ("What does the small plan cost?", "The small plan is EUR 90 a month."),
    ("price of a spare filter", "Spare filter: $12"),
    ("how much do visitors pay", "Entrance is free of charge for visitors."),
    ("how many days until a refund", "Refunds are made within two weeks."),
    ("How long is the notice period?", "It may be ended with three months' notice."),
    ("how fast must we answer", "Answer the same day."),
    ("when is the boiler checked", "The boiler is checked after 500 hours."),
    ("when does the fair open", "The fair opens on 3 May."),
    ("until when can I hand it in", "Hand it in before the end of the quarter."),
    ("phone number of the hotline", "Hotline: +49 30 555 0199"),
    ("what's the mail address of the press office", "Write to press@quarry.example."),
    ("how many lorries do we have", "We own both lorries."),
    ("how many visits a year", "The team comes twice yearly."),
    ("Was kostet die Fräse?", "Die Fräse kostet 4.200 Euro."),
    ("¿Cuánto tiempo dura la garantía?", "La garantía dura dos años."),
    ("Combien de jours de repos ?", "Chaque salarié a 12 jours de repos."),
    ("How long is the bridge?", "The bridge is 214 metres long."),
    ("how long may the summary be", "A summary has at most 300 words."),
    ("By how much does the tower lean?", "The tower leans by four degrees."),
    ("how much does a kit weigh", "A kit weighs 18 kg."),
    ("How much memory does rack Birch have?", "Birch has 384 GB."),
    ("why is the gate closed", "The gate is closed for safety."),
]
LACK = [
    ("price of a spare filter", "The spare filter was replaced on 3 May."),
    ("how much did the thieves ask for", "On 4 July 2026 thieves opened two containers."),
    ("how many days until the new key arrives", "Having two keys means that one is a spare."),
    ("how many months warranty has the pump", "The pump has reached 90% of its expected life."),
    ("when was the last inspection", "The plant had a demanding quarter."),
    ("What ransom did the thieves demand?", "On 4 July 2026 thieves opened two containers."),
    ("Wie hoch ist die Miete der Halle?", "Die Halle liegt am Fluss."),
    ("phone number of the hotline", "Please call our hotline at any time."),
    ("was kostet die Waage am Tor", "Zur Waage am Tor habe ich noch Fragen."),
]


@pytest.mark.parametrize(("question", "statement"), HAVE)
def test_a_fact_of_the_kind_asked_for_is_found(question: str, statement: str) -> None:
    assert has_kind_asked_for(question, [statement])


@pytest.mark.parametrize(("question", "statement"), LACK)
def test_a_near_miss_has_none(question: str, statement: str) -> None:
    assert not has_kind_asked_for(question, [statement])


def test_what_the_question_says_itself_is_no_fact() -> None:
    assert not has_kind_asked_for(
        "how many of the 60 pumps failed", ["The 60 pumps stand in a ward of the north wing."]
    )
    assert has_kind_asked_for("how many of the 60 pumps failed", ["Of the 60 pumps 4 failed."])


def test_questions_that_one_fact_answers_are_told_from_open_ones() -> None:
    facts = [
        "who may sign",
        "when do pumps ship?",
        "till when",
        "max load of the lift",
        "pass mark?",
        "wie hoch ist die Miete",
    ]
    opened = [
        "can I bring my dog",
        "what do we do when it rains",
        "how do I reset the gate",
        "darf ich einen Hund mitbringen",
    ]
    assert all(map(asks_for_one_fact, facts))
    assert not any(map(asks_for_one_fact, opened))
