"""What people see of the tills: their state, statements, accounts."""
