"""Meetings as people really speak: who promises what by when, and what is nobody's task."""

import json
import time
from datetime import date

import pytest

from apps.language.app_file import AppFile
from apps.meeting.days import due_in, spoken_days
from apps.meeting.names import known_person, person_name
from apps.steps.extract_meeting import ExtractMeeting, extract_meeting
from ingestion.parse import parse

TUESDAY = date(2026, 3, 10)


@pytest.fixture
def read(context):
    def extract(name, text):
        return extract_meeting(ExtractMeeting(source=AppFile(name, parse(text.encode(), name))), context)

    return extract


@pytest.fixture
def heard(read):
    """What is found in turns, spoken on Tuesday, 10 March 2026."""

    def extract(*turns):
        cues = [f"00:00:{n:02d}.000 --> 00:00:{n:02d}.900\n<v {who}>{said}</v>" for n, (who, said) in enumerate(turns)]
        return read("2026-03-10-call.vtt", "\n\n".join(["WEBVTT", *cues]))

    return extract


def tasks(found):
    return [(a["owner"], a["task"], a["due"]) for a in found["action_items"]]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("I'll do it this afternoon", "2026-03-10"),
        ("by the 7th", "2026-04-07"),
        ("you'd have a draft by the end of next week", "2026-03-20"),
        ("within five working days", "2026-03-17"),
        ("in two weeks", "2026-03-24"),
        ("next Tuesday", "2026-03-17"),
        ("Friday week", "2026-03-20"),
        ("by Wed", "2026-03-11"),
        ("heute Nachmittag noch", "2026-03-10"),
        ("bis zum Ende des Monats", "2026-03-31"),
        ("binnen drei Tagen", "2026-03-13"),
        ("bis 19.06.", "2026-06-19"),
        ("te lo mando mañana por la tarde", "2026-03-11"),
        ("antes de fin de mes", "2026-03-31"),
        ("mercredi prochain", "2026-03-11"),
        ("avant la fin du mois", "2026-03-31"),
    ],
)
def test_a_spoken_day_is_a_day(text, day):
    assert due_in(text, TUESDAY).day.isoformat() == day


@pytest.mark.parametrize(
    "text",
    [
        "It takes three weeks",
        "jeden Morgen kommen Anrufe",
        "guten Morgen zusammen",
        "por la mañana",
        "le 15 %",
        "version 11.2 has it",
    ],
)
def test_what_names_no_day_gives_none(text):
    assert spoken_days(text, TUESDAY) == []


def test_a_day_behind_because_is_no_due_day():
    assert due_in("I'll send it, because the audit is on Friday", TUESDAY) is None


def test_names_are_as_one_says_them():
    assert person_name("Okafor, Ngozi (Bridge Ltd)") == "Ngozi Okafor"
    assert person_name("Hal Rudd (Unverified)") == "Hal Rudd"
    people = ("Anna-Lena Roth", "Stefan Huber", "Stefan Klein")
    assert known_person("Herr Huber", people) == "Stefan Huber"
    assert known_person("ALR", people) == "Anna-Lena Roth"
    assert known_person("Stefan", people) == ""


def test_a_colon_in_speech_is_no_speaker_and_a_cut_cue_goes_on(read):
    found = read(
        "call.vtt",
        "WEBVTT\n\n1\n00:00:01.000 --> 00:00:04.000\nAna Ruiz: Thanks for joining.\n\n"
        "2\n00:00:04.000 --> 00:00:09.000\nSo to sum up: the licence count goes up and\n\n"
        "3\n00:00:09.000 --> 00:00:12.000\nwe start at 10:30.\n\n"
        "4\n00:00:12.000 --> 00:00:14.000\nDecision: it stays so.\n\n"
        "5\n00:00:14.000 --> 00:00:18.000\nTom O'Neil-Ng: I'll change the invitation today.\n",
    )
    assert found["participants"] == ["Ana Ruiz", "Tom O'Neil-Ng"]
    # Nobody said which day today is, so the word stays.
    assert tasks(found) == [("Tom O'Neil-Ng", "Change the invitation today", "")]


def test_what_a_program_writes_is_not_speech_and_the_day_is_said_early(read):
    found = read(
        "sync.txt",
        "Onboarding sync\n\nAttendees\nAna Lee, Bo Kim\n\nTranscript\n\n00:00:00\n\n"
        "Ana Lee: Hello. It's Tuesday the 10th of March 2026.\nBo Kim: We had the audit on 3 February 2026, it went well.\n"
        "Ana Lee: Could you send me the audit report?\nBo Kim: Sure, tomorrow.\n\nTranscription ended after 00:13:42\n",
    )
    assert found["date"] == "2026-03-10"
    assert tasks(found) == [("Bo Kim", "Send the audit report", "2026-03-11")]
    assert "Transcription" not in json.dumps(found["topics"])


