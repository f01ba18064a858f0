"""Members' rights: who is one, coupons, points, gift cards, and what tills may give away without asking."""
