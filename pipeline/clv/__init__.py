"""Models of what customers will buy: fitted, scored and tested."""
