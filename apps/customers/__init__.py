"""Who the customers are, how they are written, and what may be told to one of them."""
