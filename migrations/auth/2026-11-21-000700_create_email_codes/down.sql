DROP TABLE auth.email_codes;
