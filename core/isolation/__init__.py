"""Work on what others wrote, in processes of its own with limits on time, memory, files and network."""

from core.isolation.process import Bounds, IsolatedProcess, Outcome, ProcessPool, Stopped

__all__ = ["Bounds", "IsolatedProcess", "Outcome", "ProcessPool", "Stopped"]
