ALTER TABLE auth.access_log DROP COLUMN actor_id;
