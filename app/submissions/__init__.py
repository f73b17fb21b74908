"""A file somebody sent, what it claims and what was found."""
