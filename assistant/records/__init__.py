"""What is kept: conversations, traces, usage, and for how long."""
