"""Meetings as people write them down: minutes, exports of other programs, requests that somebody grants."""

import json

import pytest

from apps.language.app_file import AppFile
from apps.steps.extract_meeting import ExtractMeeting, extract_meeting
from ingestion.parse import parse

SAID = [
    ("Ana Lee", "Good morning. The rollout is at ninety percent and the warehouse is missing."),
    ("Bo Kim", "We decided to close the warehouse project in May."),
    ("Ana Lee", "I'll send the device list by 12 May 2026."),
    ("Bo Kim", "Who owns the label printers?"),
    ("Ana Lee", "I don't know yet, I have to check that."),
]
MINUTES = """# Steering committee, 4 May 2026

Present: Ana Lee, Bo Kim

## Beschlüsse
- The warehouse project is closed in May.

## Next steps
| Who | What | When |
| --- | --- | --- |
| Ana Lee | Send the device list | 12 May |
| Bo Kim | Name a contact | |

## Open questions
- Who owns the label printers?
"""


@pytest.fixture
def read(context):
    def extract(name, text):
        return extract_meeting(ExtractMeeting(source=AppFile(name, parse(text.encode(), name))), context)

    return extract


def transcript(*turns):
    cues = [f"00:00:{n:02d}.000 --> 00:00:{n:02d}.900\n<v {who}>{said}" for n, (who, said) in enumerate(turns)]
    return "\n\n".join(["WEBVTT", *cues])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("call.vtt", transcript(*SAID)),
        ("zoom.txt", "\n".join(f"[{who}] 10:0{n}:33\n{said}\n" for n, (who, said) in enumerate(SAID))),
        ("lines.txt", "\n".join(f"10:0{n}:33 {who}: {said}" for n, (who, said) in enumerate(SAID))),
        ("teams.txt", "\n\n".join(f"{who}   0:0{n}\n{said}" for n, (who, said) in enumerate(SAID))),
        ("a.json", json.dumps([{"speaker": who, "text": said, "start": n} for n, (who, said) in enumerate(SAID)])),
        ("b.json", json.dumps({"id": 7, "turns": [{"speaker": who, "text": said} for who, said in SAID]})),
    ],
)
def test_transcripts_of_other_programs_are_read(read, name, text):
    found = read(name, text)
    assert found["participants"] == ["Ana Lee", "Bo Kim"]
    assert [(a["owner"], a["due"], a["task"]) for a in found["action_items"]] == [
        ("Ana Lee", "2026-05-12", "Send the device list")
    ]
    assert [q["text"] for q in found["open_questions"]] == ["Who owns the label printers?"]
    assert found["decisions"][0]["turn"] == 2


def test_the_times_of_an_agenda_are_no_turns(read):
    found = read(
        "agenda.txt", "Welcome 10:00\nStatus 10:15\nBudget 10:30\n\nAna brings the figures. The room is booked."
    )
    assert found["participants"] == []


def test_headings_and_tables_of_minutes_say_what_is_what(read):
    found = read("minutes.md", MINUTES)
    assert [d["text"] for d in found["decisions"]] == ["The warehouse project is closed in May."]
    assert [(a["owner"], a["due"], a["task"]) for a in found["action_items"]] == [
        ("Ana Lee", "2026-05-12", "Send the device list"),
        ("Bo Kim", "", "Name a contact"),
    ]
    assert [q["text"] for q in found["open_questions"]] == ["Who owns the label printers?"]
    assert found["date"] == "2026-05-04"


def test_a_pipe_in_a_cell_cuts_neither_a_task_nor_its_day(read):
    task = read("minutes.md", MINUTES.replace("device list", "device list A \\| B"))["action_items"][0]
    assert (task["owner"], task["due"], task["task"]) == ("Ana Lee", "2026-05-12", "Send the device list A | B")


def test_a_pipe_in_a_table_of_turns_is_what_was_said(read):
    turns = "\n".join(f"| 0:0{n} | {who} | {said} |" for n, (who, said) in enumerate(SAID))
    table = f"| Time | Speaker | Text |\n| --- | --- | --- |\n{turns}".replace(
        "the warehouse project", "project A \\| B"
    )
    assert read("turns.md", table)["decisions"][0]["text"] == "We decided to close project A | B in May"


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        ("Could you send us the serial numbers of the scanners?", "Yes, you'll get them by 12 May 2026."),
        ("Please reset the passwords of the shared mailboxes.", "Will do, by 12 May 2026."),
        ("Könnten Sie uns die Bewertung der Risiken geben?", "Gerne, die liefere ich bis zum 12. Mai 2026 nach."),
        ("¿Me podéis enviar el inventario de servidores?", "Sí, os lo mando el 12 de mayo de 2026."),
    ],
)
def test_who_grants_a_request_has_one_task_with_his_day(read, request_, answer):
    found = read("call.vtt", transcript(("Ana Lee", request_), ("Bo Kim", answer), ("Ana Lee", "Das Werk in Gent.")))
    assert [(a["owner"], a["due"]) for a in found["action_items"]] == [("Bo Kim", "2026-05-12")]


def test_what_was_decided_long_ago_or_is_an_opinion_is_no_decision(read):
    said = [
        ("Ana Lee", "I was told that we decided the cadence last year. We decided that in the workshop."),
        ("Bo Kim", "I'd leave it yellow until January."),
        ("Ana Lee", "Agreed."),
    ]
    assert read("call.vtt", transcript(*said))["decisions"] == []


def test_a_topic_is_named_by_the_whole_noun_phrase(read):
    said = [
        ("Ana Lee", "I still don't have the sales figures for the value per shop. They can't see the value."),
        ("Bo Kim", "Without the value we don't present. The value is what purchasing asks about."),
    ]
    assert read("call.vtt", transcript(*said))["topics"][0]["title"].startswith("Value per shop")
