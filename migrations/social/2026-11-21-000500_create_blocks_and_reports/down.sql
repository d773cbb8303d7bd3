DROP TABLE social.report_steps;
DROP TABLE social.reports;
DROP TABLE social.blocks;
