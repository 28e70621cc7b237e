"""A language model's answer: its sources, its prompt, and its text checked block by block."""
