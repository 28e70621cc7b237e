"""Minutes by a model: what its turns don't say is not printed."""

import json
from datetime import date

from apps.meeting.by_model import minutes_by_model
from apps.meeting.turns import read_meeting
from core.types import Parsed, Section

SAID = [
    ("Ana Lee", "Could you send me the audit report of the plant?"),
    ("Bo Kim", "Sure, you'll have it on Friday."),
    ("Ana Lee", "And the plant closes in May, we decided that with the board."),
]


def meeting(times=1):
    sections = tuple(Section(f"{who}: {text}", kind="turn") for _ in range(times) for who, text in SAID)
    return read_meeting(Parsed(sections, metadata={"speakers": ("Ana Lee", "Bo Kim")}), "m", date(2026, 3, 10))


def minutes(reply, times=1):
    asked = []

    def write(system, text):
        asked.append(text)
        return reply if isinstance(reply, str) else json.dumps(reply)

    return minutes_by_model(meeting(times), "en", write), asked


def test_an_item_keeps_its_owner_and_day_where_its_turns_say_so():
    reply = {
        "tasks": [{"text": "Send the audit report of the plant", "owner": "Bo", "due": "2026-03-13", "turns": [1, 2]}]
    }
    found, asked = minutes(f"Here you are:\n```json\n{json.dumps(reply)}\n```")
    assert [(i.owner, i.row, str(i.due), i.turns) for i in found.tasks] == [
        ("Bo Kim", "Send the audit report of the plant", "2026-03-13", (1, 2))
    ]
    assert "[2] Bo Kim: Sure" in asked[0]


def test_what_nobody_said_is_left_out():
    task = {"text": "Send the audit report of the plant", "owner": "Zoe", "due": "2026-03-20", "turns": [1, 2]}
    decision = {"text": "The budget is doubled next year", "turns": [3]}
    found, _ = minutes({"tasks": [task], "decisions": [decision, {"text": "The plant closes in May", "turns": [99]}]})
    assert [(i.owner, i.due) for i in found.tasks] == [("", None)]
    assert found.decisions == [] and found.refused == 2


def test_a_reply_that_is_no_json_is_told():
    assert minutes("I'm sorry, I can't.")[0] is None
    assert minutes('{"tasks": "none"}')[0] is None


def test_a_long_meeting_is_read_in_parts_and_merged():
    found, asked = minutes({"decisions": [{"text": "The plant closes in May", "turns": [3]}]}, times=150)
    assert len(asked) > 1 and len(found.decisions) == 1


def test_talk_that_nobody_agreed_on_is_no_decision():
    talk = {"text": "Send me the audit report of the plant", "turns": [1]}
    found, _ = minutes({"decisions": [talk], "questions": [{"text": "You'll have it on Friday", "turns": [2]}]})
    assert (found.decisions, found.questions, found.usable) == ([], [], False)
