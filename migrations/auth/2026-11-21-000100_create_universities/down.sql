DROP TABLE auth.directory_refreshes;
DROP TABLE auth.universities;
