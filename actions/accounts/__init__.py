"""Each person's own sign-in at other systems: OAuth 2.0 with PKCE; tokens encrypted, renewed, revocable.

accounts = Accounts(settings, engine)
address = accounts.begin(place, user, redirect)       # the person goes there, permits it, and comes back
accounts.finish(places, address_of_return, user)
accounts.bearer(place, user)                          # signs what she has confirmed
"""

from actions.accounts.accounts import Accounts
from actions.accounts.place import Place

__all__ = ["Accounts", "Place"]
