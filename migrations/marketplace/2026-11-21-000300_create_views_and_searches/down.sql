DROP TABLE marketplace.searches;
DROP TABLE marketplace.item_views;
