DROP TABLE auth.access_log;
