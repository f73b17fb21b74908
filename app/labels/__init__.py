"""What people say a recording really is."""
