"""What translates what: word links, the lexicon learnt from a parallel corpus, and its n-gram language model."""
