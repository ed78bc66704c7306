"""Remember occurrences that a series' times have left no place for."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("activities", "0005_lists_by_index")]

    operations = [
        migrations.AddField(
            model_name="activity",
            name="dormant",
            field=models.JSONField(null=True),
        ),
    ]
