"""`mtpipe serve`: the HTTP interfaces of DeepL and LibreTranslate, and /mtpipe/v1, over loaded pipelines."""
