"""Sources' changes → documents → the index and the state, committed together; by hand or on a schedule.

No door of its own, since each user would load the others' libraries: open.py (`open_sync`) and sync.py
(`sync_sources`) for who syncs, schedule.py for the service, status.py and explain.py for who only looks.
"""
