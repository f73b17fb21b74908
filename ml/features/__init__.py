"""Measurements as ordered, named, versioned numbers."""
