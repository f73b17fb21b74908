"""Who is asking: an anonymous owner by signed cookie, or somebody with a password."""
