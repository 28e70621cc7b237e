"""The Totango and warehouse records say the same as world.yaml."""

from __future__ import annotations

import json
import re

from samples.builders.world import WORKSPACE, arr, load_world

WORLD = load_world()


def totango(name: str) -> list[dict]:
    return json.loads((WORKSPACE / f"totango/{name}.json").read_text(encoding="utf-8"))


def test_accounts_carry_value_health_and_renewal_date():
    accounts = {a["id"]: a for a in totango("accounts")}
    for key, customer in WORLD["customers"].items():
        account = accounts[customer["id"]]
        assert account["health"]["curr"] == customer["health"]
        assert account["attributes"]["Contract Value"]["val"] == arr(key)
        assert account["attributes"]["Contract Renewal Date"]["val"] == customer["renewal"].isoformat()


def test_touchpoints_and_tasks_belong_to_known_accounts():
    known = {c["id"] for c in WORLD["customers"].values()}
    touchpoints, tasks = totango("touchpoints"), totango("tasks")
    assert {n["account"]["id"] for n in touchpoints} | {t["account_id"] for t in tasks} <= known
    assert len({n["id"] for n in touchpoints}) == len(touchpoints) >= 10
    assert [t["due_date"] for t in tasks] == [a["due"].isoformat() for a in WORLD["actions"]]


def test_monthly_alerts_add_up_to_the_quarters_of_the_health_checks():
    sql = (WORKSPACE / "redshift/02_data.sql").read_text(encoding="utf-8")
    rows = re.findall(r"\('(ACC-\d+)', '2026-(\d\d)-01', (\d+),", sql)
    for key, customer in WORLD["customers"].items():
        if "watchtower" not in customer["subscriptions"]:
            continue
        for quarter, values in WORLD["quarters"][key].items():
            last = 3 * int(quarter[-1])
            alerts = [int(n) for c, m, n in rows if c == customer["id"] and last - 3 < int(m) <= last]
            assert len(alerts) == 3
            assert sum(alerts) == values["alerts_triaged"], (key, quarter)


def test_every_incident_is_in_the_warehouse():
    sql = (WORKSPACE / "redshift/02_data.sql").read_text(encoding="utf-8")
    for incident in WORLD["incidents"]:
        customer = WORLD["customers"][incident["customer"]]["id"]
        assert f"('{incident['id']}', '{customer}', '{incident['date']}', '{incident['severity']}'" in sql
