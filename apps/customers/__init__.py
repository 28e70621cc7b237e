"""Who the customers are, how they are written, and what may be told to one of them."""

from apps.customers.mentions import Customers
from apps.customers.names import names_of
from apps.customers.scope import CustomerScope

__all__ = ["CustomerScope", "Customers", "names_of"]
