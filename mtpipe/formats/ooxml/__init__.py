"""Microsoft Office documents (Office Open XML): Word, PowerPoint and Excel."""
