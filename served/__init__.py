"""What `debrief serve` serves on its one port: pages and interfaces, put together; and the theme of the pages."""
