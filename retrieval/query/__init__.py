"""What is asked and what is stored: the index protocol, filters, access, weights, records."""
