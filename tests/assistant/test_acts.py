"""What kind of act a message is."""

import pytest

from assistant.acts import is_order, only_needs, small_talk


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("hi", "greeting"),
        ("Hi there!", "greeting"),
        ("hola, ¿qué tal?", "greeting"),
        ("thanks!", "thanks"),
        ("thanks, that helps", "thanks"),
        ("thx that helped a lot!", "thanks"),
        ("what can u do for me", "help"),
        ("merci beaucoup", "thanks"),
        ("what can you do?", "help"),
        ("Was kannst du?", "help"),
        ("Tschüss!", "goodbye"),
        ("hi, how long is leave?", None),
        ("ok and in Berlin?", None),
        ("help with the escalation of an incident", None),
        ("test results of the backup", None),
        ("great customers of ours", None),
    ],
)
def test_small_talk_is_the_whole_message_or_none_of_it(message, kind):
    assert small_talk(message) == kind


@pytest.mark.parametrize(
    ("message", "orders"),
    [
        ("How many days of leave do I get?", False),
        ("max value of a present for a client", False),
        ("customer wants the raw logs what do we tell them", False),
        ("Can I expense a taxi", False),
        ("¿Cuánto puedo gastar en una comida?", False),
        ("Could you tell me who owns this?", False),
        ("do we have a gym?", False),
        ("Write the follow-up e-mail for this meeting", True),
        ("hi, can you write a mail to them?", True),
        ("please compare these two reports", True),
        ("Kannst du das übersetzen?", True),
        ("Übersetze das bitte ins Englische", True),
        ("Résume cette réunion", True),
        ("Necesito un resumen de la reunión", True),
        ("I need a brief on Acme", True),
        ("Plan the seating for the party", True),
        ("plan for the onboarding", False),
        ("machine down for 4 days already, who has to be told in house", False),
        ("hazardous goods, who signs", False),
        ("Mach mir eine Zusammenfassung", True),
        ("Hazme un resumen de la reunión", True),
        ("Fais-moi un résumé", True),
    ],
)
def test_an_order_is_told_from_a_question(message, orders):
    assert is_order(message) is orders


def test_a_need_is_less_than_an_order():
    assert only_needs("i need a letter for my mortgage") and only_needs("Ich brauche einen neuen Monitor")
    assert not only_needs("Can you write what I need a letter for?") and not only_needs("How long is leave?")
