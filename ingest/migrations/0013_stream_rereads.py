from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ingest", "0012_run_indexes"),
    ]

    operations = [
        migrations.AddField(
            model_name="stream",
            name="rereads",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
    ]
