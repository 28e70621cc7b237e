"""Word, PowerPoint, Excel and OpenDocument files as their programs show them."""
