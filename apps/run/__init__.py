"""What a run has and makes: context, inputs, outputs."""
