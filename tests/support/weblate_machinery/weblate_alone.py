"""Weblate's settings for its classes alone: no database server, no other cache than memory."""

import os

os.environ.setdefault("CI_DATABASE", "postgresql")

from weblate.settings_test import *  # noqa: E402,F401,F403

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
