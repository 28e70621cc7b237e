"""What pages are made of: session, sign-in, answers as HTML, forms, outputs, charts.

The modules are the door: `from chat_ui.parts import components, session`.
"""
