"""What kind of music it is: the genre task's classes, model and answer."""
