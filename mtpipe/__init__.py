"""mtpipe: terminology-aware machine translation for whole folders of documents."""

__version__ = "0.1.0"
