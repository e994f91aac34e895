"""The numbers of every page, as functions of a warehouse and a filter.

Each returns a DataFrame with named columns; none knows how it will be shown. Money is
in the warehouse's currency, a share is between 0 and 1.
"""
