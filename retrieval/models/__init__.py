"""The packaged models and what runs them: embedding, tokens, late interaction, re-ranking."""
