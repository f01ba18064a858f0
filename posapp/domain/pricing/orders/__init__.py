"""The order layer, points, and the choice between promotions that exclude each other."""
