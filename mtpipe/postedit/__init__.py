"""Post-editing: repair methods that propose edits, the ladder that tries them, and the guard that judges them."""
