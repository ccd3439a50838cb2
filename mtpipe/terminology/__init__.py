"""Terms in texts: found in sources, checked in targets, extracted from parallel text."""