def test_the_day_of_a_promise_is_not_the_meetings(heard, read):
    found = read(
        "call.vtt",
        "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ana Lee>I'll send the report by 4 December 2026.\n\n00:03.000 --> 00:04.000\n<v Bo Kim>Fine. See you.\n",
    )
    assert found["date"] == ""


@pytest.mark.parametrize(
    ("turns", "expected"),
    [
        (
            [("Ana Lee", "And someone needs to write the scenario."), ("Bo Kim", "That's on us. You'd have it by Friday.")],
            ("Bo Kim", "Write the scenario", "2026-03-13"),
        ),
        (
            [("Ana Lee", "I'd need a revised quote for that."), ("Bo Kim", "You'll have it on Monday.")],
            ("Bo Kim", "Provide a revised quote for that", "2026-03-16"),
        ),
        (
            [("Ana Lee", "The old scanners are in the cellar."), ("Bo Kim", "Tomek knows them, he can pick them up tomorrow.")],
            ("Tomek", "Pick them up (The old scanners are in the cellar)", "2026-03-11"),
        ),
        (
            [("Jo Alt", "Ich brauche noch die Liste der Geräte."), ("Bea Neu", "Die kriegen Sie bis Donnerstag.")],
            ("Bea Neu", "Die Liste der Geräte liefern", "2026-03-12"),
        ),
        (
            [("Ana Gil", "Las etiquetas no se leen bien."), ("Iván Soto", "Abro una incidencia con el proveedor hoy.")],
            ("Iván Soto", "Abrir una incidencia con el proveedor", "2026-03-10"),
        ),
        (
            [("Luc Roy", "Il me faut le nouveau logo en haute définition."), ("Ève Sol", "Vous l'aurez jeudi.")],
            ("Ève Sol", "Fournir le nouveau logo en haute définition", "2026-03-12"),
        ),
    ],
)  # fmt: skip
def test_a_promise_about_it_says_what_it_is_about(heard, turns, expected):
    assert tasks(heard(*turns)) == [expected]


def test_a_later_day_wins(heard):
    found = heard(
        ("Bo Kim", "I'll get the sign-off from the engineer by Wednesday."),
        ("Bo Kim", "Wait, no, he's on leave. Make it the 14th."),
    )
    assert tasks(found) == [("Bo Kim", "Get the sign-off from the engineer", "2026-03-14")]


def test_a_later_decision_wins(heard):
    found = heard(
        ("Ana Lee", "For the training we had proposed the 3rd of April. Does that still work for you?"),
        ("Bo Kim", "No, half of us are away. The 9th would be okay."),
        ("Ana Lee", "The 9th is fine with us, let's go with that."),
    )
    assert len(found["decisions"]) == 1
    assert "The 9th" in found["decisions"][0]["text"] and "training" in found["decisions"][0]["text"]


@pytest.mark.parametrize(
    ("proposal", "assent", "words"),
    [
        ("Can we agree that the plant goes in one window?", "Fine by me.", "plant goes in one window"),
        ("Separate trainings or all at once?", "Separate trainings.", "Separate trainings"),
        ("Können wir das Archiv auf zwei Jahre kürzen?", "Einverstanden.", "Archiv auf zwei Jahre kürzen"),
        ("Propongo reservar el muelle tres hasta junio.", "De acuerdo.", "reservar el muelle tres hasta junio"),
        ("Un envoi mensuel du rapport, ça vous irait ?", "Oui, ça nous va.", "envoi mensuel du rapport"),
    ],
)
def test_a_proposal_that_somebody_takes_up_is_a_decision(heard, proposal, assent, words):
    found = heard(("Ana Lee", proposal), ("Bo Kim", assent), ("Ana Lee", "Schön."))
    assert [words.lower() in d["text"].lower() for d in found["decisions"]] == [True]


def test_a_request_that_is_declined_is_nobodys_task(heard):
    found = heard(
        ("Ana Lee", "Could you send us an export of the directory?"),
        ("Bo Kim", "I can't, that's personal data."),
        ("Ana Lee", "Never mind."),
    )
    assert tasks(found) == []


def test_talk_without_outcome_has_none(heard):
    found = heard(
        ("Ana Lee", "I will never forget that project, three years and nobody used it."),
        ("Bo Kim", "We'll see more of her next year, I suppose."),
        ("Ana Lee", "Somebody should check the rules one day."),
        ("Bo Kim", "I could perhaps prepare a list, but I don't promise it."),
    )
    assert tasks(found) == [] and found["decisions"] == []


