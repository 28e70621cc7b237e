"""Who may read what, in one place: the condition that every search carries, and the plain rule it must agree with.

Closed by default: a chunk without an access list is nobody's. Deny beats allow, whichever group it comes through.
"""

from __future__ import annotations

from collections.abc import Iterable

from core.errors import IdentityError
from core.identity import denied, normalised
from core.types import UNKNOWN_GROUPS, Principal, User
from retrieval.query.dialect import Condition, Dialect

ALLOW_FIELD = "allow"
DENY_FIELD = "deny"


def may_read(user: User, allow: Iterable[Principal], deny: Iterable[Principal]) -> bool:
    """Whether `user` may read what carries these access lists."""
    principals, denials = principals_of(user), denied(deny)
    if UNKNOWN_GROUPS in user.groups and denials:
        return False
    return bool(principals & normalised(allow)) and not user.denials() & denials


def access_condition(dialect: Dialect[Condition], user: User) -> Condition:
    """The engine's condition that only chunks pass which `user` may read."""
    principals = sorted(principals_of(user))
    # Which of the denied groups a person is in that the provider didn't tell, nobody knows.
    undenied = [dialect.empty(DENY_FIELD)] if UNKNOWN_GROUPS in user.groups else []
    return dialect.combine(
        must=[dialect.any_text(ALLOW_FIELD, principals), *undenied],
        must_not=[dialect.any_text(DENY_FIELD, sorted(user.denials()))],
    )


def principals_of(user: User) -> frozenset[Principal]:
    """All that `user` is.

    Raises:
        IdentityError: there is no user; nobody searches as nobody.
    """
    # The type says that it can't be None; this check holds for callers that aren't type-checked, too.
    if not isinstance(user, User) or not user.email.strip():
        raise IdentityError("A search needs a user, and none was given; name one with an e-mail address.")
    return user.principals()
