"""Forms for other systems: offered beside a result, reviewed with their evidence, followed until written."""
