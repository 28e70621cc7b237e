"""E-mails (eml, mbox, msg) with their attachments."""
