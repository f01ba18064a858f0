"""The words of pricing: baskets, promotions, policies and priced answers as values."""
