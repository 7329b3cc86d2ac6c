-- Of part 1: whom Genesys named as the receiver, where `customer` would give another address.
alter table message_tracking add column receipt_to jsonb;

-- Its signature changed; migrations/sql has what is there now.
drop function if exists claim_message(uuid, uuid, text, text, uuid, text, text, text, text, text, text, jsonb,
                            timestamptz, text, text, double precision, double precision, text[],
                            text, uuid, boolean);
