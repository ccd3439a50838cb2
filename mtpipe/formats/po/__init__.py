"""PO catalogues (gettext)."""
