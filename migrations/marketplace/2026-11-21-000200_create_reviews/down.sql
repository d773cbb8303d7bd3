DROP TABLE marketplace.reports;
DROP TABLE marketplace.reviews;
DROP TABLE marketplace.sellers;
