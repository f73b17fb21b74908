"""What those who run the site see."""
