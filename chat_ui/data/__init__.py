"""Questions over the company's tables: ask, look at rows and chart, change the query, take it away."""
