"""One component of the product on one public set."""
