"""What is settled without a word of decision, offered and taken, or left to somebody who isn't there."""

from datetime import date

import pytest

from apps.language.app_file import AppFile
from apps.meeting.days import spoken_days, told_today
from apps.steps.extract_meeting import ExtractMeeting, extract_meeting
from ingestion.parse import parse


@pytest.fixture
def heard(context):
    """What is found in turns, spoken on Tuesday, 10 March 2026."""

    def extract(*turns):
        opening = [("Ann Lee", "Good morning."), ("Bo Kim", "Morning, all well here."), ("Ann Lee", "Lovely.")] * 3
        cues = [
            f"00:00:{n:02d}.000 --> 00:00:{n:02d}.900\n<v {who}>{said}</v>"
            for n, (who, said) in enumerate([*opening, *turns])
        ]
        text = "\n\n".join(["WEBVTT", *cues])
        name = "2026-03-10-call.vtt"
        return extract_meeting(ExtractMeeting(source=AppFile(name, parse(text.encode(), name))), context)

    return extract


def decided(found):
    return [d["text"] for d in found["decisions"]]


def tasks(found):
    return [(a["owner"], a["task"], a["due"]) for a in found["action_items"]]


@pytest.mark.parametrize(
    ("proposed", "said_back", "what"),
    [
        ("We might try the blue paint for the fence, until autumn.", "Okay, so blue paint until autumn.", "paint"),
        ("Alors la peinture bleue pour la clôture.", "D'accord, la peinture bleue.", "peinture"),
    ],
)
def test_words_that_are_said_back_are_a_decision(heard, proposed, said_back, what):
    found = decided(heard(("Ann Lee", proposed), ("Bo Kim", said_back)))
    assert len(found) == 1
    assert what in found[0]


def test_what_nobody_says_back_is_none(heard):
    found = heard(("Ann Lee", "We might try the blue paint for the fence."), ("Bo Kim", "The gate squeaks as well."))
    assert decided(found) == []


def test_an_offer_that_is_declined_is_a_decision_against_it(heard):
    found = decided(
        heard(("Ann Lee", "Do you want us to paint the garden shed too?"), ("Bo Kim", "No, don't bother, it's rotten."))
    )
    assert found == ["Not: paint the garden shed too"]


@pytest.mark.parametrize("answer", ["That would help.", "Oh please.", "No, thanks, it's fine."])
def test_an_offer_is_a_task_once_it_is_taken(heard, answer):
    found = tasks(heard(("Ann Lee", "I can give the plumber a nudge about the pump."), ("Bo Kim", answer)))
    assert len(found) == (0 if answer.startswith("No") else 1)


def test_somebody_who_is_sent_has_the_task(heard):
    found = tasks(heard(("Ann Lee", "I can get Rita to write to the neighbours by Friday."), ("Bo Kim", "Great.")))
    assert found == [("Rita", "Write to the neighbours", "2026-03-13")]


def test_a_day_without_a_year_is_the_latest_that_fits_its_weekday():
    now = date(2026, 11, 28)
    assert told_today("Okay, it's Monday the 26th of October, this is the weekly.", now) == date(2026, 10, 26)
    assert told_today("Heute, Donnerstag, 7. Mai, Jour fixe.", now) == date(2026, 5, 7)
    assert told_today("It's Tuesday the 26th of October.", now) == date(2021, 10, 26)
    assert told_today("We ship on the 26th of October.", now) is None


def test_spoken_ordinals_are_days():
    assert [d.day for d in spoken_days("Also ab dem vierten.", date(2026, 2, 11))] == [date(2026, 3, 4)]
    assert [d.day for d in spoken_days("Fünfzehnter Juni passt.", date(2026, 5, 7))] == [date(2026, 6, 15)]


def test_clauses_of_notes_name_who_does_what(context):
    notes = (
        "Bakery call with Nadine, Omar, 22 April 2026\n\n"
        "- The permit isn't signed yet, Nadine will chase the council\n"
        "- card readers - who orders? Omar will\n"
        "- they asked if we could do the payroll too. no.\n"
    )
    found = extract_meeting(ExtractMeeting(source=notes), context)
    assert {(o, t.split(" (")[0].lower()) for o, t, _ in tasks(found)} >= {("Nadine", "chase the council")}
    assert any(owner == "Omar" for owner, _, _ in tasks(found))
    assert decided(found) == ["Not: do the payroll too"]


@pytest.mark.parametrize(
    ("turns", "row"),
    [
        (
            [("Ann Lee", "We could paint the fence twice."), ("Bo Kim", "What would that cost?"),
             ("Ann Lee", "Ninety."), ("Bo Kim", "Ninety I can live with.")],
            "Paint the fence twice",
        ),
        (
            [("Ann Lee", "Wir könnten den Zaun doppelt streichen."), ("Bo Kim", "Was kostet das?"),
             ("Ann Lee", "Neunzig."), ("Bo Kim", "Damit kann ich leben.")],
            "Wir könnten den Zaun doppelt streichen",
        ),
        (
            [("Ann Lee", "On pourrait peindre la clôture deux fois."), ("Bo Kim", "Et le prix ?"),
             ("Ann Lee", "Quatre-vingt-dix."), ("Bo Kim", "Ça passe.")],
            "Peindre la clôture deux fois",
        ),
    ],
)  # fmt: skip
def test_a_yes_to_the_price_takes_what_was_proposed_before(heard, turns, row):
    assert decided(heard(*turns)) == [row]


def test_a_short_question_that_is_accepted_is_told_with_what_it_narrows(heard):
    found = decided(
        heard(
            ("Ann Lee", "We could give each member two vouchers."),
            ("Bo Kim", "One per season?"),
            ("Ann Lee", "I can live with that."),
        )
    )
    assert len(found) == 1 and found[0].startswith("One per season (")


def test_a_price_that_is_refused_decides_nothing(heard):
    found = heard(
        ("Ann Lee", "We could paint the fence twice."),
        ("Bo Kim", "What would that cost?"),
        ("Ann Lee", "Ninety."),
        ("Bo Kim", "No, I'm afraid not."),
        ("Ann Lee", "The gate squeaks as well."),
        ("Bo Kim", "That's nothing."),
    )
    assert decided(found) == []
