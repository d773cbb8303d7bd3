DROP TABLE messaging.preview_pages;
DROP TABLE messaging.preview_jobs;
