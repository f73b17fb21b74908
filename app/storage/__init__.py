"""Bytes: content-addressed blobs, and which submission uses which."""
