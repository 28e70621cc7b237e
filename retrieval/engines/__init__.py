"""The two engines behind `ChunkIndex`, and their generations."""
