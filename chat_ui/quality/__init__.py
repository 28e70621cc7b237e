"""The Quality page: the weekly evaluation, its cases, what people rated badly. The door is `page.page(user)`."""
