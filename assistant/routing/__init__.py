"""A message → an app, plain search, or a question back."""
