"""Editing in place: encodings, spans, XML, accelerator keys and message entries that formats share."""
