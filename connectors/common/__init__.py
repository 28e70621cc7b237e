"""What sources share: access lists, listings and their comparison, sidecars, patterns, retries, AWS sessions."""
