"""The sales of the next weeks: forecast, tested on weeks that are over, and written."""
