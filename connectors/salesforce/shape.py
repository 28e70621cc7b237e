"""What a record of a kind is made of: which fields are shown, under which labels, and how they are asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.common import stamp
from connectors.salesforce.client import Salesforce
from connectors.salesforce.people import Ids, People, readable

# A query is part of an address, which may have 16,384 characters; half of them are for the ids.
_QUERY_CHARACTERS = 7_000
# Files, addresses that stand in parts besides, and what nobody reads.
_UNREAD_TYPES = frozenset(("base64", "address", "location", "anyType", "complexvalue", "encryptedstring", "id"))
_UNREAD = frozenset(
    "IsDeleted SystemModstamp LastModifiedById LastViewedDate LastReferencedDate LastActivityDate MasterRecordId "
    "PhotoUrl Jigsaw JigsawCompanyId CleanStatus RecordTypeId DandbCompanyId UserRecordAccessId".split()
)
# Its label is what the interface calls a picklist's value, by language.
_WITH_LABELS = frozenset(("picklist", "multipicklist"))


@dataclass(frozen=True)
class ShownField:
    """A field of a record.

    Attributes:
        path: What is asked for: the field itself, or a parent's name ("Owner.Name").
        type: The interface's word for it: "currency", "datetime", "textarea".
        words: Of a picklist: value → what people see.
        is_html: It holds formatted text.
    """

    name: str
    path: str
    label: str
    type: str
    words: Mapping[str, str]
    is_html: bool = False


@dataclass(frozen=True)
class Shape:
    """A kind of record.

    Attributes:
        title: The field with what people call a record: not every kind has a `Name`.
        left_out: Fields that some of those who may read such records may not read.
        besides: Fields that are asked for and not shown by themselves.
    """

    kind: str
    label: str
    title: str
    shown: tuple[ShownField, ...]
    left_out: tuple[str, ...] = ()
    besides: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Changes when what is shown, or how, does."""
        return stamp(
            self.label, self.title, *(repr((one.path, one.label, sorted(one.words.items()))) for one in self.shown)
        )

    def selects(self, always: Iterable[str]) -> list[str]:
        """The lists of fields to ask for; more than one where one query would be too long."""
        names = list(dict.fromkeys([*always, self.title, *(one.path for one in self.shown)]))
        selects, here = [], ["Id"]
        for name in names:
            if name == "Id":
                continue
            if sum(len(one) + 2 for one in here) + len(name) > _QUERY_CHARACTERS:
                selects.append(", ".join(here))
                here = ["Id"]
            here.append(name)
        return [*selects, ", ".join(here)]


def shape_of(
    salesforce: Salesforce, people: People, kind: str, wanted: Iterable[str], readers: Ids, *, besides: str = ""
) -> Shape | None:
    """The shape of records of this kind; None if there is none, or the user may not see it.

    Args:
        wanted: The fields to show; none: all that aren't formulas, whose values change without the record's.
        readers: Who may read such records. A field that one of them may not read is left out for all.
        besides: A field that isn't shown, since where the record stands says it.
    """
    described = readable(salesforce, kind)
    if described is None:
        return None
    fields = {str(one["name"]): one for one in described["fields"]}
    title = next((name for name, one in fields.items() if one.get("nameField")), "Id")
    told = people.field_readers(kind)
    names = list(wanted) or [name for name, one in fields.items() if name != besides and _is_readable(name, one)]
    left_out = [name for name in names if name in fields and not _is_open(fields[name], told.get(name), readers)]
    shown = [
        found
        for name in names
        if name in fields and name not in left_out and (found := _shown(salesforce, fields[name]))
    ]
    if title in fields and not _is_open(fields[title], told.get(title), readers):
        title = "Id"
    asked = tuple(name for name in ("CreatedDate", "CurrencyIsoCode") if name in fields)
    return Shape(kind, str(described.get("label") or kind), title, tuple(shown), tuple(left_out), asked)


def snake(name: str) -> str:
    """A field's name as an attribute: "StageName" → "stage_name", "Go_Live__c" → "go_live"."""
    plain = re.sub(r"__(c|r|kav)$", "", name).replace(".", "_")
    return re.sub(r"_+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", plain)).lower().strip("_")


def _is_readable(name: str, described: Mapping[str, Any]) -> bool:
    if name in _UNREAD or described["type"] in _UNREAD_TYPES or described.get("calculated"):
        return False
    return not described.get("nameField")


def _is_open(described: Mapping[str, Any], told: Ids | None, readers: Ids) -> bool:
    """Whether everybody who reads the records reads the field. Some fields are for all by nature."""
    return not described.get("permissionable", True) or (told is not None and readers <= told)


def _shown(salesforce: Salesforce, described: Mapping[str, Any]) -> ShownField | None:
    name, kind = str(described["name"]), str(described["type"])
    path = name
    if kind == "reference":
        relation = str(described.get("relationshipName") or "")
        named = _name_field(salesforce, [str(one) for one in described.get("referenceTo") or ()])
        if not relation or not named:
            return None
        path = f"{relation}.{named}"
    words = {
        str(one["value"]): str(one.get("label") or one["value"])
        for one in described.get("picklistValues") or ()
        if kind in _WITH_LABELS
    }
    label = str(described.get("label") or name)
    return ShownField(name, path, label.removesuffix(" ID"), kind, words, bool(described.get("htmlFormatted")))


def _name_field(salesforce: Salesforce, kinds: list[str]) -> str:
    """What a record of one of these kinds is called by; several are asked by the name that all have."""
    if len(kinds) != 1:
        return "Name" if kinds else ""
    described = readable(salesforce, kinds[0])
    return next((str(one["name"]) for one in (described or {}).get("fields", ()) if one.get("nameField")), "")
