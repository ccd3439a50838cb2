"""Term candidates from parallel text: what is said again and again and translated alike, to be curated by people.

corpus.py reads the two sides, phrases.py finds what translates what, candidates.py counts, chooses and ranks, sheet.py
writes the glossary.
"""
