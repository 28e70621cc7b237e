"""What the whole house knows of written text, whatever it is of: once, below everything that reads or compares it."""
