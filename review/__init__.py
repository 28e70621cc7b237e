"""A private workforce: jobs of items, people who label them unseen by each other, and what their labels come to."""
