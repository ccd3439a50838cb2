"""A campaign against mtpipe: damaged documents and glossaries, faulty LLM servers, kill -9, two jobs, a full disk."""
