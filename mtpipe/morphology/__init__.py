"""Inflected forms of the target language and the agreement of neighbouring words."""
