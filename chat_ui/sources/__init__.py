"""The Sources page: how the sources stand, and what became of each document. The door is `page.page(user)`."""
