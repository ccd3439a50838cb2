"""Translation memories: stored units, exact and fuzzy matches, pretranslation, exchange formats."""
