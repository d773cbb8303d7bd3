ALTER TABLE auth.users ALTER COLUMN availability SET DEFAULT 'offline';
