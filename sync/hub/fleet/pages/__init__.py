"""The fleet page as people see it: words in their language, templates, and what is loaded beside them."""
