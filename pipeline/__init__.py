"""Load raw files, build the warehouse with dbt, and publish it in one step."""
