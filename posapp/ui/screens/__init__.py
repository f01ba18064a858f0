"""One widget for each kind of main region, and which kind is painted by which."""
