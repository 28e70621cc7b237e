"""Measured over the interfaces: who sees what, and many clients that stream at once."""
