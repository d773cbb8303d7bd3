DROP TABLE media.file_uses;
DROP TABLE media.files;
