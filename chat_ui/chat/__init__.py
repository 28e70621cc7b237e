"""The chat page: the conversation, an app's form within it, feedback. The door is `page.page(user)`."""
