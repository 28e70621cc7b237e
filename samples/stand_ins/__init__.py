"""Local servers that speak the systems' own protocols and serve the sample workspace."""

from __future__ import annotations

from samples.stand_ins.run import DEFAULT_PORTS, Ports, run_stand_ins

__all__ = ["DEFAULT_PORTS", "Ports", "run_stand_ins"]
