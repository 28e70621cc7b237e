"""The page of a reviewer's tasks, and of those who lead them."""
