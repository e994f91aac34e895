"""The whole warehouse by hand, in plain SQL: the floor the models are measured by.

An independent second writing of the definitions, without dbt and without templates.
Its tables must equal the models', so it is a cross-check as much as a stopwatch.
"""
