DROP TABLE social.searches;
DROP TABLE social.post_views;
