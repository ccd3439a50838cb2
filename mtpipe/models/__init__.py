"""Model folders: the bundled ones, users' own, and checkpoints from a hub."""
