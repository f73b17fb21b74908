"""The pages: what a person sees."""
