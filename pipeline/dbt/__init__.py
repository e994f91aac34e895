"""dbt, driven from Python: the project, its profile and variables, and its runs."""
