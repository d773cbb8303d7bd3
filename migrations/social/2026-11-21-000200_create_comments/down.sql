DROP TABLE social.comment_likes;
DROP TABLE social.comments;
