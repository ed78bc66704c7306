"""The table of Django's database cache, in which processes share their counts."""

from django.db import migrations

MAKE = """
CREATE TABLE almanakka_cache (cache_key varchar(255) NOT NULL PRIMARY KEY, value text NOT NULL, expires timestamptz NOT NULL);
CREATE INDEX almanakka_cache_expires ON almanakka_cache (expires);
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [migrations.RunSQL(MAKE, "DROP TABLE almanakka_cache")]
