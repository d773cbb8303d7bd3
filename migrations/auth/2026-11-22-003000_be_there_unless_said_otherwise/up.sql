-- What is stored is what a person said of itself; whether the person is there is for presence to say. Whoever said nothing wants to be seen.
ALTER TABLE auth.users ALTER COLUMN availability SET DEFAULT 'online';

UPDATE auth.users SET availability = 'online' WHERE availability = 'offline' AND deleted_at IS NULL;
