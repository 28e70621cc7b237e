"""What pages are made of: session, sign-in, answers as HTML, forms, outputs, charts."""
