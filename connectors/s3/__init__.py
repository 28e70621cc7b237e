"""S3 buckets and what is compatible with them, with sidecars and prefix access lists."""

from connectors.s3.connector import S3Settings, open_s3

__all__ = ["S3Settings", "open_s3"]
