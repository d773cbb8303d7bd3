DROP TABLE auth.mails;
