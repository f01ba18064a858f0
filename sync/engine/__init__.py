"""The till's end of the link."""
