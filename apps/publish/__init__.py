"""From a file to an offered app: load, check, test, catalogue, versions."""
