-- `recorded`: it went past us (an echo, an imported history), is never delivered and owes no
-- receipt. `replaced`: an echo of what turned out to be our own message, which stands for both.
alter table message_tracking drop constraint message_tracking_state_check;
alter table message_tracking add constraint message_tracking_state_check
  check (state in ('claimed', 'done', 'refused', 'unknown', 'recorded', 'replaced'));

-- The message that `last_customer_message_at` is of.
alter table conversation_mappings add column last_customer_message_id text;

-- Their signatures or callers changed; migrations/sql has what is there now.
drop function if exists claim_message(uuid, uuid, text, text, uuid, text, text, text, text, text, text, jsonb,
                            timestamptz, text, text, double precision, double precision);
drop function if exists touch_conversation(uuid, uuid, text, text, timestamptz, boolean);
drop function if exists canonical_customer(uuid, text, text, text, text);
drop function if exists remember_identities(uuid, text, text, text, text);
