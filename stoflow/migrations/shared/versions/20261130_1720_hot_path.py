"""What a job's statements ask and write of the tables all tenants share, as functions: each connection plans them once.

A statement that names a tenant's tables is planned for each tenant; what it names besides was planned with it.
"""

from alembic import op

revision = "20261130_1720_hot_path"
down_revision = "20261130_1400_job_index"

MAY_BEGIN = """
CREATE FUNCTION public.may_begin(of_tenant integer, under bigint, by_process bigint) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM public.tenant_work w WHERE w.tenant = of_tenant AND w.epoch = under)
        AND EXISTS (SELECT FROM public.processes p WHERE p.id = by_process AND NOT p.dead)
        AND EXISTS (SELECT FROM public.users u WHERE u.id = of_tenant AND u.is_active);
END $$
"""

IS_OWNED_UNDER = """
CREATE FUNCTION public.is_owned_under(of_tenant integer, under bigint) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM public.tenant_work w WHERE w.tenant = of_tenant AND w.epoch = under);
END $$
"""

READS = """
CREATE FUNCTION public.action_code(of_action integer) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT a.code FROM public.marketplace_action_types a WHERE a.id = of_action);
END $$;
CREATE FUNCTION public.is_suspended(of_tenant integer) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN NOT EXISTS (SELECT FROM public.users u WHERE u.id = of_tenant AND u.is_active);
END $$;
CREATE FUNCTION public.refusal_of(by_marketplace text) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT jsonb_build_object('channel', a.channel, 'detail', a.detail, 'since', a.since,
            'due_in_s', extract(epoch FROM a.next_try - clock_timestamp()))
        FROM public.application_refusals a WHERE a.marketplace = by_marketplace AND a.ended_at IS NULL);
END $$;
CREATE FUNCTION public.pace_in_s(of_tenant integer, at_marketplace text, of_action text) RETURNS double precision
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT extract(epoch FROM p.next_at - clock_timestamp()) FROM public.pace p
        WHERE p.tenant = of_tenant AND p.marketplace = at_marketplace AND p.action = of_action);
END $$
"""

TELL = """
CREATE FUNCTION public.tell_job_change(of_tenant integer, new_state text, job integer, at_marketplace text,
    of_action integer, on_product integer, in_batch integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.events (tenant, type, state, subject, marketplace, action, product, batch)
    VALUES (of_tenant, 'job_status_update', new_state, job, at_marketplace, of_action, on_product, in_batch);
END $$
"""

FUNCTIONS = (
    "may_begin(integer, bigint, bigint)",
    "is_owned_under(integer, bigint)",
    "action_code(integer)",
    "is_suspended(integer)",
    "refusal_of(text)",
    "pace_in_s(integer, text, text)",
    "tell_job_change(integer, text, integer, text, integer, integer, integer)",
)


def upgrade() -> None:
    for statement in (MAY_BEGIN, IS_OWNED_UNDER, READS, TELL):
        op.execute(statement)


def downgrade() -> None:
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION public.{function}")
