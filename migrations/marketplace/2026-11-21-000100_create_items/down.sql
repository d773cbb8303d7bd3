DROP TABLE marketplace.item_saves;
DROP TABLE marketplace.items;
