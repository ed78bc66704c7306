"""Keep the capitals of name and location, which a search reads of every activity."""

from django.db import migrations, models
from django.db.models.functions import Concat, Upper


class Migration(migrations.Migration):
    dependencies = [("activities", "0006_dormant")]

    operations = [
        migrations.AddField(
            model_name="activity",
            name="words",
            field=models.GeneratedField(
                db_persist=True,
                expression=Upper(Concat("name", models.Value("\x1f", models.TextField()), "location")),
                output_field=models.TextField(),
            ),
        ),
    ]
