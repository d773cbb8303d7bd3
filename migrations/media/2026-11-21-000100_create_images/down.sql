DROP TABLE media.image_uses;
DROP TABLE media.images;
