"""Questions over tables: plain words → a structured query → checked, scoped to the person → SQL → rows and a chart.

No SQL comes from a model or from a question. `layer` says in a company's words what stands where and who may see it,
`reading` makes a structured query of words, `query` checks and compiles it, `databases` runs it, `charts` draws.
"""
