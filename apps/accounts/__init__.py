"""What is known of a customer, out of its records and reports. The door is records.py: `Facts`."""
