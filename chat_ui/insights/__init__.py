"""The Insights page: who asks what, what apps save. The door is `page.page(user)`."""
