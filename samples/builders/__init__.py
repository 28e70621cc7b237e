"""Writers of the sample workspace: facts and Markdown in, office files and sidecars out."""
