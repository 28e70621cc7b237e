"""Two versions of a report → what was added, removed and changed, cell by cell and sentence by sentence."""
