DROP TABLE auth.google_sign_ins;
DROP TABLE auth.google_accounts;
