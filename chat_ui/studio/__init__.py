"""The Studio page, where apps are written, tried and published. The door is `page.page(user)`."""
