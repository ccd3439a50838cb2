"""Message catalogues of programs: JSON, YAML, properties, XML resources, ICU messages."""
