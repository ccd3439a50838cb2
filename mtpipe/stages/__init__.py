"""The pipeline's steps: plain functions from segments (or paths) to segments (paths, scores); never each other."""
