"""What is known of a customer, out of its records and of what people write about it, in the words of this company.

`collected` goes from a name to `Facts`; what things are called says a `Vocabulary`: accounts.yaml, or a draft of it.
"""

from apps.accounts.accounts_file import ACCOUNTS_FILE, AccountsFile, load_accounts
from apps.accounts.collect import collected, vocabulary
from apps.accounts.records import Facts
from apps.accounts.told import contradiction_text
from apps.accounts.vocabulary import Vocabulary

__all__ = [
    "ACCOUNTS_FILE",
    "AccountsFile",
    "Facts",
    "Vocabulary",
    "collected",
    "contradiction_text",
    "load_accounts",
    "vocabulary",
]
