"""What a turn brings along before anything is searched: a rewritten follow-up, small talk, attached files."""
