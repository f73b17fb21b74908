"""Candidate models from accepted labels."""
