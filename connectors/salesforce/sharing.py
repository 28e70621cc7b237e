"""Who may read a record: the owner, who is above in the hierarchy, the share tables, the organisation-wide defaults.

And in every case only people whose profile or permission sets let them read that kind of record. What can't be told
from the interfaces gives nobody access.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.salesforce.client import Missing, Salesforce, quoted
from connectors.salesforce.people import Ids, People, readable
from core.errors import CredentialError
from core.types import Principal

Row = Mapping[str, Any]

PRIVATE, PUBLIC, BY_PARENT, CLOSED = "private", "public", "by parent", "closed"
_PUBLIC = frozenset(
    ("Read", "ReadWrite", "ReadWriteTransfer", "FullAccess", "Edit", "ReadEdit", "ReadEditTransfer", "All")
)
_PARENT = frozenset(("ControlledByParent",))
# Kinds that have a default of their own among the organisation's, and the field that says it.
_DEFAULTS = {kind: f"Default{kind}Access" for kind in ("Account", "Contact", "Opportunity", "Lead", "Case", "Campaign")}
# Kinds whose parent isn't told by a master-detail field.
_PARENTS = {"Contact": "AccountId"}
# An account's share says besides how far it reaches to what lies under the account.
_UNDER_ACCOUNT = ("Opportunity", "Case", "Contact")
# Articles are shared by their categories, and who sees a category no interface tells.
_ARTICLE = "__kav"
# What has no permissions of its own: who reads the record reads it.
_OF_PARENT_ALONE = frozenset(("CaseComment",))
_DEEPEST = 4


@dataclass(frozen=True)
class Model:
    """How records of a kind are shared.

    Attributes:
        parent: With "by parent": the parent's model, and the record's field that names the parent.
        shares: Record → who a share row names; of an account, for what lies under it: kind → account → whom.
        why: With "closed": what isn't known.
    """

    kind: str
    default: str
    readers: Ids
    see_all: Ids
    hierarchy: bool = True
    parent: tuple[Model, str] | None = None
    shares: Mapping[str, set[str]] = field(default_factory=dict)
    by_account: Mapping[str, set[str]] = field(default_factory=dict)
    owners: Mapping[str, Row] = field(default_factory=dict)
    why: str = ""

    @property
    def needs(self) -> tuple[str, ...]:
        """The record's fields that say who may read it."""
        fields = (self.parent[1],) if self.parent else ("OwnerId",)
        return (*fields, *(("AccountId",) if self.by_account else ())) if self.default != PUBLIC else ()


