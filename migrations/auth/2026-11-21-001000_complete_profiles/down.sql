ALTER TABLE auth.users DROP CONSTRAINT users_availability_known;
DROP INDEX auth.users_by_phone;
