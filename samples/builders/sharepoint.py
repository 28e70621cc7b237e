"""What a SharePoint tenant knows beside the files: directory, sites, libraries, columns, permissions, pages."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from samples.builders.source import Source
from samples.builders.text import html_body
from samples.builders.world import email_of, iso, load_world, name_of

_SPACE = UUID("6f0c5b0e-2d52-4d3c-9c55-6a1f2a5c7e11")
_PAGES = "SitePages"

# Site → title, its SharePoint groups (title → members) and who may read what has no permissions of its own.
SITES: dict[str, dict[str, Any]] = {
    "delivery": {
        "title": "Services Delivery",
        "groups": {
            "Delivery Owners": ["user:priya.nair"],
            "Delivery Members": ["group:services"],
            "Delivery Visitors": ["group:customer-success", "group:soc"],
        },
    },
    "cs-emea": {
        "title": "Customer Success EMEA",
        "groups": {
            "CS EMEA Owners": ["user:tomas.ibarra"],
            "CS EMEA Members": ["user:nils.weber", "user:sofia.moretti", "user:daniel.okafor"],
            "CS EMEA Visitors": ["group:emea"],
        },
    },
    "people": {
        "title": "People and Culture",
        "groups": {
            "People Owners": ["group:people-team"],
            "People Visitors": ["everyone"],
        },
    },
}
_COLUMNS = {
    "DocumentType": ("Document type", "choice"),
    "Customer": ("Customer", "text"),
    "Product": ("Product", "text"),
    "Language": ("Language", "text"),
    "Confidentiality": ("Confidentiality", "choice"),
    "Status": ("Status", "choice"),
    "ReviewBy": ("Review by", "dateTime"),
}


def write(root: Path, sources: list[Source]) -> None:
    """Writes `_directory.json`, one `_site.json` a site, one `_library.json` a library, and the pages."""
    root.mkdir(parents=True, exist_ok=True)
    _dump(root / "_directory.json", _directory())
    for name, site in SITES.items():
        _dump(root / name / "_site.json", _site(name, site))
        own = [s for s in sources if s.path.startswith(f"{name}/")]
        libraries = sorted({s.path.split("/")[1] for s in own})
        for library in libraries:
            items = [s for s in own if s.path.split("/")[1] == library]
            if library == _PAGES:
                for source in items:
                    (root / source.path).unlink()
                    _dump((root / source.path).with_suffix(".json"), _page(name, site, source))
            else:
                _dump(root / name / library / "_library.json", _library(name, site, library, items))


def guid(what: str) -> str:
    """The same id each time for a user, group, site or item."""
    return str(uuid5(_SPACE, what))


def _directory() -> dict[str, Any]:
    world = load_world()
    users = [
        {
            "id": guid(f"user:{key}"),
            "displayName": person["name"],
            "mail": email_of(key),
            "userPrincipalName": email_of(key),
            "jobTitle": person["title"],
        }
        for key, person in world["people"].items()
    ]
    groups = []
    for key, group in world["groups"].items():
        members = [{"@odata.type": "#microsoft.graph.group", "id": guid(f"group:{g}")} for g in group.get("of", ())]
        members += [
            {"@odata.type": "#microsoft.graph.user", "id": guid(f"user:{p}")}
            for p, person in world["people"].items()
            if key in person["groups"]
        ]
        groups.append(
            {"id": guid(f"group:{key}"), "displayName": key, "description": group["description"], "members": members}
        )
    return {"users": users, "groups": groups}


def _site(name: str, site: dict[str, Any]) -> dict[str, Any]:
    groups = [
        {"Id": number, "Title": title, "users": [_login(member) for member in members]}
        for number, (title, members) in enumerate(site["groups"].items(), start=3)
    ]
    return {
        "id": guid(f"site:{name}"),
        "name": name,
        "displayName": site["title"],
        "webUrl": _url(name),
        "siteGroups": groups,
    }


def _number(member: str) -> int:
    """A user id as SharePoint counts them within a site."""
    return 10 + int(guid(member)[:6], 16) % 9000


def _login(member: str) -> dict[str, Any]:
    """A site group's member as the SharePoint REST API shows it."""
    kind, _, name = member.partition(":")
    if kind == "everyone":
        login = f"c:0-.f|rolemanager|spo-grid-all-users/{guid('tenant')}"
        return {
            "Id": _number(member),
            "LoginName": login,
            "Title": "Everyone except external users",
            "Email": "",
            "PrincipalType": 4,
        }
    if kind == "group":
        login = f"c:0t.c|tenant|{guid(member)}"
        return {"Id": _number(member), "LoginName": login, "Title": name, "Email": "", "PrincipalType": 4}
    email = email_of(name)
    login = f"i:0#.f|membership|{email}"
    return {"Id": _number(member), "LoginName": login, "Title": name_of(name), "Email": email, "PrincipalType": 1}


