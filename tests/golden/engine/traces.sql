-- SET
SELECT set_config('stoflow.traceparent', %(traceparent)s, true)
