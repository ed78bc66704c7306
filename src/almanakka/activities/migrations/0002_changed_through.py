"""Remember which field groups were last edited in a mailbox."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("activities", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="activity",
            name="changed_through",
            field=models.JSONField(default=list),
        ),
    ]
