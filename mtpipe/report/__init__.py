"""Reports of jobs and evaluations: their values, their words, and pages that open from disk without a network."""
