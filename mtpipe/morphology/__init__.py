"""Grammar of target languages: what a form says, how a word inflects, what agrees with it."""