def _library(name: str, site: dict[str, Any], library: str, sources: list[Source]) -> dict[str, Any]:
    return {
        "id": f"b!{guid(f'drive:{name}/{library}')}",
        "name": library,
        "driveType": "documentLibrary",
        "webUrl": f"{_url(name)}/{library}",
        "columns": [{"name": n, "displayName": d, "type": t} for n, (d, t) in _COLUMNS.items()],
        "permissions": _inherited(site),
        "items": [_item(site, source) for source in sources],
    }


def _item(site: dict[str, Any], source: Source) -> dict[str, Any]:
    _, _, path = source.path.split("/", 2)
    given = source.attributes
    fields = {
        "Title": source.title,
        "DocumentType": given.get("document_type"),
        "Customer": given.get("customer"),
        "Product": given.get("product"),
        "Language": given["language"],
        "Confidentiality": given["confidentiality"],
        "Status": given["status"],
        "ReviewBy": given["review_by"].isoformat() if isinstance(given.get("review_by"), date) else None,
    }
    return {
        "id": f"01{guid(f'item:{source.path}').replace('-', '').upper()[:30]}",
        "path": path,
        "createdDateTime": iso(source.created),
        "lastModifiedDateTime": iso(source.updated),
        "lastModifiedBy": {"user": _identity(source.authors[-1])},
        "fields": {key: value for key, value in fields.items() if value is not None},
        # None: the library's permissions apply. A list replaces them (unique permissions).
        "permissions": _unique(site, given.get("permissions")),
    }


def _page(name: str, site: dict[str, Any], source: Source) -> dict[str, Any]:
    slug = Path(source.path).stem
    return {
        "id": guid(f"page:{source.path}"),
        "name": f"{slug}.aspx",
        "title": source.title,
        "webUrl": f"{_url(name)}/SitePages/{slug}.aspx",
        "createdDateTime": iso(source.created),
        "lastModifiedDateTime": iso(source.updated),
        "lastModifiedBy": {"user": _identity(source.authors[-1])},
        "canvasLayout": {"horizontalSections": [{"columns": [{"webparts": [{"innerHtml": html_body(source)}]}]}]},
        "permissions": _inherited(site),
    }


def _inherited(site: dict[str, Any]) -> list[dict[str, Any]]:
    roles = {"Owners": "owner", "Members": "write", "Visitors": "read"}
    return [
        {
            "id": f"sg{number}",
            "roles": [roles[title.split()[-1]]],
            "grantedToV2": {"siteGroup": {"id": str(number), "displayName": title}},
        }
        for number, title in enumerate(site["groups"], start=3)
    ]


def _unique(site: dict[str, Any], entries: list[str] | None) -> list[dict[str, Any]] | None:
    """Graph permissions from front matter: "user:x", "group:x", "site:Title", "link:SCOPE[:user,user]"."""
    if entries is None:
        return None
    numbers = {title: str(number) for number, title in enumerate(site["groups"], start=3)}
    permissions: list[dict[str, Any]] = []
    for index, entry in enumerate(entries, start=1):
        kind, _, name = entry.partition(":")
        permission: dict[str, Any] = {"id": f"p{index}", "roles": ["read"]}
        if kind == "user":
            permission["grantedToV2"] = {"user": _identity(name)}
        elif kind == "group":
            permission["grantedToV2"] = {"group": {"id": guid(entry), "displayName": name}}
        elif kind == "site":
            permission["grantedToV2"] = {"siteGroup": {"id": numbers[name], "displayName": name}}
        else:
            scope, _, people = name.partition(":")
            permission["link"] = {"scope": scope, "type": "view"}
            permission["grantedToIdentitiesV2"] = [{"user": _identity(p)} for p in people.split(",") if p]
        permissions.append(permission)
    return permissions


def _identity(person: str) -> dict[str, str]:
    return {"id": guid(f"user:{person}"), "displayName": name_of(person), "email": email_of(person)}


def _url(name: str) -> str:
    return f"{load_world()['company']['sharepoint_url']}/sites/{name}"


def _dump(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
