"""Figures for translations: metrics, test sets, comparison of systems and its significance."""
