"""HTML pages, and HTML markup inside other formats."""