class Sharing:
    """Makes access lists of records.

    Args:
        prefix: What the names of groups begin with, so that they mean no group of the company's directory.
    """

    def __init__(self, salesforce: Salesforce, people: People, prefix: str) -> None:
        self._salesforce = salesforce
        self._people = people
        self._prefix = prefix
        self._cache: dict[tuple[str, bool, frozenset[str]], frozenset[Principal]] = {}
        self._groups: dict[str, Ids] = {}

    def memberships(self) -> dict[str, frozenset[Principal]]:
        """The groups that occurred in access lists, with their people."""
        return {name: self._people.principals(members) for name, members in sorted(self._groups.items())}

    def model(self, kind: str, hierarchy: bool, depth: int = 0) -> Model:
        """How records of this kind are shared, with the share tables read."""
        readers, see_all = self._people.readers(kind), self._people.see_all(kind)
        described = readable(self._salesforce, kind)
        if described is None:
            return Model(kind, CLOSED, readers, see_all, why=f"{kind} can't be seen")
        if kind.endswith(_ARTICLE):
            return Model(kind, PUBLIC, readers, see_all)
        default = self._default(kind)
        fields = {str(one["name"]): one for one in described["fields"]}
        if default == BY_PARENT:
            return self._below_parent(kind, fields, readers, see_all, depth)
        if default == PUBLIC:
            return Model(kind, PUBLIC, readers, see_all)
        if "OwnerId" not in fields:
            return Model(kind, CLOSED, readers, see_all, why=f"{kind} is private and has no owner")
        shares = self._shares(kind)
        if shares is None:
            return Model(kind, CLOSED, readers, see_all, why=f"the share table of {kind} can't be read")
        under = kind in _UNDER_ACCOUNT and "AccountId" in fields
        by_account = self._shares("Account", f"{kind}AccessLevel") if under else {}
        return Model(kind, PRIVATE, readers, see_all, hierarchy, shares=shares, by_account=by_account or {})

    def of(self, model: Model, row: Row) -> frozenset[Principal]:
        """Who may read the record."""
        if model.default == CLOSED:
            return frozenset()
        base, record = model, row
        while base.parent is not None:
            parent, key = base.parent
            record = parent.owners.get(str(record.get(key) or ""), {})
            base = parent
            if base.default != PUBLIC and not record:
                # Without its parent a record is open to those alone who see all.
                return self._group(f"all {model.kind}", model.see_all)
        if base.default == PUBLIC:
            return self._group(f"{model.kind} readers", model.readers)
        return self._shared(model, base, record)

    def follows(self, child: str, parent: str, model: Model) -> bool:
        """Whether everybody who reads a record of the kind `parent` reads what stands below it, of the kind `child`."""
        if child in _OF_PARENT_ALONE:
            return True
        is_below = self._default(child) == BY_PARENT
        return is_below and model.readers <= self._people.readers(child)

    def _shared(self, model: Model, base: Model, record: Row) -> frozenset[Principal]:
        named = {str(record.get("OwnerId") or "")} | base.shares.get(str(record["Id"]), set())
        # Whether whoever is above those that the account lets in reads, too, isn't told.
        by_account = base.by_account.get(str(record.get("AccountId") or ""), set())
        return self._readers(model, named, base.hierarchy) | self._readers(model, by_account, False)

    def _readers(self, model: Model, named: set[str], hierarchy: bool) -> frozenset[Principal]:
        key = (model.kind, hierarchy, frozenset(named))
        if key not in self._cache:
            self._cache[key] = self._resolved(model, named, hierarchy)
        return self._cache[key]

    def _resolved(self, model: Model, named: Iterable[str], hierarchy: bool) -> frozenset[Principal]:
        people, groups = self._people, [one for one in named if one in self._people.groups]
        users = {one for one in named if one in people.users}
        users |= people.above(users) if hierarchy else set()
        found: frozenset[Principal] = frozenset()
        for group in groups:
            members = people.members(group)
            if members <= model.readers:
                found |= self._group(people.label(group), members)
            else:
                users |= members
            if hierarchy:
                users |= people.above_group(group)
        return found | people.principals(users & model.readers) | self._group(f"all {model.kind}", model.see_all)

    def _group(self, name: str, members: Ids) -> frozenset[Principal]:
        """The group as a principal; none for nobody who sees all."""
        if not members and name.startswith("all "):
            return frozenset()
        self._groups[f"{self._prefix}{name}"] = members
        return frozenset({f"group:{self._prefix}{name}"})

    def _default(self, kind: str) -> str:
        """The organisation-wide default, the narrower one where the two places that tell it differ."""
        fields, named = "QualifiedApiName, InternalSharingModel", quoted([kind])
        soql = f"SELECT {fields} FROM EntityDefinition WHERE QualifiedApiName IN {named}"
        told = {str(row.get("InternalSharingModel")) for row in self._salesforce.rows(soql)}
        if kind in _DEFAULTS:
            soql = f"SELECT Id, {_DEFAULTS[kind]} FROM Organization"
            told |= {str(row.get(_DEFAULTS[kind])) for row in self._salesforce.rows(soql)}
        if told and told <= _PUBLIC:
            return PUBLIC
        return BY_PARENT if told and told <= _PARENT else PRIVATE

    def _below_parent(self, kind: str, fields: Mapping[str, Row], readers: Ids, see_all: Ids, depth: int) -> Model:
        details = (name for name, one in fields.items() if one.get("relationshipOrder") == 0)
        key = _PARENTS.get(kind) or next(details, "")
        parents = [str(name) for name in (fields.get(key) or {}).get("referenceTo") or ()]
        if len(parents) != 1 or depth >= _DEEPEST:
            return Model(kind, CLOSED, readers, see_all, why=f"the parent of {kind} isn't known")
        parent = self.model(parents[0], not parents[0].endswith("__c"), depth + 1)
        if parent.default == CLOSED:
            return Model(kind, CLOSED, readers, see_all, why=parent.why)
        owners: dict[str, Row] = {}
        if parent.needs:
            soql = f"SELECT Id, {', '.join(parent.needs)} FROM {parent.kind}"
            owners = {str(row["Id"]): row for row in self._salesforce.rows(soql, bulk=True)}
        both = readers & parent.readers
        parent = Model(**{**vars(parent), "owners": owners})
        return Model(kind, BY_PARENT, both, (parent.see_all | see_all) & both, parent=(parent, key))

    def _shares(self, kind: str, level: str = "") -> dict[str, set[str]] | None:
        """Record → the users and groups that rows of the share table name; None: it can't be read."""
        table = f"{kind[:-1]}Share" if kind.endswith("__c") else f"{kind}Share"
        described = readable(self._salesforce, table)
        if described is None:
            return None
        fields = {str(one["name"]): one for one in described["fields"]}
        to = next((name for name, one in fields.items() if list(one.get("referenceTo") or ()) == [kind]), "")
        level = level or next((name for name in (f"{kind}AccessLevel", "AccessLevel") if name in fields), "")
        if not to or level not in fields:
            return None
        found: dict[str, set[str]] = {}
        try:
            for row in self._salesforce.rows(f"SELECT Id, {to}, UserOrGroupId, {level} FROM {table}", bulk=True):
                if row[level] not in (None, "", "None"):
                    found.setdefault(str(row[to]), set()).add(str(row["UserOrGroupId"]))
        except (Missing, CredentialError) as error:
            if isinstance(error, CredentialError) and error.problem != "insufficient":
                raise
            return None
        return found
