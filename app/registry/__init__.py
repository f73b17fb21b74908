"""Which models there are, which one answers, and the one loaded in this process."""
