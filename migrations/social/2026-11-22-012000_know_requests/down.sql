DROP TABLE social.requests;
