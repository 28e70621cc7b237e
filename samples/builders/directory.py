"""samples/users.yaml: the company's people and nested groups, from world.yaml."""

from __future__ import annotations

import yaml

from samples.builders.world import email_of, load_world

_HEADER = "# Written by samples/build.py from world.yaml. Groups nest; a person may be in none (rosa.keller).\n"


def users_text() -> str:
    """The users and groups in the form that auth.users_file takes."""
    world = load_world()
    groups = {}
    for name, group in world["groups"].items():
        members = [f"group:{child}" for child in group.get("of", ())]
        members += [f"user:{email_of(key)}" for key, person in world["people"].items() if name in person["groups"]]
        groups[name] = {"description": group["description"], "members": members}
    users = [
        {
            "email": email_of(key),
            "name": person["name"],
            "attributes": {
                "region": person["region"],
                "language": person["language"],
                "role": person["role"],
                "title": person["title"],
            },
        }
        for key, person in world["people"].items()
    ]
    text = yaml.safe_dump({"groups": groups, "users": users}, allow_unicode=True, sort_keys=False, width=120)
    return _HEADER + text


def members_of(group: str) -> set[str]:
    """The keys of the people in a group, nested groups included."""
    world = load_world()
    found = {key for key, person in world["people"].items() if group in person["groups"]}
    return found.union(*(members_of(child) for child in world["groups"][group].get("of", ())))
