"""What kind of music it is."""
