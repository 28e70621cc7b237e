"""What all sources of Microsoft 365 share: signing in and paging, permissions, drives, and reading part by part."""
