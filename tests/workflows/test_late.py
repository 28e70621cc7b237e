"""Runs that nobody answered in time go on by themselves, as their person, and only once."""

from datetime import timedelta

from apps.kept import my_runs, record_run, stored_result
from apps.runner import finish
from core.database import utc_now
from tests.workflows.house import ANA, APP, House
from workflows.late import go_on_late

ASKING = """
steps:
  - id: you
    use: ask
    with:
      within: 2d
      otherwise: {send: no mail}
      questions: [{name: send, type: text}]
  - {id: text, use: write, with: {draft: "Sent: {{ you.answers.send }}, by itself: {{ you.late }}."}}
"""


def asked(house: House) -> str:
    house.app("", text=house_app())
    app = house.parts.app("note", ANA)
    return record_run(house.parts.engine, finish(app, {"subject": "rain"}, house.parts.context(ANA, "note")), ANA)


def house_app() -> str:
    begin, end = APP.index("steps:"), APP.index("outputs:")
    return APP[:begin] + ASKING.lstrip() + APP[end:]


def test_it_goes_on_with_what_the_app_says(house: House) -> None:
    run = asked(house)
    house.now = utc_now() + timedelta(days=1)
    assert go_on_late(house.parts) == 0 and my_runs(house.parts.engine, ANA)[0].status == "waiting"
    house.now += timedelta(days=2)
    assert (go_on_late(house.parts), go_on_late(house.parts)) == (1, 0)
    found = stored_result(house.parts.engine, run, ANA, lambda ids, _user: set(ids))
    assert found.status == "completed" and found.output("note").text == "Sent: no mail, by itself: True."


def test_whose_person_is_gone_ends_with_the_reason(house: House) -> None:
    run = asked(house)
    (house.folder / "users.yaml").write_text("users:\n  - {email: olga@example.com}\n", encoding="utf-8")
    house.now = utc_now() + timedelta(days=3)
    assert go_on_late(house.parts) == 1
    (row,) = [r for r in my_runs(house.parts.engine, ANA) if r.id == run]
    assert row.status == "failed"
    assert "ana@example.com" in stored_result(house.parts.engine, run, ANA).error
