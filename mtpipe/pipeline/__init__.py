"""A job: from a folder of documents to the same folder translated, checked, repaired and reported."""
