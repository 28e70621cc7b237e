"""Apps within a conversation and on the command line: inputs from the message, tools, runs."""
