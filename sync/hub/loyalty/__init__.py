"""Members' rights: who is a member, coupons, points, gift cards, and what tills may give away without asking."""
