"""The command line: thin commands that parse, call one plain function and show what it returns."""
