"""What goes down to the tills: rows of streams, and the catalogue's file whole."""
