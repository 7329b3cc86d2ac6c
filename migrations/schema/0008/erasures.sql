-- Erasures of one person: what was removed, when and by whom; of the person keyed hashes alone.
create table erasures (
  id uuid primary key default gen_random_uuid(),
  tenant_id uuid not null,
  person text not null, -- the mark of what the person was named by; the certificate has it too
  asked_by text not null,
  began_at timestamptz not null default now(),
  as_of timestamptz not null, -- what reached us until then goes; what comes after is a new person's
  ended_at timestamptz,
  -- What the connector drops, and what a second try goes on with; emptied a while after the end.
  marks text[] not null default '{}',
  files text[] not null default '{}', -- how names of the person's files begin
  reached jsonb not null default '{}', -- the last key that was read of each part of S3
  removed jsonb not null default '{}' -- how many of each kind
);
create index erasures_tenant on erasures (tenant_id, began_at);
create index erasures_marked on erasures (as_of) where marks <> '{}';

-- What a run of `parley retention run` removed.
create table retention_runs (
  id uuid primary key default gen_random_uuid(),
  tenant_id uuid not null,
  began_at timestamptz not null default now(),
  ended_at timestamptz,
  removed jsonb not null default '{}'
);
create index retention_runs_tenant on retention_runs (tenant_id, began_at);

call isolate_tenants('erasures');
call isolate_tenants('retention_runs');
-- The connector asks whose events it is to drop, and forgets the marks when their time is over.
grant select (id, tenant_id, as_of, ended_at, marks), update (marks, files) on erasures to parley_connector;
create policy all_tenants on erasures to parley_connector using (true);
