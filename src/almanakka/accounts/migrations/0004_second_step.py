from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_invited_at"),
    ]

    operations = [
        migrations.AddField(
            model_name="company",
            name="second_step_for_administrators",
            field=models.BooleanField(default=False, verbose_name="administrators need a second step to sign in"),
        ),
    ]
