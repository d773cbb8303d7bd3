DROP TABLE messaging.blocks;
DROP TABLE messaging.members;
DROP TABLE messaging.conversations;
