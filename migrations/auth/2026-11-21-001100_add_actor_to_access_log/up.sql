-- Who did it, where that is not the person whom it was done to: an administrator.
ALTER TABLE auth.access_log ADD COLUMN actor_id uuid;
