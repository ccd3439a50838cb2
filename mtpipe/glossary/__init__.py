"""Glossaries: the values, their readers and writers for CSV, XLSX and TBX, and their validation."""
