"""Our systems on the test sets of others and on our own: plain functions from folders to rows of figures.

They run jobs and metrics only; what is shown of the rows is `eval.harness.tables`.
"""
