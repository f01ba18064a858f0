"""The words both ends share; pure."""
