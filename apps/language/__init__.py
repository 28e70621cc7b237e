"""The file of an app and its words: specification, expressions, patterns, phrases."""
