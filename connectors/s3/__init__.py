"""S3 buckets and what is compatible with them, with sidecars and prefix access lists."""
