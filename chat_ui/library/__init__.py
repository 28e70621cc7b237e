"""The Apps page: run one, my runs, forms that many fill in. The door is `page.page(user)`."""
