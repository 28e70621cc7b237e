"""The sample workspace is complete, coherent with world.yaml, and closed where it should be."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from samples.build import build
from samples.builders.health_checks import incidents_of
from samples.builders.world import WORKSPACE, arr, load_world, number

WORLD = load_world()
HEALTH_CHECKS = sorted((WORKSPACE / "s3/health-checks").rglob("*-health-check.*[!n]"))


def sidecar_of(path: Path) -> dict:
    return json.loads(path.with_name(path.name + ".metadata.json").read_text(encoding="utf-8"))


def access_of(document_id: str, path: Path) -> tuple[set[str], set[str]]:
    """(allow, deny) by the rules of samples/README.md: the sidecar's list, else the longest prefix's."""
    source = document_id.split(":", maxsplit=1)[0]
    folder = WORKSPACE / ("files" if source == "handbook" else "s3")
    entries = sidecar_of(path).get("AccessControlList")
    if entries is None:
        start = "" if source == "handbook" else f"s3://{WORLD['company']['bucket']}/"
        key = start + path.relative_to(folder).as_posix()
        rules = json.loads((folder / "acl.json").read_text())
        matching = sorted((r for r in rules if key.startswith(r["keyPrefix"])), key=lambda r: len(r["keyPrefix"]))
        entries = matching[-1]["aclEntries"] if matching else []
    named = {a: {f"{e['Type'].lower()}:{e['Name']}" for e in entries if e["Access"] == a} for a in ("ALLOW", "DENY")}
    return named["ALLOW"], named["DENY"]


def principals_of(directory: dict, email: str) -> set[str]:
    found, grown = {f"user:{email}"}, True
    while grown:
        more = {f"group:{g}" for g, group in directory["groups"].items() if found & set(group["members"])} - found
        found, grown = found | more, bool(more)
    return found


def test_there_are_enough_documents_in_every_format(documents):
    first_two = [d for d in documents if d.startswith(("handbook:", "s3:"))]
    assert len(first_two) >= 60
    assert len(documents) >= 80
    formats = Counter(path.suffix for path in documents.values())
    assert set(formats) >= {".docx", ".pptx", ".xlsx", ".pdf", ".md", ".html", ".vtt", ".eml", ".txt"}


def test_the_workspace_stays_small():
    assert sum(p.stat().st_size for p in WORKSPACE.rglob("*") if p.is_file()) < 3_000_000


def test_documents_have_substance(documents, text_of):
    thin = {d: len(text_of(p).split()) for d, p in documents.items() if len(text_of(p).split()) < 80}
    assert not thin


@pytest.mark.parametrize("path", HEALTH_CHECKS, ids=lambda p: f"{p.parent.name}-{p.name}")
def test_health_checks_state_the_facts_of_the_world(path, text_of):
    customer, quarter, text = path.parent.name, path.name[:7], text_of(path)
    for key, value in WORLD["quarters"][customer][quarter].items():
        assert WORLD["metrics"][key]["name"] in text
        assert number(value) in text or str(value) in text, key
    for incident in incidents_of(WORLD, customer, quarter):
        assert incident["id"] in text
        assert incident["title"] in text


def test_quarters_of_four_customers_can_be_compared():
    quarters = Counter(p.parent.name for p in HEALTH_CHECKS)
    assert len([c for c, n in quarters.items() if n >= 2]) >= 4
    assert {p.suffix for p in HEALTH_CHECKS} == {".docx", ".pptx", ".xlsx", ".pdf"}


def test_the_world_agrees_with_itself():
    for customer, quarters in WORLD["quarters"].items():
        licensed = WORLD["customers"][customer]["subscriptions"].get("watchtower")
        for quarter, values in quarters.items():
            critical = [i for i in incidents_of(WORLD, customer, quarter) if i["severity"] == "critical"]
            assert len(critical) == values.get("critical_incidents", 0), (customer, quarter)
            if licensed:
                assert values["coverage_pct"] == pytest.approx(100 * values["endpoints_covered"] / licensed, abs=0.06)


@pytest.mark.parametrize(
    ("document_id", "facts"),
    [
        ("s3:renewals/alpenbank/2027-renewal-pack.docx", [f"EUR {arr('alpenbank'):,}", "18 minutes", "3.2 hours"]),
        ("s3:renewals/harbour-lane/2027-renewal-pack.pptx", [f"EUR {arr('harbour-lane'):,}"]),
        ("handbook:leadership/board-pack-2026-q3.pptx", [f"{sum(map(arr, WORLD['customers'])):,}"]),
        ("handbook:policies/pricing-and-discount-policy.pdf", ["EUR 92", "EUR 25", "EUR 4,350", "EUR 38"]),
        (
            "sharepoint:cs-emea/Documents/renewal-forecast-emea.xlsx",
            [f"{arr('kessler'):,}", f"{arr('calder-valley'):,}"],
        ),
        ("handbook:transcripts/2026-11-12-brightwater-business-review.vtt", [f"{350 * 92:,} euros"]),
    ],
)
def test_hand_written_figures_agree_with_the_world(document_id, facts, documents, text_of):
    for fact in facts:
        assert fact in text_of(documents[document_id])


def test_open_actions_are_named_with_their_date_in_a_paper_of_that_customer(documents, text_of):
    months = {"es": "de noviembre de diciembre", "fr": "novembre décembre", "de": "November Dezember"}
    for action in WORLD["actions"]:
        customer, day = WORLD["customers"][action["customer"]], action["due"]
        own = [text_of(p) for d, p in documents.items() if action["customer"] in d or customer["name"] in text_of(p)]
        words = f"{day:%B} {months.get(customer['language'], '')}".replace("de ", "de_").split()
        forms = {
            day.isoformat(),
            *(f"{day.day} {w.replace('_', ' ')}" for w in words),
            *(f"{day.day}. {w}" for w in words),
        }
        assert any(form in text for form in forms for text in own), action["id"]


def test_every_sidecar_parses_and_names_known_principals(documents, directory):
    known = {f"group:{g}" for g in directory["groups"]} | {f"user:{u['email']}" for u in directory["users"]}
    for document_id, path in documents.items():
        if document_id.startswith("sharepoint:"):
            continue
        sidecar = sidecar_of(path)
        assert sidecar["Title"]
        assert {"_category", "_authors", "_created_at", "_last_updated_at", "_source_uri"} <= set(sidecar["Attributes"])
        allow, deny = access_of(document_id, path)
        assert allow, f"{document_id} is readable by nobody"
        assert allow | deny <= known, document_id


def test_superseded_documents_name_their_successor(documents):
    for document_id, path in documents.items():
        if not document_id.startswith("handbook:archive/"):
            continue
        attributes = sidecar_of(path)["Attributes"]
        assert attributes["status"] == "superseded"
        successor = documents[f"handbook:{attributes['superseded_by']}"]
        assert sidecar_of(successor)["Attributes"]["supersedes"] == document_id.split(":")[1]


def test_groups_name_known_members_and_one_person_has_none(directory):
    users = {f"user:{u['email']}" for u in directory["users"]}
    members = {m for group in directory["groups"].values() for m in group["members"]}
    assert members <= users | {f"group:{g}" for g in directory["groups"]}
    assert users - members == {"user:rosa.keller@northgate.example"}


def test_sharepoint_libraries_list_exactly_their_files():
    site_groups = {}
    for site in (WORKSPACE / "sharepoint").glob("*/_site.json"):
        site_groups[site.parent.name] = {str(g["Id"]) for g in json.loads(site.read_text())["siteGroups"]}
    for path in (WORKSPACE / "sharepoint").glob("*/*/_library.json"):
        library = json.loads(path.read_text(encoding="utf-8"))
        files = {p.relative_to(path.parent).as_posix() for p in path.parent.rglob("*") if p.is_file()}
        assert {item["path"] for item in library["items"]} == files - {"_library.json"}
        for item in library["items"]:
            for permission in item["permissions"] or library["permissions"]:
                group = permission.get("grantedToV2", {}).get("siteGroup")
                assert group is None or group["id"] in site_groups[path.parent.parent.name]


def test_questions_can_be_answered_from_what_their_user_may_read(documents, questions, text_of, directory):
    for q in questions:
        mine = principals_of(directory, q["user"])
        assert len(mine) > 1 or q["user"].startswith("rosa."), q["user"]
        for document_id in q["expected_documents"]:
            if document_id.startswith(("totango:", "redshift:")):
                continue
            assert document_id in documents, (q["id"], document_id)
        texts = [text_of(documents[d]) for d in q["expected_documents"] if d in documents]
        for fact in q["expected_facts"] if texts else []:
            assert any(fact in text for text in texts), (q["id"], fact)
        if q["outcome"] == "answered":
            readable = [d for d in q["expected_documents"] if d.startswith(("handbook:", "s3:"))]
            for document_id in readable:
                allow, deny = access_of(document_id, documents[document_id])
                assert mine & allow and not mine & deny, (q["id"], document_id)
        for document_id in q.get("superseded_documents", []):
            status = sidecar_of(documents[document_id])["Attributes"]["status"]
            assert status == "superseded", (q["id"], document_id)
        if "restricted" in q["tags"]:
            for document_id in q.get("forbidden_documents", []):
                if not document_id.startswith("sharepoint:"):
                    allow, deny = access_of(document_id, documents[document_id])
                    assert not mine & allow or mine & deny, (q["id"], document_id)


def test_questions_cover_what_the_evaluation_needs(questions):
    assert len(questions) >= 60
    assert len({q["id"] for q in questions}) == len(questions)
    tags = Counter(tag for q in questions for tag in q["tags"])
    assert tags["unanswerable"] >= 12
    assert {"policy", "table", "transcript", "restricted", "outdated", "follow-up", "hostile"} <= set(tags)
    assert {"handbook", "s3", "sharepoint", "totango", "redshift"} <= set(tags)
    assert {q["language"] for q in questions} == {"en", "de", "fr", "es"}
    assert {q["outcome"] for q in questions} == {"answered", "no_evidence", "refused", "needs_input"}


def test_rebuilding_gives_the_same_workspace(tmp_path, documents, text_of):
    build(tmp_path)
    committed = {p.relative_to(WORKSPACE): p for p in WORKSPACE.rglob("*") if p.is_file()}
    rebuilt = {p.relative_to(tmp_path): p for p in tmp_path.rglob("*") if p.is_file()}
    assert set(rebuilt) == set(committed)
    # PDF and office writers may change their bytes with their versions; what the files say may not.
    binary = {".docx", ".pptx", ".xlsx", ".pdf"}
    for name, path in rebuilt.items():
        same = path.read_bytes() == committed[name].read_bytes()
        assert same or (name.suffix in binary and text_of(path) == text_of(committed[name])), str(name)