def test_a_day_that_isnt_understood_stays_as_spoken(heard):
    found = heard(("Ana Lee", "Hello there, all."), ("Bo Kim", "I'll send the floor plans before Easter."))
    assert tasks(found) == [("Bo Kim", "Send the floor plans", "")]
    assert found["action_items"][0]["due_text"] == "before Easter"


def test_two_languages_in_one_meeting(heard):
    found = heard(
        ("Ana Lee", "I'll send the rollback plan by Thursday."),
        ("Eva Berg", "Und was das kostet? Ist das im Vertrag drin?"),
        ("Ana Lee", "I don't know, honestly."),
        ("Eva Berg", "Ich schicke Ihnen morgen den Vertrag."),
    )
    assert tasks(found) == [
        ("Ana Lee", "Send the rollback plan", "2026-03-12"),
        ("Eva Berg", "Den Vertrag schicken", "2026-03-11"),
    ]
    assert [q["text"] for q in found["open_questions"]] == ["Was das kostet? Ist das im Vertrag drin?"]


def test_each_item_names_its_turns(heard):
    found = heard(("Ana Lee", "Could you send me the plans of the hall?"), ("Bo Kim", "Sure, tomorrow."))
    assert found["action_items"][0]["turns"] == [1, 2]


def test_notes_with_arrows_initials_and_me(read):
    found = read(
        "notes.txt",
        "Fleet call 10 Mar 2026\nthere: me, Anna-Lena (Depot), Rob Hart\n\n"
        "- agreed to keep the diesel vans until September\n- me -> send the figures to Rob before Friday\n"
        "- Rob: price is too high. will come back with a counter offer, 2 weeks\n- AL checks the insurance with the broker\n"
        "- open: who clears the yard in winter\n- Rob out 16-27 Mar\n- next call 24 Mar, Depot South\n",
    )
    assert tasks(found) == [
        ("me", "Send the figures to Rob", "2026-03-13"),
        ("Rob Hart", "Come back with a counter offer (price is too high)", "2026-03-24"),
        ("Anna-Lena", "Check the insurance with the broker", ""),
    ]
    assert [d["text"] for d in found["decisions"]] == ["Agreed to keep the diesel vans until September"]
    assert [q["text"] for q in found["open_questions"]] == ["Who clears the yard in winter?"]
    assert (found["next_day"], found["next_detail"]) == ("2026-03-24", "Depot South")


def test_an_export_in_json_with_its_own_date(read):
    entries = [
        {
            "startOffset": "00:01",
            "speakerDisplayName": "Lee, Ana (Guest)",
            "text": "Hello. Who asks the works council?",
        },
        {"startOffset": "00:05", "speakerDisplayName": "Bo Kim", "text": "I'll ask the works council tomorrow."},
    ]
    found = read(
        "x.json", json.dumps({"meetingSubject": "Payroll", "startDateTime": "2026-03-10T09:00:00Z", "entries": entries})
    )
    assert (found["title"], found["date"], found["participants"]) == ("Payroll", "2026-03-10", ["Ana Lee", "Bo Kim"])
    assert tasks(found) == [("Bo Kim", "Ask the works council", "2026-03-11")]


@pytest.mark.parametrize(
    "unit", ["and we'll ", "the 9th or ", "ich schicke Ihnen die ", "yo os mando ", "a, ", "wir könnten das "]
)
def test_an_endless_sentence_takes_no_endless_time(heard, unit):
    begin = time.perf_counter()
    heard(("Ana Lee", unit * 400), ("Bo Kim", "Agreed."), ("Ana Lee", unit * 400 + "?"))
    assert time.perf_counter() - begin < 20


def test_notes_of_a_short_month_have_their_days_and_their_lines_of_persons(read):
    found = read(
        "kiln.txt",
        "Catch-up pottery, 9 Sept 2026\nPresent: Nora Vale (us), Kemi, Dr Hill\n\n"
        "- Glaze: it runs. Agreed: a thinner coat. Nora to fire a sample by 18 Sept\n"
        "- Kemi: list of closed days for 2027, end of Oct\n- Sorry, the kiln is loud\n",
    )
    dues = {a["owner"]: a["due"] for a in found["action_items"]}
    assert dues == {"Nora Vale": "2026-09-18", "Kemi": "2026-10-31"}
    assert [d["text"] for d in found["decisions"]] == ["A thinner coat"]
