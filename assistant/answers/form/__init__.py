"""How an answer is worded, cited and styled, whoever makes it."""
