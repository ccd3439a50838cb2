"""What is known of languages: tags, tokens, lemmas, spelling, and which language a text is in."""
