"""The page of what runs by itself."""
