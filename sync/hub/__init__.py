"""The central end of the link: stores what tills report, hands out catalogue and shop set-up."""
