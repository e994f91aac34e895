"""Models of what customers will buy: fitted here, scored in SQL."""
