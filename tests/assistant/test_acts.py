"""What kind of act a message is."""

import pytest

from assistant.acts import is_question, small_talk


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("hi", "greeting"),
        ("Hi there!", "greeting"),
        ("hola, ¿qué tal?", "greeting"),
        ("thanks!", "thanks"),
        ("thanks, that helps", "thanks"),
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
    ("message", "asks"),
    [
        ("How many days of leave do I get?", True),
        ("whats the limit for hotels", True),
        ("and who pays for it", True),
        ("Can I expense a taxi", True),
        ("Wie viele Tage habe ich", True),
        ("¿Cuánto puedo gastar en una comida?", True),
        ("hotel limit in Madrid?", True),
        ("Write the follow-up e-mail for this meeting", False),
        ("Can you write a mail to them?", False),
        ("Could you compare these two reports?", False),
        ("Kannst du das übersetzen?", False),
        ("Could you tell me who owns this?", True),
        ("Customer brief for Acme", False),
    ],
)
def test_a_question_is_told_from_an_order(message, asks):
    assert is_question(message) is asks
