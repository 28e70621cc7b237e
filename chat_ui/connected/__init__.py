"""The page of a person's own sign-ins at other systems."""
