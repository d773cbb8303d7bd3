-- Searches that ask for it find people by a part of their number.
CREATE INDEX users_by_phone ON auth.users USING gin (phone public.gin_trgm_ops) WHERE phone IS NOT NULL;

ALTER TABLE auth.users ADD CONSTRAINT users_availability_known CHECK (availability IN ('online', 'away', 'busy', 'inmeeting', 'offline'));
