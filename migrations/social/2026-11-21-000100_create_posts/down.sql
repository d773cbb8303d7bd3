DROP TABLE social.post_saves;
DROP TABLE social.post_likes;
DROP TABLE social.post_hashtags;
DROP TABLE social.posts;
