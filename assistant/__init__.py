"""The read path: a question → an answer that cites what the asking person may read.

Reading order: ask.py (the way of a question), routing/ (an app or plain search), answers/ (passages → an answer),
checks/ (what may be asked and shown), app_runs/ (apps within a conversation), records/ (traces, conversations),
open.py, which puts them together. The doors are ask.py (`Assistant`) and open.py (`open_assistant`).
"""
