"""What is doubtful and waits for a person, and what people did about it."""
