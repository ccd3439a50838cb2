"""The scale campaign: engines and shards on many small documents, with faults; what is lost, what is done twice."""
