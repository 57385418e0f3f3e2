from django.db import migrations

import ingest.models.headers


class Migration(migrations.Migration):
    dependencies = [("ingest", "0013_stream_rereads")]

    operations = [
        # The column stays as it is, and rows that hold an object are read as before.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name="rawgithubevent",
                    name="headers",
                    field=ingest.models.headers.HeadersField(blank=True, default=dict),
                )
            ]
        )
    ]
