"""What constants and weights are fitted with."""
