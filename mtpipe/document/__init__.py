"""The values that flow through the pipeline: documents, segments, their inline tags and placeholders."""
