-- Events that neither RabbitMQ nor S3 took, until the connector has published them. A row is what
-- an object of the spool's bucket is, under the same name.
create table spool (
  installation text not null, -- QUEUE_PREFIX: several may share a database
  name text not null, -- stamp, line, digest: names of one line sort in its order
  tenant_id uuid, -- null: raw bytes, which are carried for no tenant
  body bytea not null,
  behind_s3 boolean not null, -- something earlier of its line may lie in S3
  spooled_at timestamptz not null default now(),
  aside_reason text, -- set aside: nothing that could be published
  primary key (installation, name)
);
call isolate_tenants('spool');
